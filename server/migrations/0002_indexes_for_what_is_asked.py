"""Indexes for what is asked for, made while others write; and that an order's statuses go together."""

from typing import Any

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint


async def learn_that_statuses_go_together(_apps: Any, editor: Any) -> None:
    """The planner takes five statuses for independent, and then a common pair of them for a rare one."""
    if editor.DIALECT == "postgres":
        await editor.client.execute_script(
            "CREATE STATISTICS IF NOT EXISTS orders_statuses (mcv) ON status, fulfillment_status, authorize_status,"
            " charge_status, return_status FROM orders"
        )


class Migration(migrations.Migration):
    atomic = False  # see _editors.py: on PostgreSQL each index is made CONCURRENTLY

    dependencies = [("waybill", "0001_initial")]

    initial = False

    operations = [
        ops.AddIndex(
            model_name="CustomerRow",
            index=Index(fields=["name", "created_at", "id"]),
        ),
        ops.AddIndex(
            model_name="FulfillmentOrderRow",
            index=Index(fields=["location_id", "created_at", "id"]),
        ),
        ops.AddConstraint(
            model_name="FulfillmentOrderRow",
            constraint=UniqueConstraint(
                fields=("created_at", "id"),
                name="fulfillment_orders_open",
                condition="status IN ('SCHEDULED', 'OPEN', 'IN_PROGRESS')",
            ),
        ),
        ops.AddConstraint(
            model_name="FulfillmentOrderRow",
            constraint=UniqueConstraint(
                fields=("location_id", "created_at", "id"),
                name="fulfillment_orders_open_at_location",
                condition="status IN ('SCHEDULED', 'OPEN', 'IN_PROGRESS')",
            ),
        ),
        ops.AddConstraint(
            model_name="FulfillmentOrderRow",
            constraint=UniqueConstraint(
                fields=("status", "created_at", "id"),
                name="fulfillment_orders_not_worked",
                condition="status IN ('REJECTED', 'CANCELED')",
            ),
        ),
        ops.AddConstraint(
            model_name="FulfillmentOrderRow",
            constraint=UniqueConstraint(
                fields=("delivery_method", "created_at", "id"),
                name="fulfillment_orders_not_sent",
                condition="delivery_method <> 'SHIP'",
            ),
        ),
        ops.AddConstraint(
            model_name="OrderRow",
            constraint=UniqueConstraint(
                fields=("external_reference", "channel_id"),
                name="orders_external_reference",
                condition="external_reference IS NOT NULL",
            ),
        ),
        ops.AddConstraint(
            model_name="OrderRow",
            constraint=UniqueConstraint(
                fields=("placed_at", "id"), name="orders_open", condition="status IN ('DRAFT', 'PENDING', 'CONFIRMED')"
            ),
        ),
        ops.AddConstraint(
            model_name="OrderRow",
            constraint=UniqueConstraint(
                fields=("fulfillment_status", "placed_at", "id"),
                name="orders_undelivered",
                condition="fulfillment_status <> 'DELIVERED'",
            ),
        ),
        ops.AddConstraint(
            model_name="OrderRow",
            constraint=UniqueConstraint(
                fields=("placed_at", "id"), name="orders_part_authorized", condition="authorize_status = 'PARTIAL'"
            ),
        ),
        ops.AddConstraint(
            model_name="OrderRow",
            constraint=UniqueConstraint(
                fields=("charge_status", "placed_at", "id"),
                name="orders_charged_amiss",
                condition="charge_status IN ('PARTIAL', 'OVERCHARGED')",
            ),
        ),
        ops.AddConstraint(
            model_name="OrderRow",
            constraint=UniqueConstraint(
                fields=("return_status", "placed_at", "id"),
                name="orders_with_returns",
                condition="return_status <> 'NONE'",
            ),
        ),
        ops.AddConstraint(
            model_name="OrderRow",
            constraint=UniqueConstraint(
                fields=("origin", "placed_at", "id"), name="orders_imported", condition="origin <> 'PLACED'"
            ),
        ),
        ops.AddConstraint(
            model_name="ReturnRow",
            constraint=UniqueConstraint(
                fields=("resolution", "requested_at", "id"),
                name="returns_not_refunded",
                condition="resolution <> 'REFUND'",
            ),
        ),
        ops.AddConstraint(
            model_name="ShipmentRow",
            constraint=UniqueConstraint(
                fields=("status", "created_at", "id"), name="shipments_undelivered", condition="status <> 'DELIVERED'"
            ),
        ),
        ops.AddIndex(
            model_name="StockLevelRow",
            index=Index(fields=["location_id", "sku", "id"]),
        ),
        ops.AddConstraint(
            model_name="StockMovementRow",
            constraint=UniqueConstraint(
                fields=("level_id", "occurred_at", "id"),
                name="stock_movements_not_of_orders",
                condition="cause NOT IN ('ALLOCATED', 'DEALLOCATED', 'SHIPPED')",
            ),
        ),
        ops.RunPython(learn_that_statuses_go_together),
    ]
