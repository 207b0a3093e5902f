"""Rows of bulk runs, and what became of each row of their files."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.bulk.lifecycle import BulkMode, BulkOutcome, BulkRunStatus
from domain.kernel.rows import Row, partial_index, reference


class BulkRunRow(Row):
    """Stock levels that are set or adjusted from a file, in steps."""

    upload: Any = reference("UploadRow", "The file.")
    upload_id: UUID
    filename = fields.CharField(max_length=200, description="What the file is called.")
    mode: Any = fields.CharEnumField(BulkMode, max_length=10, description="What the numbers of the file say.")
    is_dry_run = fields.BooleanField(description="Whether it only finds out what would become of each row.")
    status: Any = fields.CharEnumField(BulkRunStatus, max_length=10, description="How far it is.")
    rows = fields.IntField(description="Rows of the file.")
    done = fields.IntField(default=0, description="Rows that were looked at.")
    applied = fields.IntField(default=0, description="Rows that changed a level, or would.")
    unchanged = fields.IntField(default=0, description="Rows whose level says so already.")
    refused = fields.IntField(default=0, description="Rows that cannot be done.")
    note = fields.CharField(max_length=300, null=True, description="What stands in the ledger beside each change.")
    created_by = fields.CharField(max_length=80, description="Who asked for it.")
    created_at = fields.DatetimeField(description="When it was asked for.")
    ended_at = fields.DatetimeField(null=True, description="When its last row was done, or it was called off.")

    class Meta:
        table = "bulk_runs"
        indexes = [Index(fields=("created_at", "id"))]
        constraints = [
            partial_index("bulk_runs_open", ("created_at", "id"), "status IN ('QUEUED', 'RUNNING')"),
            CheckConstraint(
                check="rows >= 0 AND done >= 0 AND done <= rows AND done = applied + unchanged + refused",
                name="bulk_runs_rows_add_up",
            ),
        ]


class BulkRowRow(Row):
    """What became of one row of the file."""

    run: Any = reference("BulkRunRow", "The run it is part of.", index=False)
    run_id: UUID
    number = fields.IntField(description="The row's line in the file, as an editor shows it.")
    sku = fields.CharField(max_length=64, description="What it says of the SKU, shortened where it is none.")
    location = fields.CharField(max_length=40, description="What it says of the location, shortened where it is none.")
    outcome: Any = fields.CharEnumField(BulkOutcome, max_length=10, description="What became of it.")
    change = fields.IntField(default=0, description="Units that were added, or would be; negative where taken off.")
    code = fields.CharField(max_length=40, null=True, description="Why it was refused, for programs.")
    message = fields.CharField(max_length=300, null=True, description="Why it was refused, in a sentence.")

    class Meta:
        table = "bulk_rows"
        constraints = [
            UniqueConstraint(fields=("run_id", "number"), name="bulk_rows_run_number"),
            partial_index("bulk_rows_refused", ("run_id", "number", "id"), "outcome = 'REFUSED'"),
        ]
