"""Rows of allocation."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.kernel.rows import Row, partial_index, reference


class AllocationRow(Row):
    """Units of a requirement that one location has set aside and not yet handed over."""

    requirement: Any = reference("RequirementRow", "What the units are for.", index=False)
    requirement_id: UUID
    order: Any = reference("OrderRow", "The order they are for.")
    order_id: UUID
    location: Any = reference("LocationRow", "Where they are set aside.", index=False)
    location_id: UUID
    variant: Any = reference("VariantRow", "What is set aside.", index=False)
    variant_id: UUID
    sku = fields.CharField(max_length=64, description="The SKU that is set aside.")
    quantity = fields.IntField(description="Units set aside here, picked and packed ones included.")

    class Meta:
        table = "allocations"
        constraints = [
            UniqueConstraint(fields=("requirement_id", "location_id"), name="allocations_requirement_location"),
            # Who holds units of a level: looked for when facts take them.
            partial_index("allocations_held_at_level", ("variant_id", "location_id", "id"), "quantity > 0"),
            CheckConstraint(check="quantity >= 0", name="allocations_quantity_not_negative"),
        ]
