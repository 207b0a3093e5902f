"""Rows of imports."""

from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from domain.imports.lifecycle import ImportMode, ImportStatus
from domain.kernel.rows import Row, partial_index


class ImportRow(Row):
    """One run of `waybill import` over a file, from its beginning; what it lands stands in the books."""

    filename = fields.CharField(max_length=200, description="What the file is called.")
    mapping = fields.CharField(max_length=200, description="What the mapping is called that it is read by.")
    channel = fields.CharField(max_length=40, description="The code of the channel that its orders are of.")
    mode: Any = fields.CharEnumField(ImportMode, max_length=10, description="What becomes of its orders.")
    status: Any = fields.CharEnumField(ImportStatus, max_length=12, description="How far it is.")
    percent = fields.IntField(default=0, description="How much of the file has been read, in percent of its bytes.")
    rows_read = fields.IntField(default=0, description="Rows whose fate is known.")
    rows_imported = fields.IntField(default=0, description="Rows that are in the books by this import.")
    rows_already_there = fields.IntField(default=0, description="Rows that were in the books before.")
    rows_reported = fields.IntField(default=0, description="Rows that are in its error report.")
    orders_imported = fields.IntField(default=0, description="Orders that are in the books by this import.")
    orders_already_there = fields.IntField(default=0, description="Orders that were in the books before.")
    orders_reported = fields.IntField(default=0, description="Orders whose rows are in its error report.")
    failure = fields.CharField(max_length=500, null=True, description="Why it could not go on, in a sentence.")
    version = fields.IntField(default=1, description="How often something was said of it.")
    started_at = fields.DatetimeField(description="When it began.")
    heard_of_at = fields.DatetimeField(description="When something was last said of it.")
    ended_at = fields.DatetimeField(null=True, description="When it came to its end, or was found left.")

    class Meta:
        table = "imports"
        indexes = [Index(fields=("started_at", "id"))]
        constraints = [
            partial_index("imports_running", ("heard_of_at", "id"), "status = 'RUNNING'"),
            CheckConstraint(check="percent >= 0 AND percent <= 100", name="imports_percent"),
            CheckConstraint(
                check="rows_read = rows_imported + rows_already_there + rows_reported", name="imports_rows_add_up"
            ),
        ]
