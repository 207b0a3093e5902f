"""Rows of transfers between locations."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.kernel.rows import Row, partial_index, reference
from domain.transfers.lifecycle import TransferStatus


class TransferRow(Row):
    """Stock that moves from one location to another."""

    number = fields.CharField(max_length=24, unique=True, description="Its name for people.")
    source: Any = reference("LocationRow", "Where the units leave.", index=False)
    source_id: UUID
    destination: Any = reference("LocationRow", "Where they go.", index=False)
    destination_id: UUID
    status: Any = fields.CharEnumField(TransferStatus, max_length=20, description="How far it is.")
    note = fields.CharField(max_length=300, null=True, description="What its planner said about it.")
    expected_at = fields.DatetimeField(null=True, description="When it should arrive.")
    created_by = fields.CharField(max_length=80, description="Who planned it.")
    created_at = fields.DatetimeField(description="When it was planned.")
    released_at = fields.DatetimeField(null=True, description="When its units were set aside.")
    dispatched_at = fields.DatetimeField(null=True, description="When its units left.")
    ended_at = fields.DatetimeField(null=True, description="When it was received in full, or called off.")

    class Meta:
        table = "transfers"
        indexes = [
            Index(fields=("created_at", "id")),
            Index(fields=("source_id", "created_at", "id")),
            Index(fields=("destination_id", "created_at", "id")),
        ]
        constraints = [
            partial_index("transfers_open", ("created_at", "id"), "status NOT IN ('RECEIVED', 'CANCELED')"),
            CheckConstraint(check="source_id <> destination_id", name="transfers_another_place"),
        ]


class TransferLineRow(Row):
    """Units of one SKU that a transfer moves."""

    transfer: Any = reference("TransferRow", "The transfer it is part of.", index=False)
    transfer_id: UUID
    variant: Any = reference("VariantRow", "What moves.")
    variant_id: UUID
    sku = fields.CharField(max_length=64, description="The SKU that moves.")
    quantity = fields.IntField(description="Units that should move; once it has left, those that did.")
    short = fields.IntField(default=0, description="Units of the plan that stayed behind when it left (a short pick).")
    allocated = fields.IntField(default=0, description="Units set aside at the source.")
    dispatched = fields.IntField(default=0, description="Units that have left the source.")
    received = fields.IntField(default=0, description="Units of these that have arrived.")
    written_off = fields.IntField(default=0, description="Units that left and will not arrive.")
    surplus = fields.IntField(default=0, description="Units that arrived beyond those that left by the books.")
    damaged = fields.IntField(default=0, description="Units that arrived, and cannot be sold.")

    class Meta:
        table = "transfer_lines"
        constraints = [
            UniqueConstraint(fields=("transfer_id", "variant_id"), name="transfer_lines_transfer_variant"),
            CheckConstraint(
                check="quantity >= 0 AND quantity + short > 0 AND short >= 0 AND allocated >= 0 AND dispatched >= 0"
                " AND received >= 0 AND written_off >= 0 AND surplus >= 0 AND damaged >= 0"
                " AND allocated + dispatched <= quantity AND received + written_off <= dispatched"
                " AND damaged <= received + surplus",
                name="transfer_lines_units_add_up",
            ),
        ]

    @property
    def on_its_way(self) -> int:
        """Units that have left and neither arrived nor were written off."""
        return self.dispatched - self.received - self.written_off
