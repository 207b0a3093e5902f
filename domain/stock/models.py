"""Rows of stock: a level per SKU and location, and the ledger of movements."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.kernel.rows import Row, partial_index, reference


class MovementCause(StrEnum):
    """Why a counter changed."""

    RECEIVED = "RECEIVED"
    ADJUSTED = "ADJUSTED"
    COUNTED = "COUNTED"
    ALLOCATED = "ALLOCATED"
    DEALLOCATED = "DEALLOCATED"
    SHIPPED = "SHIPPED"
    RESTOCKED = "RESTOCKED"
    DAMAGED = "DAMAGED"


class StockLevelRow(Row):
    """How many units of a SKU a location has, and what is promised of them."""

    variant: Any = reference("VariantRow", "What is counted.", index=False)
    variant_id: UUID
    location: Any = reference("LocationRow", "Where it is.", index=False)
    location_id: UUID
    sku = fields.CharField(max_length=64, description="The SKU that is counted.")
    on_hand = fields.IntField(default=0, description="Units physically here.")
    allocated = fields.IntField(default=0, description="Units set aside for orders, picked and packed ones included.")
    reserved = fields.IntField(default=0, description="Units set aside with an expiry, before there is an order.")
    waiting = fields.IntField(default=0, description="Demand accepted without stock that this location will serve.")
    damaged = fields.IntField(default=0, description="Units on hand that cannot be sold.")
    quarantined = fields.IntField(default=0, description="Units on hand that wait for a decision.")
    safety_stock = fields.IntField(default=0, description="Units that are never promised.")
    incoming = fields.IntField(default=0, description="Units expected.")
    updated_at = fields.DatetimeField(description="When a counter last changed.")

    class Meta:
        table = "stock_levels"
        indexes = [
            Index(fields=("sku", "id")),
            Index(fields=("location_id", "sku", "id")),
        ]
        constraints = [
            UniqueConstraint(fields=("variant_id", "location_id"), name="stock_levels_variant_location"),
            CheckConstraint(
                check="allocated >= 0 AND reserved >= 0 AND waiting >= 0 AND damaged >= 0 AND quarantined >= 0"
                " AND safety_stock >= 0 AND incoming >= 0",
                name="stock_levels_counters_not_negative",
            ),
        ]


class StockMovementRow(Row):
    """A ledger line: what every counter changed by, and why. Append-only; counters are its sums."""

    level: Any = reference("StockLevelRow", "The level that changed.", index=False)
    level_id: UUID
    on_hand = fields.IntField(default=0, description="Change of on hand.")
    allocated = fields.IntField(default=0, description="Change of allocated.")
    reserved = fields.IntField(default=0, description="Change of reserved.")
    waiting = fields.IntField(default=0, description="Change of waiting.")
    damaged = fields.IntField(default=0, description="Change of damaged.")
    quarantined = fields.IntField(default=0, description="Change of quarantined.")
    safety_stock = fields.IntField(default=0, description="Change of safety stock.")
    incoming = fields.IntField(default=0, description="Change of incoming.")
    cause: Any = fields.CharEnumField(MovementCause, max_length=12, description="Why it changed.")
    order_id = fields.UUIDField(null=True, db_index=True, description="The order that it was for.")
    actor = fields.CharField(max_length=80, description="Who changed it.")
    note = fields.CharField(max_length=300, null=True, description="What they said about it.")
    unique_key = fields.CharField(max_length=120, null=True, unique=True, description="So that a fact counts once.")
    occurred_at = fields.DatetimeField(description="When it changed.")

    class Meta:
        table = "stock_movements"
        indexes = [Index(fields=("level_id", "occurred_at", "id"))]
        # What people and deliveries did to a level, among all that orders did.
        constraints = [
            partial_index(
                "stock_movements_not_of_orders",
                ("level_id", "occurred_at", "id"),
                "cause NOT IN ('ALLOCATED', 'DEALLOCATED', 'SHIPPED')",
            )
        ]
