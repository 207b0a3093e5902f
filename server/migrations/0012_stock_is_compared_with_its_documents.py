"""Stock is compared with its documents."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("waybill", "0011_backorders_end")]

    initial = False

    operations = [
        ops.AddConstraint(
            model_name="RequirementRow",
            constraint=UniqueConstraint(
                fields=("order_id", "id"), name="requirements_waiting", condition="waiting > 0"
            ),
        ),
    ]
