"""Rows of stock: a level per SKU and location, the ledger of movements, and what belongs to a level."""

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
    SNAPSHOT = "SNAPSHOT"
    SOLD_AT_TILL = "SOLD_AT_TILL"
    ALLOCATED = "ALLOCATED"
    DEALLOCATED = "DEALLOCATED"
    SHIPPED = "SHIPPED"
    RESTOCKED = "RESTOCKED"
    RESERVED = "RESERVED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"
    TAKEN = "TAKEN"
    BACKORDERED = "BACKORDERED"
    BACKORDER_FILLED = "BACKORDER_FILLED"
    BACKORDER_CANCELED = "BACKORDER_CANCELED"
    EXPECTED = "EXPECTED"
    NO_LONGER_EXPECTED = "NO_LONGER_EXPECTED"
    TRANSFERRED_OUT = "TRANSFERRED_OUT"
    TRANSFERRED_IN = "TRANSFERRED_IN"
    WRITTEN_OFF = "WRITTEN_OFF"
    ASSEMBLED = "ASSEMBLED"
    DAMAGED = "DAMAGED"
    REPAIRED = "REPAIRED"
    QUARANTINED = "QUARANTINED"
    CLEARED = "CLEARED"
    DISPOSED = "DISPOSED"
    SAFETY_STOCK_SET = "SAFETY_STOCK_SET"
    RECONCILED = "RECONCILED"


class AdjustmentReason(StrEnum):
    """Why somebody corrected what is on hand."""

    FOUND = "FOUND"
    LOST = "LOST"
    STOLEN = "STOLEN"
    EXPIRED = "EXPIRED"
    SAMPLE = "SAMPLE"
    OWN_USE = "OWN_USE"
    CORRECTION = "CORRECTION"
    OTHER = "OTHER"


class SerialNumberStatus(StrEnum):
    """Where a unit with a serial number is."""

    ON_HAND = "ON_HAND"
    IN_TRANSIT = "IN_TRANSIT"
    SHIPPED = "SHIPPED"
    GONE = "GONE"


class Rotation(StrEnum):
    """Which lot of a level leaves first: the one that expires first, or the one that came first."""

    FEFO = "FEFO"
    FIFO = "FIFO"


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
    low_stock_at = fields.IntField(null=True, description="Units available at or under which it is low.")
    rotation: Any = fields.CharEnumField(
        Rotation, max_length=4, null=True, description="Which lot leaves first; none where no lots are told apart."
    )
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
    # The level's own, which never change: written here too, for the ledger is asked by them.
    sku = fields.CharField(max_length=64, description="The SKU that is counted.")
    location_id = fields.UUIDField(description="Where it is.")
    on_hand = fields.IntField(default=0, description="Change of on hand.")
    allocated = fields.IntField(default=0, description="Change of allocated.")
    reserved = fields.IntField(default=0, description="Change of reserved.")
    waiting = fields.IntField(default=0, description="Change of waiting.")
    damaged = fields.IntField(default=0, description="Change of damaged.")
    quarantined = fields.IntField(default=0, description="Change of quarantined.")
    safety_stock = fields.IntField(default=0, description="Change of safety stock.")
    incoming = fields.IntField(default=0, description="Change of incoming.")
    cause: Any = fields.CharEnumField(MovementCause, max_length=24, description="Why it changed.")
    reason: Any = fields.CharEnumField(AdjustmentReason, max_length=12, null=True, description="Why it was corrected.")
    order_id = fields.UUIDField(null=True, db_index=True, description="The order that it was for.")
    subject_id = fields.UUIDField(null=True, description="The transfer, supply, reservation or other that it was for.")
    lot: Any = reference("LotRow", "The lot whose units came or went.", null=True, index=False)
    lot_id: UUID | None
    actor = fields.CharField(max_length=80, description="Who changed it.")
    note = fields.CharField(max_length=300, null=True, description="What they said about it.")
    unique_key = fields.CharField(max_length=120, null=True, unique=True, description="So that a fact counts once.")
    occurred_at = fields.DatetimeField(description="When it changed.")

    class Meta:
        table = "stock_movements"
        indexes = [
            Index(fields=("level_id", "occurred_at", "id")),
            Index(fields=("occurred_at", "id")),
            Index(fields=("sku", "occurred_at", "id")),
            Index(fields=("location_id", "occurred_at", "id")),
        ]
        # What people and deliveries did to a level, among all that orders did.
        constraints = [
            partial_index(
                "stock_movements_not_of_orders",
                ("level_id", "occurred_at", "id"),
                "cause NOT IN ('ALLOCATED', 'DEALLOCATED', 'SHIPPED')",
            ),
            # What is common is found by walking along the times: no order pays for an index of why.
            partial_index(
                "stock_movements_cause", ("cause", "occurred_at", "id"), "cause NOT IN ('ALLOCATED', 'SHIPPED')"
            ),
            partial_index("stock_movements_subject", ("subject_id", "occurred_at", "id"), "subject_id IS NOT NULL"),
            partial_index("stock_movements_lot", ("lot_id", "occurred_at", "id"), "lot_id IS NOT NULL"),
        ]


class LotRow(Row):
    """Units of a level that were made together, and expire together. They add up to what the level has on hand.

    Units that nobody named a lot for stand in the one without a number.
    """

    level: Any = reference("StockLevelRow", "The level they are part of.", index=False)
    level_id: UUID
    number = fields.CharField(max_length=60, default="", description="The maker's name for it; empty for none.")
    expires_on = fields.DateField(null=True, description="The last day on which they are good.")
    on_hand = fields.IntField(default=0, description="Units of it physically here; negative where facts say so.")
    quarantined = fields.IntField(default=0, description="Units of it in quarantine, for it is past its date.")
    received_at = fields.DatetimeField(description="When its first units came.")

    class Meta:
        table = "lots"
        indexes = [Index(fields=("level_id", "received_at", "id"))]
        constraints = [UniqueConstraint(fields=("level_id", "number"), name="lots_level_number")]


class SerialNumberRow(Row):
    """One unit that has a name of its own."""

    variant: Any = reference("VariantRow", "What it is.", index=False)
    variant_id: UUID
    number = fields.CharField(max_length=80, description="The maker's name for the unit.")
    status: Any = fields.CharEnumField(SerialNumberStatus, max_length=10, description="Where it is.")
    level: Any = reference("StockLevelRow", "Where it is on hand, or last was.", index=False)
    level_id: UUID
    transfer: Any = reference("TransferRow", "The transfer it is on its way with.", null=True)
    transfer_id: UUID | None
    received_at = fields.DatetimeField(description="When it first came.")

    class Meta:
        table = "serial_numbers"
        indexes = [Index(fields=("level_id", "received_at", "id"))]
        constraints = [UniqueConstraint(fields=("variant_id", "number"), name="serial_numbers_variant_number")]


class ShortageRow(Row):
    """Facts took more units than were free: so many are promised that are not there."""

    level: Any = reference("StockLevelRow", "Where they are missing.", index=False)
    level_id: UUID
    is_open = fields.BooleanField(default=True, description="Whether units are still missing.")
    units = fields.IntField(description="Units promised that are not there; 0 once it is over.")
    opened_at = fields.DatetimeField(description="When it began.")
    resolved_at = fields.DatetimeField(null=True, description="When every promise was kept or given elsewhere.")

    class Meta:
        table = "shortages"
        indexes = [
            Index(fields=("opened_at", "id")),
            Index(fields=("is_open", "opened_at", "id")),
            Index(fields=("level_id", "opened_at", "id")),
        ]
        constraints = [
            UniqueConstraint(fields=("level_id",), name="shortages_open", condition="resolved_at IS NULL"),
            CheckConstraint(check="units >= 0", name="shortages_units_not_negative"),
        ]


class SnapshotRow(Row):
    """What a location had on hand at one moment, as whoever runs it says: a 3PL's nightly count."""

    location: Any = reference("LocationRow", "Whose stock it is.", index=False)
    location_id: UUID
    as_of = fields.DatetimeField(description="The moment at which it was counted.")
    external_reference = fields.CharField(max_length=100, null=True, description="The counter's name for it.")
    rows = fields.IntField(description="SKUs that were counted.")
    corrected = fields.IntField(description="SKUs of which the books had another number.")
    outdated = fields.IntField(default=0, description="SKUs left as they are, for they were counted since.")
    applied_at = fields.DatetimeField(description="When it came into the books.")
    actor = fields.CharField(max_length=80, description="Who brought it.")

    class Meta:
        table = "stock_snapshots"
        indexes = [Index(fields=("location_id", "as_of", "id")), Index(fields=("applied_at", "id"))]
