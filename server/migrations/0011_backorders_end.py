"""Backorders end."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("waybill", "0010_facts_and_lots")]

    initial = False

    operations = [
        ops.RemoveIndex(
            model_name="BackorderRow",
            name=None,
            fields=["created_at", "id"],
        ),
        ops.RemoveConstraint(
            model_name="BackorderRow",
            name="backorders_waiting",
            fields=None,
        ),
        ops.RemoveConstraint(
            model_name="BackorderRow",
            name="backorders_promised",
            fields=None,
        ),
        ops.RemoveConstraint(
            model_name="BackorderRow",
            name="backorders_quantity_not_negative",
            fields=None,
        ),
        ops.AddField(
            model_name="BackorderRow",
            name="ended_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddConstraint(
            model_name="BackorderRow",
            constraint=UniqueConstraint(
                fields=("level_id", "promised_at", "id"), name="backorders_waiting", condition="ended_at IS NULL"
            ),
        ),
        ops.AddConstraint(
            model_name="BackorderRow",
            constraint=UniqueConstraint(
                fields=("promised_at", "id"), name="backorders_promised", condition="ended_at IS NULL"
            ),
        ),
        ops.AddConstraint(
            model_name="BackorderRow",
            constraint=UniqueConstraint(
                fields=("created_at", "id"), name="backorders_sold", condition="ended_at IS NULL"
            ),
        ),
        ops.AddConstraint(
            model_name="BackorderRow",
            constraint=CheckConstraint(
                check="quantity >= 0 AND (ended_at IS NULL) = (quantity > 0)", name="backorders_quantity_until_ended"
            ),
        ),
    ]
