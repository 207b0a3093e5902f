"""Payments by the manual method: expected with the order, recorded when the money came."""

from dataclasses import dataclass
from uuid import UUID

from domain.flows.roll_up import roll_up
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import new_id
from domain.kernel.money import Money
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.errors import WrongCurrency
from domain.payments.errors import AmountTooLarge
from domain.payments.events import PaymentCanceled, PaymentCaptured, PaymentExpected
from domain.payments.lifecycle import PAYMENT, PaymentAction, PaymentStatus
from domain.payments.models import PaymentRow, PaymentTransactionRow, TransactionKind

LONGEST_REFERENCE = 120


@dataclass(frozen=True)
class RecordPayment:
    """Money came: all that was expected, or the part named, in minor units."""

    payment_id: UUID
    amount_minor: int | None = None
    currency: str | None = None
    reference: str | None = None


def check_reference(reference: str | None) -> None:
    """Raises InvalidInput when the bank's name for a transfer is too long to be kept."""
    if reference is not None and len(reference) > LONGEST_REFERENCE:
        raise InvalidInput(f"A reference has at most {LONGEST_REFERENCE} characters.", path=("reference",))


async def record_payment(tx: UnitOfWork, request: RecordPayment) -> UUID:
    """Book money that came (a sale: authorized and captured at once); the order's id.

    When less came than was expected, the rest is expected as a payment of its own.
    Raises AmountTooLarge when it is more than was expected.
    """
    tx.actor.require(Permission.RECORD_PAYMENTS)
    check_reference(request.reference)
    found = await PaymentRow.get_or_none(id=request.payment_id)
    if found is None:
        raise NotFound("payment", f"payment_{request.payment_id.hex}")
    order = await orders.lock(tx, found.order_id)
    payment = await PaymentRow.filter(id=found.id).select_for_update().get()
    status = PAYMENT.step(PaymentAction.CAPTURE, payment.status, payment.facts)
    amount = payment.expected_minor if request.amount_minor is None else request.amount_minor
    _check_amount(payment, amount, request.currency or payment.currency)
    payment.status = status
    rest = payment.expected_minor - amount
    payment.expected_minor = payment.authorized_minor = payment.captured_minor = amount
    payment.reference = request.reference
    await payment.save(update_fields=["status", "expected_minor", "authorized_minor", "captured_minor", "reference"])
    await PaymentTransactionRow.create(
        payment_id=payment.id,
        order_id=order.id,
        kind=TransactionKind.SALE,
        currency=payment.currency,
        amount_minor=amount,
        reference=request.reference,
        actor=tx.actor.principal,
        occurred_at=tx.now,
    )
    tx.record(PaymentCaptured(order.id, payment.id, amount, payment.currency))
    if rest:
        await _expect(tx, payment, rest)
    await roll_up(tx, order)
    return order.id


def _check_amount(payment: PaymentRow, amount: int, currency: str) -> None:
    if currency != payment.currency:
        raise WrongCurrency(payment.currency, currency[:3], path=("amount", "currency"))
    if amount <= 0:
        raise InvalidInput("A payment is more than nothing.", path=("amount",))
    if amount > payment.expected_minor:
        raise AmountTooLarge(Money(amount, currency), Money(payment.expected_minor, currency))


async def expect_less(tx: UnitOfWork, order_id: UUID, amount_minor: int) -> None:
    """The buyer owes that much less: pending payments shrink, the latest first, and end when nothing is left."""
    pending = PaymentRow.filter(order_id=order_id, status=PaymentStatus.PENDING)
    for payment in await pending.order_by("-created_at", "-id").select_for_update():
        less = min(amount_minor, payment.expected_minor)
        amount_minor -= less
        if less and less == payment.expected_minor:
            payment.status = PAYMENT.step(PaymentAction.CANCEL, payment.status, payment.facts)
            tx.record(PaymentCanceled(order_id, payment.id))
        else:
            payment.expected_minor -= less
        await payment.save(update_fields=["status", "expected_minor"])


async def _expect(tx: UnitOfWork, earlier: PaymentRow, amount_minor: int) -> None:
    payment = await PaymentRow.create(
        id=new_id(),
        order_id=earlier.order_id,
        method=earlier.method,
        status=PaymentStatus.PENDING,
        currency=earlier.currency,
        expected_minor=amount_minor,
        created_at=tx.now,
    )
    tx.record(PaymentExpected(earlier.order_id, payment.id))
