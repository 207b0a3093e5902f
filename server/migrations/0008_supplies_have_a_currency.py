"""Supplies have a currency."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("waybill", "0007_a_ledger_that_is_asked_by_sku_and_place")]

    initial = False

    operations = [
        ops.AddField(
            model_name="SupplyLineRow",
            name="currency",
            field=fields.CharField(max_length=3),
        ),
        ops.AlterField(
            model_name="SupplyRow",
            name="currency",
            field=fields.CharField(max_length=3),
        ),
    ]
