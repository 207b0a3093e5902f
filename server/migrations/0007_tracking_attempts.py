"""Tracking attempts."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("waybill", "0006_serial_numbers_on_their_way")]

    initial = False

    operations = [
        ops.CreateModel(
            name="TrackingAttemptsRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "waybill.OrderRow",
                        source_field="order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("kind", fields.CharField(max_length=10)),
                ("spent", fields.IntField(default=0)),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "tracking_attempts",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("order_id", "kind"), name="tracking_attempts_order_kind"),
                    CheckConstraint(check="spent >= 0", name="tracking_attempts_not_negative"),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
    ]
