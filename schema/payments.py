"""Payments and refunds as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.payments.lifecycle import PaymentStatus, RefundStatus
from domain.payments.models import PaymentRow, PaymentTransactionRow, RefundRow, TransactionKind
from domain.payments.queries import visible_payments, visible_transactions
from schema.actions import AvailableAction, actions, of_payment, of_refund
from schema.references import id_of
from schema.views import Money, Node, many, money, one, view_of

if TYPE_CHECKING:
    from schema.orders import Order


@view_of(PaymentRow, visible=visible_payments)
class Payment(Node):
    """Money expected for an order by one method, and what became of it."""

    method: str
    status: PaymentStatus
    available_actions: list[AvailableAction] = actions(
        of_payment, "status", "expected_minor", "captured_minor", "refunded_minor"
    )
    expected: Money = money("expected_minor")
    authorized: Money = money("authorized_minor")
    captured: Money = money("captured_minor")
    refunded: Money = money("refunded_minor")
    reference: str | None
    created_at: datetime
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = one(by="order", doc="The order that it pays.")
    transactions: list[PaymentTransaction] = many(
        by="payment", order_by=("occurred_at", "id"), doc="What happened to the money, one by one; for staff."
    )
    refunds: list[Refund] = many(
        by="payment", order_by=("granted_at", "id"), doc="What is owed back through it, or went back."
    )


@view_of(PaymentTransactionRow, visible=visible_transactions)
class PaymentTransaction(Node):
    """One thing that happened to the money. It never changes: the payment's amounts are its sums."""

    kind: TransactionKind
    amount: Money = money("amount_minor")
    reference: str | None
    actor: str
    occurred_at: datetime
    refund_key: strawberry.ID | None = id_of(
        "refund", "refund_id", name="refundId", doc="The refund that it carried out."
    )


@view_of(RefundRow, visible=visible_payments)
class Refund(Node):
    """Money owed back to the buyer, and whether it went."""

    status: RefundStatus
    available_actions: list[AvailableAction] = actions(of_refund, "status", "amount_minor")
    amount: Money = money("amount_minor")
    reason: str
    reference: str | None
    granted_at: datetime
    succeeded_at: datetime | None
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = one(by="order", doc="The order it is for.")
    payment: Payment | None = one(by="payment", doc="The payment it goes back through.")
    return_key: strawberry.ID | None = id_of(
        "return", "return_id", name="returnId", doc="The return that it follows from."
    )
