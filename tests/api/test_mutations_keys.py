"""Idempotency keys, through the API: one key, one effect, one answer."""

from typing import Any

from domain.kernel.models import IdempotencyRow
from domain.orders.models import OrderRow
from domain.stock.models import StockLevelRow
from server.database import Database
from tests.builders import ADMIN, SUPPORT, call, do, execute, location_id, open_shop, order_of, place, refused
from tests.domain.shop import dump

MUGS: dict[str, Any] = {"channel": "web-de", "lines": [{"sku": "MUG", "quantity": 2}]}


async def test_the_same_key_and_input_place_one_order_and_answer_with_it_as_it_is_now(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    first = await do(SUPPORT, "orderPlace", "order { id status }", idempotencyKey="once", **MUGS)
    await do(SUPPORT, "orderCancel", order=first["order"]["id"], reason="No")
    before = await dump()
    second = await do(SUPPORT, "orderPlace", "order { id status }", idempotencyKey="once", **MUGS)
    assert (first["replayed"], second["replayed"]) == (False, True)
    assert second["order"] == {"id": first["order"]["id"], "status": "CANCELED"}
    assert await dump() == before


async def test_the_same_key_with_another_input_is_refused(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    await do(SUPPORT, "orderPlace", idempotencyKey="once", **MUGS)
    other = MUGS | {"lines": [{"sku": "MUG", "quantity": 1}]}
    [error] = await refused(SUPPORT, "orderPlace", idempotencyKey="once", **other)
    assert (error["code"], error["path"]) == ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])


async def test_the_same_key_of_another_actor_is_another_key(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    await do(SUPPORT, "orderPlace", idempotencyKey="once", **MUGS)
    second = await do(ADMIN, "orderPlace", idempotencyKey="once", **MUGS)
    assert (second["replayed"], await OrderRow.all().count()) == (False, 2)


async def test_a_refusal_leaves_the_key_free(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 1})
    await refused(SUPPORT, "orderPlace", idempotencyKey="once", **MUGS)
    where = {"sku": "MUG", "location": location_id(shop.ber)}
    await do(ADMIN, "stockReceive", quantity=1, idempotencyKey="in", **where)
    placed = await do(SUPPORT, "orderPlace", idempotencyKey="once", **MUGS)
    assert placed["replayed"] is False


async def test_a_trial_places_nothing_and_binds_no_key(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    before = await dump()
    tried = await call(SUPPORT, "orderPlace", "order { id }", idempotencyKey="once", dryRun=True, **MUGS)
    assert (tried["errors"], tried["order"], await dump()) == ([], None, before)
    assert await IdempotencyRow.all().count() == 0


async def test_a_stock_delta_counts_once_however_often_it_is_sent(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 5})
    given = {"sku": "MUG", "location": location_id(shop.ber), "delta": -2, "idempotencyKey": "broken"}
    answers = [await do(ADMIN, "stockAdjust", "stockLevel { onHand }", **given) for _ in range(3)]
    assert [each["replayed"] for each in answers] == [False, True, True]
    assert [each["stockLevel"] for each in answers] == [{"onHand": 3}] * 3
    assert (await StockLevelRow.get(sku="MUG")).on_hand == 3


async def test_a_payment_and_a_refund_are_recorded_once(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    order = await place(MUG=2)
    paid = {"payment": order["payments"][0]["id"], "idempotencyKey": "in"}
    assert [(await do(SUPPORT, "paymentRecord", **paid))["replayed"] for _ in range(2)] == [False, True]
    euros = {"amount": {"amount": "5.00", "currency": "EUR"}, "reason": "A scratch"}
    owed = {"order": order["id"], "idempotencyKey": "owe"} | euros
    assert [(await do(SUPPORT, "orderRefundGrant", **owed))["replayed"] for _ in range(2)] == [False, True]
    [refund] = (await order_of(order))["refunds"]
    went = {"refund": refund["id"], "idempotencyKey": "out"}
    assert [(await do(SUPPORT, "refundRecord", **went))["replayed"] for _ in range(2)] == [False, True]
    [payment] = (await order_of(order, "payments { refunded { amount } }"))["payments"]
    assert payment == {"refunded": {"amount": "5.00"}}


async def test_what_must_not_be_done_twice_cannot_be_asked_without_a_key(database: Database) -> None:
    for verb in ("stockAdjust", "stockReceive", "paymentRecord", "refundRecord", "orderRefundGrant"):
        kind = verb[0].upper() + verb[1:] + "Input"
        document = f'{{ __type(name: "{kind}") {{ inputFields {{ name type {{ kind }} }} }} }}'
        found = (await execute(SUPPORT, document)).data["__type"]["inputFields"]
        assert {"name": "idempotencyKey", "type": {"kind": "NON_NULL"}} in found, verb
