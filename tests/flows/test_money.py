"""Money that comes and goes: never more goes back than came, to the cent."""

from uuid import UUID

import pytest

from domain.flows.grant_refund import GrantRefund, RecordRefund, grant_refund, record_refund
from domain.flows.record_payment import RecordPayment, record_payment
from domain.kernel.errors import DomainError, IllegalTransition, InvalidInput, KeyReused
from domain.orders.errors import WrongCurrency
from domain.payments.errors import AmountTooLarge
from domain.payments.models import PaymentRow, PaymentTransactionRow, RefundRow
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import column, dump, open_shop, order, pay, place, run


async def paid_order() -> tuple[UUID, UUID]:
    await open_shop({"TEE": (5,)})
    order_id = await place({"TEE": 1})
    return order_id, await pay(order_id)


async def test_a_part_that_was_paid_leaves_the_rest_expected(database: Database) -> None:
    await open_shop({"TEE": (5,)})
    order_id = await place({"TEE": 1})
    await pay(order_id, 999)
    assert (await order(order_id)).charge_status == "PARTIAL"
    payments = await PaymentRow.filter(order_id=order_id).order_by("id").values_list("status", "expected_minor")
    assert payments == [("CAPTURED", 999), ("PENDING", 1500)]
    await pay(order_id)
    assert (await order(order_id)).charge_status == "FULL"
    await assert_books_balance()


async def test_a_cent_more_than_expected_is_refused(database: Database) -> None:
    await open_shop({"TEE": (5,)})
    order_id = await place({"TEE": 1})
    payment = await PaymentRow.get(order_id=order_id)
    before = await dump()
    with pytest.raises(AmountTooLarge) as refused:
        await run(record_payment, RecordPayment(payment.id, 2500))
    assert (refused.value.requested_amount.amount_minor, refused.value.possible_amount.amount_minor) == (2500, 2499)
    for request, kind in (
        (RecordPayment(payment.id, 0), InvalidInput),
        (RecordPayment(payment.id, -1), InvalidInput),
        (RecordPayment(payment.id, 1, "USD"), WrongCurrency),
    ):
        with pytest.raises(kind):
            await run(record_payment, request)
    assert await dump() == before


async def test_money_is_recorded_once(database: Database) -> None:
    _, payment_id = await paid_order()
    before = await dump()
    with pytest.raises(IllegalTransition):
        await run(record_payment, RecordPayment(payment_id))
    assert await dump() == before


async def test_refunds_sum_to_what_was_paid_and_a_cent_more_is_refused(database: Database) -> None:
    order_id, payment_id = await paid_order()
    for amount in (999, 1000, 500):
        with pytest.raises(AmountTooLarge):
            await run(grant_refund, GrantRefund(order_id, 2500, "EUR", "Sorry."))
        await run(grant_refund, GrantRefund(order_id, amount, "EUR", "Sorry."))
    before = await dump()
    with pytest.raises(AmountTooLarge) as refused:
        await run(grant_refund, GrantRefund(order_id, 1, "EUR", "Sorry."))
    assert refused.value.possible_amount.amount_minor == 0
    assert await dump() == before
    for n, refund in enumerate(await RefundRow.all().order_by("id")):
        await run(record_refund, RecordRefund(refund.id))
        status = (await PaymentRow.get(id=payment_id)).status
        assert status == ("REFUNDED" if n == 2 else "PARTIALLY_REFUNDED")
    assert (await PaymentRow.get(id=payment_id)).refunded_minor == 2499
    await assert_books_balance()


async def test_a_refund_goes_back_over_the_payments_it_came_by(database: Database) -> None:
    await open_shop({"TEE": (5,)})
    order_id = await place({"TEE": 1})
    await pay(order_id, 1000)
    await pay(order_id)
    await run(grant_refund, GrantRefund(order_id, 1200, "EUR", "Sorry."))
    assert await column(RefundRow.all().order_by("id"), "amount_minor") == [1000, 200]
    await assert_books_balance()


async def test_a_refund_is_recorded_once_with_the_same_key_with_another_and_with_none(database: Database) -> None:
    order_id, _ = await paid_order()
    await run(grant_refund, GrantRefund(order_id, 500, "EUR", "Sorry."))
    request = RecordRefund((await RefundRow.get()).id, "bank-1")
    await run(record_refund, request, key="k-1")
    before = await dump()
    assert await run(record_refund, request, key="k-1") == order_id
    for key in ("k-2", None):
        with pytest.raises(IllegalTransition):
            await run(record_refund, request, key=key)
    with pytest.raises(KeyReused):
        await run(record_refund, RecordRefund(request.refund_id, "bank-2"), key="k-1")
    assert await dump() == before
    assert await PaymentTransactionRow.filter(kind="REFUND").count() == 1


async def test_a_refund_in_another_currency_or_of_nothing_is_refused(database: Database) -> None:
    order_id, _ = await paid_order()
    before = await dump()
    for amount, currency in ((1, "USD"), (0, "EUR"), (-1, "EUR")):
        with pytest.raises(DomainError):
            await run(grant_refund, GrantRefund(order_id, amount, currency, "Sorry."))
    assert await dump() == before
