"""A ledger that is asked by SKU and place."""

from typing import Any

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint


async def take_over(_apps: Any, editor: Any) -> None:
    """Every movement that is there has the SKU and the place of its level."""
    await editor.client.execute_script(
        "UPDATE stock_movements SET sku = level.sku, location_id = level.location_id"
        " FROM stock_levels AS level WHERE level.id = stock_movements.level_id"
    )


class Migration(migrations.Migration):
    dependencies = [("waybill", "0006_uploads_and_bulk_runs")]

    initial = False

    operations = [
        ops.AddField(
            model_name="StockMovementRow",
            name="location_id",
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name="StockMovementRow",
            name="sku",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.RunPython(take_over),
        ops.AlterField(
            model_name="StockMovementRow",
            name="location_id",
            field=fields.UUIDField(),
        ),
        ops.AlterField(
            model_name="StockMovementRow",
            name="sku",
            field=fields.CharField(max_length=64),
        ),
        ops.AddIndex(
            model_name="StockMovementRow",
            index=Index(fields=["occurred_at", "id"]),
        ),
        ops.AddIndex(
            model_name="StockMovementRow",
            index=Index(fields=["sku", "occurred_at", "id"]),
        ),
        ops.AddIndex(
            model_name="StockMovementRow",
            index=Index(fields=["location_id", "occurred_at", "id"]),
        ),
        ops.AddConstraint(
            model_name="StockMovementRow",
            constraint=UniqueConstraint(
                fields=("cause", "occurred_at", "id"),
                name="stock_movements_cause",
                condition="cause NOT IN ('ALLOCATED', 'SHIPPED')",
            ),
        ),
    ]
