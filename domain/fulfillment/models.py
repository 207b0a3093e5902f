"""Rows of fulfillment orders."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.fulfillment.lifecycle import FulfillmentOrderFacts, FulfillmentOrderStatus
from domain.kernel.rows import Row, partial_index, reference


class DeliveryMethod(StrEnum):
    """How the goods reach the buyer."""

    SHIP = "SHIP"
    PICKUP = "PICKUP"
    LOCAL_DELIVERY = "LOCAL_DELIVERY"


class FulfillmentOrderRow(Row):
    """The work of one location for one order."""

    order: Any = reference("OrderRow", "The order it is part of.", index=False)
    order_id: UUID
    location: Any = reference("LocationRow", "Who does the work.", index=False)
    location_id: UUID
    number = fields.CharField(max_length=24, unique=True, description="Its name for people.")
    status: Any = fields.CharEnumField(FulfillmentOrderStatus, max_length=12, description="How far the work is.")
    delivery_method: Any = fields.CharEnumField(DeliveryMethod, max_length=15, description="How it reaches the buyer.")
    units_to_pack = fields.IntField(description="Units not packed yet.")
    units_packed = fields.IntField(default=0, description="Units packed and not handed over.")
    reject_reason = fields.CharField(max_length=300, null=True, description="Why the location could not do it.")
    created_at = fields.DatetimeField(description="When the work was given out.")
    closed_at = fields.DatetimeField(null=True, description="When its last unit was packed.")

    class Meta:
        table = "fulfillment_orders"
        indexes = [
            Index(fields=("order_id", "created_at", "id")),
            Index(fields=("created_at", "id")),
            Index(fields=("location_id", "created_at", "id")),
        ]
        constraints = [
            # Open work of all and of each location, the oldest first; and what is not simply sent.
            partial_index(
                "fulfillment_orders_open", ("created_at", "id"), "status IN ('SCHEDULED', 'OPEN', 'IN_PROGRESS')"
            ),
            partial_index(
                "fulfillment_orders_open_at_location",
                ("location_id", "created_at", "id"),
                "status IN ('SCHEDULED', 'OPEN', 'IN_PROGRESS')",
            ),
            partial_index(
                "fulfillment_orders_not_worked", ("status", "created_at", "id"), "status IN ('REJECTED', 'CANCELED')"
            ),
            partial_index(
                "fulfillment_orders_not_sent", ("delivery_method", "created_at", "id"), "delivery_method <> 'SHIP'"
            ),
            CheckConstraint(
                check="units_to_pack >= 0 AND units_packed >= 0", name="fulfillment_orders_units_not_negative"
            ),
        ]

    def facts(self, *, is_on_hold: bool) -> FulfillmentOrderFacts:
        """What the rules look at."""
        return FulfillmentOrderFacts(is_on_hold, self.units_to_pack, self.units_packed)


class FulfillmentOrderLineRow(Row):
    """Units of one requirement that a location is to pack."""

    fulfillment_order: Any = reference("FulfillmentOrderRow", "The work it is part of.", index=False)
    fulfillment_order_id: UUID
    order: Any = reference("OrderRow", "The order it is for.", index=False)
    order_id: UUID
    requirement: Any = reference("RequirementRow", "What the units are for.", index=False)
    requirement_id: UUID
    sku = fields.CharField(max_length=64, description="What to pick.")
    quantity = fields.IntField(description="Units to pack in all.")
    packed = fields.IntField(default=0, description="Units packed into shipments, shipped ones included.")
    canceled = fields.IntField(default=0, description="Units called off or sourced elsewhere.")

    class Meta:
        table = "fulfillment_order_lines"
        constraints = [
            UniqueConstraint(
                fields=("fulfillment_order_id", "requirement_id"), name="fulfillment_order_lines_requirement"
            ),
            CheckConstraint(
                check="quantity > 0 AND packed >= 0 AND canceled >= 0 AND packed + canceled <= quantity",
                name="fulfillment_order_lines_within_quantity",
            ),
        ]
