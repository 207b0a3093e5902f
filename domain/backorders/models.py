"""Rows of backorders."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.kernel.rows import Row, partial_index, reference


class BackorderRow(Row):
    """Units of a requirement that were sold without stock, at the location that will serve them."""

    requirement: Any = reference("RequirementRow", "What the units are for.", index=False)
    requirement_id: UUID
    order: Any = reference("OrderRow", "The order they are for.")
    order_id: UUID
    level: Any = reference("StockLevelRow", "Where they wait.", index=False)
    level_id: UUID
    variant: Any = reference("VariantRow", "What is waited for.", index=False)
    variant_id: UUID
    location: Any = reference("LocationRow", "Who will serve them.", index=False)
    location_id: UUID
    sku = fields.CharField(max_length=64, description="The SKU that is waited for.")
    quantity = fields.IntField(description="Units still waiting.")
    is_preorder = fields.BooleanField(default=False, description="Whether it was sold before the first arrival.")
    promised_at = fields.DatetimeField(description="When we said that it would be there; the oldest is served first.")
    created_at = fields.DatetimeField(description="When it was sold.")
    ended_at = fields.DatetimeField(null=True, description="When nothing of it waited any more.")

    class Meta:
        table = "backorders"
        constraints = [
            UniqueConstraint(fields=("requirement_id", "location_id"), name="backorders_requirement_location"),
            partial_index("backorders_waiting", ("level_id", "promised_at", "id"), "ended_at IS NULL"),
            partial_index("backorders_promised", ("promised_at", "id"), "ended_at IS NULL"),
            partial_index("backorders_sold", ("created_at", "id"), "ended_at IS NULL"),
            CheckConstraint(
                check="quantity >= 0 AND (ended_at IS NULL) = (quantity > 0)", name="backorders_quantity_until_ended"
            ),
        ]
