"""Serial numbers on their way."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("waybill", "0005_stock_you_can_trust")]

    initial = False

    operations = [
        ops.AddField(
            model_name="SerialNumberRow",
            name="transfer",
            field=fields.ForeignKeyField(
                "waybill.TransferRow",
                source_field="transfer_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.NO_ACTION,
            ),
        ),
    ]
