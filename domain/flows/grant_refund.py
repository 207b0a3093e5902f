"""Refunds by the manual method: what is owed back is granted first, then recorded when the money went."""

from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import F

from domain.flows.record_payment import check_reference
from domain.flows.roll_up import roll_up
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import new_id
from domain.kernel.money import Money
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.decisions import checked_reason
from domain.orders.errors import WrongCurrency
from domain.payments.errors import AmountTooLarge
from domain.payments.events import RefundGranted, RefundSucceeded
from domain.payments.lifecycle import PAYMENT, REFUND, PaymentAction, RefundAction, RefundFacts, RefundStatus
from domain.payments.models import PaymentRow, PaymentTransactionRow, RefundRow, TransactionKind

_OUTSTANDING = (RefundStatus.GRANTED, RefundStatus.REQUESTED, RefundStatus.PENDING, RefundStatus.FAILED)


@dataclass(frozen=True)
class GrantRefund:
    """Owe the buyer money back, in minor units of the order's currency."""

    order_id: UUID
    amount_minor: int
    currency: str
    reason: str
    expected_revision: int | None = None


async def grant_refund(tx: UnitOfWork, request: GrantRefund) -> UUID:
    """Owe back part of what was paid; the order's id.

    Raises AmountTooLarge when it is more than was paid and is not yet owed or given back.
    """
    tx.actor.require(Permission.REFUND_PAYMENTS)
    checked_reason(request.reason, most=200)
    order = await orders.lock(tx, request.order_id, expected_revision=request.expected_revision)
    possible = sum([await refundable(payment) for payment in await PaymentRow.filter(order_id=order.id)])
    asked = Money(request.amount_minor, request.currency)
    if request.currency != order.currency:
        raise WrongCurrency(order.currency, request.currency[:3], path=("amount", "currency"))
    if request.amount_minor <= 0:
        raise InvalidInput("A refund is more than nothing.", path=("amount",))
    if request.amount_minor > possible:
        raise AmountTooLarge(asked, Money(possible, order.currency))
    granted = await owe_back(tx, order.id, request.amount_minor, reason=request.reason)
    order.release(granted)
    await roll_up(tx, order)
    return order.id


async def refundable(payment: PaymentRow) -> int:
    """What was taken, less what went back and what is already owed back, in minor units."""
    outstanding = await RefundRow.filter(payment_id=payment.id, status__in=_OUTSTANDING)
    return int(payment.captured_minor - payment.refunded_minor - sum(each.amount_minor for each in outstanding))


async def owe_back(
    tx: UnitOfWork, order_id: UUID, amount_minor: int | None, *, reason: str, return_id: UUID | None = None
) -> int:
    """Grant refunds over the order's payments, oldest first, up to `amount_minor` (None: all that was paid).

    Gives what was granted: less than asked where less was paid. The order is locked.
    """
    granted = 0
    for payment in await PaymentRow.filter(order_id=order_id).order_by("created_at", "id"):
        possible = await refundable(payment)
        owed = possible if amount_minor is None else min(possible, amount_minor - granted)
        if owed <= 0:
            continue
        refund = RefundRow(
            id=new_id(),
            order_id=order_id,
            payment_id=payment.id,
            return_id=return_id,
            status=RefundStatus.GRANTED,
            currency=payment.currency,
            amount_minor=owed,
            reason=reason[:200],
            granted_at=tx.now,
        )
        await refund.save(force_create=True)
        tx.record(RefundGranted(order_id, refund.id, owed, payment.currency))
        granted += owed
    return granted


@dataclass(frozen=True)
class RecordRefund:
    """The money went back, by hand."""

    refund_id: UUID
    reference: str | None = None


async def record_refund(tx: UnitOfWork, request: RecordRefund) -> UUID:
    """Book that the granted money went back; the order's id. Never more than was taken, and each refund once."""
    tx.actor.require(Permission.REFUND_PAYMENTS)
    check_reference(request.reference)
    found = await RefundRow.get_or_none(id=request.refund_id)
    if found is None:
        raise NotFound("refund", f"refund_{request.refund_id.hex}")
    order = await orders.lock(tx, found.order_id)
    refund = await RefundRow.get(id=found.id)
    payment = await PaymentRow.filter(id=refund.payment_id).select_for_update().get()
    facts = RefundFacts(refund.amount_minor, payment.captured_minor - payment.refunded_minor)
    requested = REFUND.step(RefundAction.REQUEST, refund.status, facts)
    refund.status = REFUND.step(RefundAction.SUCCEED, requested, facts)
    refund.succeeded_at, refund.reference = tx.now, request.reference
    await refund.save(update_fields=["status", "succeeded_at", "reference"])
    await _give_back(tx, payment, refund)
    tx.record(RefundSucceeded(order.id, refund.id, refund.amount_minor, refund.currency))
    await roll_up(tx, order)
    return order.id


async def _give_back(tx: UnitOfWork, payment: PaymentRow, refund: RefundRow) -> None:
    is_all = payment.refunded_minor + refund.amount_minor == payment.captured_minor
    if is_all or payment.refunded_minor == 0:
        action = PaymentAction.REFUND if is_all else PaymentAction.REFUND_PART
        payment.status = PAYMENT.step(action, payment.status, payment.facts)
    changed = await PaymentRow.filter(
        id=payment.id, captured_minor__gte=F("refunded_minor") + refund.amount_minor
    ).update(refunded_minor=F("refunded_minor") + refund.amount_minor, status=payment.status)
    assert changed == 1, "more than was taken"
    await PaymentTransactionRow.create(
        payment_id=payment.id,
        order_id=payment.order_id,
        kind=TransactionKind.REFUND,
        currency=payment.currency,
        amount_minor=refund.amount_minor,
        refund_id=refund.id,
        reference=refund.reference,
        actor=tx.actor.principal,
        occurred_at=tx.now,
    )
