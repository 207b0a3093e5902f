"""Location of shipments."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


async def say_who_packed(_apps: Any, editor: Any) -> None:
    """Every shipment that is there has the location of the work that it comes from."""
    await editor.client.execute_script(
        "UPDATE shipments SET location_id = work.location_id"
        " FROM fulfillment_orders AS work WHERE work.id = shipments.fulfillment_order_id"
    )


class Migration(migrations.Migration):
    dependencies = [("waybill", "0007_tracking_attempts")]

    initial = False

    operations = [
        ops.AddField(
            model_name="ShipmentRow",
            name="location",
            field=fields.ForeignKeyField(
                "waybill.LocationRow",
                source_field="location_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.NO_ACTION,
            ),
        ),
        ops.RunPython(say_who_packed),
        ops.AddIndex(
            model_name="ShipmentRow",
            index=Index(fields=["location_id", "created_at", "id"]),
        ),
    ]
