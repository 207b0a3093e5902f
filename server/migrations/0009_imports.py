"""Imports."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("waybill", "0008_location_of_shipments")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ImportRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("filename", fields.CharField(max_length=200)),
                ("mapping", fields.CharField(max_length=200)),
                ("channel", fields.CharField(max_length=40)),
                ("mode", fields.CharField(max_length=10)),
                ("status", fields.CharField(max_length=12)),
                ("percent", fields.IntField(default=0)),
                ("rows_read", fields.IntField(default=0)),
                ("rows_imported", fields.IntField(default=0)),
                ("rows_already_there", fields.IntField(default=0)),
                ("rows_reported", fields.IntField(default=0)),
                ("orders_imported", fields.IntField(default=0)),
                ("orders_already_there", fields.IntField(default=0)),
                ("orders_reported", fields.IntField(default=0)),
                ("failure", fields.CharField(null=True, max_length=500)),
                ("version", fields.IntField(default=1)),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("heard_of_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "imports",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(
                        fields=("heard_of_at", "id"), name="imports_running", condition="status = 'RUNNING'"
                    ),
                    CheckConstraint(check="percent >= 0 AND percent <= 100", name="imports_percent"),
                    CheckConstraint(
                        check="rows_read = rows_imported + rows_already_there + rows_reported",
                        name="imports_rows_add_up",
                    ),
                ],
                "indexes": [Index(fields=["started_at", "id"])],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
    ]
