"""Rows of payments, their transactions, and refunds."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from domain.kernel.rows import Row, reference
from domain.payments.lifecycle import PaymentFacts, PaymentStatus, RefundStatus


class TransactionKind(StrEnum):
    """What a transaction did with the money."""

    SALE = "SALE"
    REFUND = "REFUND"


class PaymentRow(Row):
    """Money expected for an order by one method, and what became of it."""

    order: Any = reference("OrderRow", "The order that it pays.", index=False)
    order_id: UUID
    method = fields.CharField(max_length=40, description="How it is paid; `manual` is recorded by hand.")
    status: Any = fields.CharEnumField(PaymentStatus, max_length=20, description="How far the money is.")
    currency = fields.CharField(max_length=3, description="The order's currency.")
    expected_minor = fields.BigIntField(description="What should come.")
    authorized_minor = fields.BigIntField(default=0, description="What was held or paid at once.")
    captured_minor = fields.BigIntField(default=0, description="What was taken.")
    refunded_minor = fields.BigIntField(default=0, description="What went back.")
    reference = fields.CharField(max_length=120, null=True, description="The payer's or the bank's name for it.")
    created_at = fields.DatetimeField(description="Since when it is expected.")

    class Meta:
        table = "payments"
        indexes = [Index(fields=("order_id", "created_at", "id"))]
        constraints = [
            CheckConstraint(
                check="expected_minor >= 0 AND 0 <= refunded_minor AND refunded_minor <= captured_minor"
                " AND captured_minor <= authorized_minor",
                name="payments_refunded_captured_authorized",
            )
        ]

    @property
    def facts(self) -> PaymentFacts:
        """What the rules look at."""
        return PaymentFacts(self.expected_minor, self.captured_minor, self.refunded_minor)


class PaymentTransactionRow(Row):
    """One thing that happened to the money. Append-only: the payment's amounts are its sums."""

    payment: Any = reference("PaymentRow", "The payment it is part of.")
    payment_id: UUID
    order: Any = reference("OrderRow", "The order that it pays.", index=False)
    order_id: UUID
    kind: Any = fields.CharEnumField(TransactionKind, max_length=12, description="What it did with the money.")
    currency = fields.CharField(max_length=3, description="The payment's currency.")
    amount_minor = fields.BigIntField(description="How much, never negative.")
    refund_id = fields.UUIDField(null=True, unique=True, description="The refund that it carried out; each once.")
    reference = fields.CharField(max_length=120, null=True, description="The bank's name for it.")
    actor = fields.CharField(max_length=80, description="Who recorded it.")
    occurred_at = fields.DatetimeField(description="When it happened.")

    class Meta:
        table = "payment_transactions"
        constraints = [CheckConstraint(check="amount_minor > 0", name="payment_transactions_amount_positive")]


class RefundRow(Row):
    """Money owed back to the buyer, and whether it went."""

    order: Any = reference("OrderRow", "The order it is for.", index=False)
    order_id: UUID
    payment: Any = reference("PaymentRow", "The payment it goes back through.")
    payment_id: UUID
    return_id = fields.UUIDField(null=True, db_index=True, description="The return that it follows from.")
    status: Any = fields.CharEnumField(RefundStatus, max_length=10, description="How far it is.")
    currency = fields.CharField(max_length=3, description="The payment's currency.")
    amount_minor = fields.BigIntField(description="How much is owed.")
    reason = fields.CharField(max_length=200, description="Why it is owed.")
    reference = fields.CharField(max_length=120, null=True, description="The bank's name for the transfer.")
    granted_at = fields.DatetimeField(description="When it was granted.")
    succeeded_at = fields.DatetimeField(null=True, description="When the money went back.")

    class Meta:
        table = "refunds"
        indexes = [Index(fields=("order_id", "granted_at", "id"))]
        constraints = [CheckConstraint(check="amount_minor > 0", name="refunds_amount_positive")]
