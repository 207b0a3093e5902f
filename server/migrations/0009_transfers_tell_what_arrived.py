"""Transfers tell what arrived."""

# ruff: noqa: E501

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint


class Migration(migrations.Migration):
    dependencies = [("waybill", "0008_supplies_have_a_currency")]

    initial = False

    operations = [
        ops.RemoveConstraint(
            model_name="TransferLineRow",
            name="transfer_lines_units_add_up",
            fields=None,
        ),
        ops.AddField(
            model_name="TransferLineRow",
            name="damaged",
            field=fields.IntField(default=0),
        ),
        ops.AddField(
            model_name="TransferLineRow",
            name="short",
            field=fields.IntField(default=0),
        ),
        ops.AddField(
            model_name="TransferLineRow",
            name="surplus",
            field=fields.IntField(default=0),
        ),
        ops.AddConstraint(
            model_name="TransferLineRow",
            constraint=CheckConstraint(
                check="quantity >= 0 AND quantity + short > 0 AND short >= 0 AND allocated >= 0 AND dispatched >= 0 AND received >= 0 AND written_off >= 0 AND surplus >= 0 AND damaged >= 0 AND allocated + dispatched <= quantity AND received + written_off <= dispatched AND damaged <= received + surplus",
                name="transfer_lines_units_add_up",
            ),
        ),
    ]
