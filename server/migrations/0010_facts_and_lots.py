"""Facts and lots."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("waybill", "0009_transfers_tell_what_arrived")]

    initial = False

    operations = [
        ops.AddConstraint(
            model_name="AllocationRow",
            constraint=UniqueConstraint(
                fields=("variant_id", "location_id", "id"), name="allocations_held_at_level", condition="quantity > 0"
            ),
        ),
        ops.AddField(
            model_name="LotRow",
            name="quarantined",
            field=fields.IntField(default=0),
        ),
        ops.AddField(
            model_name="LotRow",
            name="received_at",
            field=fields.DatetimeField(auto_now=False, auto_now_add=False),
        ),
        ops.AddIndex(
            model_name="LotRow",
            index=Index(fields=["level_id", "received_at", "id"]),
        ),
        ops.AlterField(
            model_name="SerialNumberRow",
            name="level",
            field=fields.ForeignKeyField(
                "waybill.StockLevelRow",
                source_field="level_id",
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.NO_ACTION,
            ),
        ),
        ops.AddIndex(
            model_name="SerialNumberRow",
            index=Index(fields=["level_id", "received_at", "id"]),
        ),
        ops.AlterField(
            model_name="ShortageRow",
            name="level",
            field=fields.ForeignKeyField(
                "waybill.StockLevelRow",
                source_field="level_id",
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.NO_ACTION,
            ),
        ),
        ops.AddField(
            model_name="ShortageRow",
            name="is_open",
            field=fields.BooleanField(default=True),
        ),
        ops.AddIndex(
            model_name="ShortageRow",
            index=Index(fields=["is_open", "opened_at", "id"]),
        ),
        ops.AddIndex(
            model_name="ShortageRow",
            index=Index(fields=["level_id", "opened_at", "id"]),
        ),
        ops.AddField(
            model_name="SnapshotRow",
            name="outdated",
            field=fields.IntField(default=0),
        ),
        ops.AddField(
            model_name="StockLevelRow",
            name="rotation",
            field=fields.CharField(null=True, max_length=4),
        ),
    ]
