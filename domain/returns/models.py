"""Rows of returns, their lines, and dispositions of what came back."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.kernel.rows import Row, partial_index, reference
from domain.returns.lifecycle import DispositionStatus, ReceiptStatus, Resolution, ReturnFacts, ReturnStatus


class ReturnRow(Row):
    """Our agreement to take goods back (RMA), and how far it is."""

    order: Any = reference("OrderRow", "The order the goods come from.", index=False)
    order_id: UUID
    number = fields.CharField(max_length=24, unique=True, description="The RMA number: its name for people.")
    status: Any = fields.CharEnumField(ReturnStatus, max_length=20, description="How far it is.")
    resolution: Any = fields.CharEnumField(Resolution, max_length=12, description="How the buyer is made good.")
    reason = fields.CharField(max_length=300, description="Why the goods come back.")
    decline_reason = fields.CharField(max_length=300, null=True, description="Why we declined.")
    units_awaited = fields.IntField(description="Units that should still arrive.")
    units_undecided = fields.IntField(default=0, description="Received units without a disposition.")
    requested_at = fields.DatetimeField(description="When it was asked for.")
    received_at = fields.DatetimeField(null=True, description="When the last units arrived.")
    completed_at = fields.DatetimeField(null=True, description="When it was done.")

    class Meta:
        table = "returns"
        indexes = [
            Index(fields=("order_id", "requested_at", "id")),
            Index(fields=("requested_at", "id")),
            Index(fields=("status", "requested_at", "id")),
        ]
        constraints = [
            partial_index("returns_not_refunded", ("resolution", "requested_at", "id"), "resolution <> 'REFUND'"),
            CheckConstraint(check="units_awaited >= 0 AND units_undecided >= 0", name="returns_units_not_negative"),
        ]

    @property
    def facts(self) -> ReturnFacts:
        """What the rules look at."""
        return ReturnFacts(self.units_awaited, self.units_undecided)


class ReturnLineRow(Row):
    """Units of one requirement that come back."""

    rma: Any = reference("ReturnRow", "The return it is part of.", index=False)
    rma_id: UUID
    order: Any = reference("OrderRow", "The order the goods come from.", index=False)
    order_id: UUID
    requirement: Any = reference("RequirementRow", "What the units were for.", index=False)
    requirement_id: UUID
    sku = fields.CharField(max_length=64, description="What comes back.")
    quantity = fields.IntField(description="Units that were announced.")
    received = fields.IntField(default=0, description="Units that arrived.")
    receipt_status: Any = fields.CharEnumField(
        ReceiptStatus, max_length=12, default=ReceiptStatus.AWAITING, description="What arrived."
    )
    currency = fields.CharField(max_length=3, description="The order's currency.")
    refund_minor = fields.BigIntField(default=0, description="What the received units are worth, tax included.")

    class Meta:
        table = "return_lines"
        constraints = [
            UniqueConstraint(fields=("rma_id", "requirement_id"), name="return_lines_requirement"),
            CheckConstraint(
                check="quantity > 0 AND received >= 0 AND received <= quantity", name="return_lines_within"
            ),
        ]


class DispositionRow(Row):
    """What becomes of some received units, and where."""

    rma: Any = reference("ReturnRow", "The return they came by.")
    rma_id: UUID
    return_line: Any = reference("ReturnLineRow", "The line they came by.", index=False)
    return_line_id: UUID
    location: Any = reference("LocationRow", "Where they are.", index=False)
    location_id: UUID
    variant: Any = reference("VariantRow", "What they are; none where only history knows it.", null=True, index=False)
    variant_id: UUID | None
    sku = fields.CharField(max_length=64, description="What they are.")
    quantity = fields.IntField(description="Units.")
    status: Any = fields.CharEnumField(DispositionStatus, max_length=12, description="What becomes of them.")
    decided_at = fields.DatetimeField(null=True, description="When it was decided.")

    class Meta:
        table = "dispositions"
        constraints = [CheckConstraint(check="quantity > 0", name="dispositions_quantity_positive")]
