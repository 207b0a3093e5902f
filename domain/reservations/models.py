"""Rows of reservations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from domain.kernel.rows import Row, partial_index, reference
from domain.reservations.lifecycle import ReservationFacts, ReservationStatus


class ReservationRow(Row):
    """Units set aside for a basket until an hour."""

    channel: Any = reference("ChannelRow", "Where they will be bought.", index=False)
    channel_id: UUID
    customer: Any = reference("CustomerRow", "Who will buy, if known.", null=True)
    customer_id: UUID | None
    order: Any = reference("OrderRow", "The order that took the units.", null=True)
    order_id: UUID | None
    external_reference = fields.CharField(max_length=100, null=True, db_index=True, description="The basket's name.")
    status: Any = fields.CharEnumField(ReservationStatus, max_length=10, description="Whether it still holds units.")
    created_by = fields.CharField(max_length=80, description="Who made it.")
    created_at = fields.DatetimeField(description="When it was made.")
    expires_at = fields.DatetimeField(description="Until when its units are set aside.")
    ended_at = fields.DatetimeField(null=True, description="When it was taken, released or expired.")

    class Meta:
        table = "reservations"
        indexes = [Index(fields=("created_at", "id"))]
        constraints = [partial_index("reservations_active", ("expires_at", "id"), "status = 'ACTIVE'")]

    def facts(self, now: datetime) -> ReservationFacts:
        """What the rules look at."""
        return ReservationFacts(is_overdue=self.expires_at <= now)


class ReservationLineRow(Row):
    """Units of one SKU at one location that a reservation sets aside. Changed under the lock of its level alone."""

    reservation: Any = reference("ReservationRow", "The reservation it is part of.")
    reservation_id: UUID
    level: Any = reference("StockLevelRow", "Where the units are set aside.", index=False)
    level_id: UUID
    variant: Any = reference("VariantRow", "What is set aside.", index=False)
    variant_id: UUID
    location: Any = reference("LocationRow", "Where it is.", index=False)
    location_id: UUID
    sku = fields.CharField(max_length=64, description="The SKU that is set aside.")
    quantity = fields.IntField(description="Units that were set aside.")
    held = fields.IntField(description="Units of them still set aside: all, or none once it has ended.")
    expires_at = fields.DatetimeField(description="Until when.")

    class Meta:
        table = "reservation_lines"
        constraints = [
            partial_index("reservation_lines_held_at_level", ("level_id", "expires_at", "id"), "held > 0"),
            partial_index("reservation_lines_held", ("expires_at", "id"), "held > 0"),
            CheckConstraint(
                check="quantity > 0 AND held >= 0 AND held <= quantity", name="reservation_lines_held_within_quantity"
            ),
        ]
