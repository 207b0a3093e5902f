"""Uploads and bulk runs."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("waybill", "0005_stock_you_can_trust")]

    initial = False

    operations = [
        ops.CreateModel(
            name="UploadRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("filename", fields.CharField(max_length=200)),
                ("media_type", fields.CharField(max_length=100)),
                ("content", fields.BinaryField()),
                ("size", fields.IntField()),
                ("sha256", fields.CharField(max_length=64)),
                ("created_by", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("is_forgotten", fields.BooleanField(default=False)),
                ("expires_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "uploads", "app": "waybill", "pk_attr": "id"},
            bases=["Row"],
        ),
        ops.CreateModel(
            name="BulkRunRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "upload",
                    fields.ForeignKeyField(
                        "waybill.UploadRow",
                        source_field="upload_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("filename", fields.CharField(max_length=200)),
                ("mode", fields.CharField(max_length=10)),
                ("is_dry_run", fields.BooleanField()),
                ("status", fields.CharField(max_length=10)),
                ("rows", fields.IntField()),
                ("done", fields.IntField(default=0)),
                ("applied", fields.IntField(default=0)),
                ("unchanged", fields.IntField(default=0)),
                ("refused", fields.IntField(default=0)),
                ("note", fields.CharField(null=True, max_length=300)),
                ("created_by", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "bulk_runs",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(
                        fields=("created_at", "id"), name="bulk_runs_open", condition="status IN ('QUEUED', 'RUNNING')"
                    ),
                    CheckConstraint(
                        check="rows >= 0 AND done >= 0 AND done <= rows AND done = applied + unchanged + refused",
                        name="bulk_runs_rows_add_up",
                    ),
                ],
                "indexes": [Index(fields=["created_at", "id"])],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="BulkRowRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "run",
                    fields.ForeignKeyField(
                        "waybill.BulkRunRow",
                        source_field="run_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("number", fields.IntField()),
                ("sku", fields.CharField(max_length=64)),
                ("location", fields.CharField(max_length=40)),
                ("outcome", fields.CharField(max_length=10)),
                ("change", fields.IntField(default=0)),
                ("code", fields.CharField(null=True, max_length=40)),
                ("message", fields.CharField(null=True, max_length=300)),
            ],
            options={
                "table": "bulk_rows",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("run_id", "number"), name="bulk_rows_run_number"),
                    UniqueConstraint(
                        fields=("run_id", "number", "id"), name="bulk_rows_refused", condition="outcome = 'REFUSED'"
                    ),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
    ]
