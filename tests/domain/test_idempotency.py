"""Idempotency keys: one key, one effect, one answer."""

import asyncio
from dataclasses import dataclass, make_dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.place_orders import place_order
from domain.flows.placement import PlaceOrder
from domain.kernel import idempotency
from domain.kernel.actor import Role, staff
from domain.kernel.database import current_connection, database_now
from domain.kernel.errors import InvalidInput, KeyReused
from domain.kernel.ids import new_id
from domain.kernel.models import IdempotencyRow
from domain.kernel.unit_of_work import Outcome, UnitOfWork
from domain.orders.models import OrderRow
from domain.stock.errors import InsufficientStock
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import ADMIN, RUNNER, column, dump, level, open_shop, order_for, receive_stock


async def keyed(request: PlaceOrder, key: str = "k-1") -> Outcome[UUID]:
    return await RUNNER.run(place_order, ADMIN, request, key=key)


async def test_the_same_key_and_input_have_one_effect_and_the_same_answer(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    first = await keyed(order_for({"MUG": 1}))
    before = await dump()
    again = await keyed(order_for({"MUG": 1}))
    assert (first.replayed, again.replayed) == (False, True)
    assert again.value == first.value
    assert await dump() == before


async def test_a_key_with_another_input_or_for_another_thing_to_do_is_refused_without_effect(
    database: Database,
) -> None:
    await open_shop({"MUG": (5,)})
    await keyed(order_for({"MUG": 1}))

    async def something_else(tx: UnitOfWork, request: PlaceOrder) -> UUID:
        return await place_order(tx, request)

    before = await dump()
    with pytest.raises(KeyReused) as refused:
        await keyed(order_for({"MUG": 2}))
    assert refused.value.path == ("idempotencyKey",)
    with pytest.raises(KeyReused):
        await RUNNER.run(something_else, ADMIN, order_for({"MUG": 1}), key="k-1")
    assert await dump() == before


async def test_a_refusal_leaves_the_key_free_for_another_try(database: Database) -> None:
    shop = await open_shop({"MUG": (1,)})
    before = await dump()
    with pytest.raises(InsufficientStock):
        await keyed(order_for({"MUG": 2}))
    assert await dump() == before
    await receive_stock("MUG", shop.north, 1)
    outcome = await keyed(order_for({"MUG": 2}))
    assert not outcome.replayed
    with pytest.raises(KeyReused):
        await keyed(order_for({"MUG": 1}))


async def test_twins_in_flight_have_one_effect_and_one_answer(database: Database) -> None:
    await open_shop({"MUG": (50,)})
    outcomes = await asyncio.gather(*(keyed(order_for({"MUG": 1})) for _ in range(8)))
    assert len({each.value for each in outcomes}) == 1
    assert sorted(each.replayed for each in outcomes) == [False] + [True] * 7
    assert await OrderRow.all().count() == 1
    await assert_books_balance()


@pytest.mark.parametrize("is_refused", [False, True])
async def test_a_twin_waits_for_the_end_of_the_first_and_replays_it_or_takes_its_place_on_postgresql(
    postgres_database: Database, is_refused: bool
) -> None:
    await open_shop({"MUG": (50,)})
    begun, go_on = asyncio.Event(), asyncio.Event()
    calls = 0

    async def slow(tx: UnitOfWork, request: PlaceOrder) -> UUID:
        nonlocal calls
        calls += 1
        if calls == 1:
            begun.set()
            await go_on.wait()
            if is_refused:
                raise InvalidInput("No.")
        return await place_order(tx, request)

    first = asyncio.create_task(RUNNER.run(slow, ADMIN, order_for({"MUG": 1}), key="k"))
    await begun.wait()
    twin = asyncio.create_task(RUNNER.run(slow, ADMIN, order_for({"MUG": 1}), key="k"))
    async with asyncio.timeout(10):
        while not await is_anyone_waiting_for_a_lock():
            pass
    assert calls == 1
    go_on.set()
    outcomes = await asyncio.gather(first, twin, return_exceptions=True)
    assert isinstance(outcomes[0], InvalidInput) is is_refused
    assert isinstance(outcomes[1], Outcome)
    assert outcomes[1].replayed is not is_refused
    assert calls == (2 if is_refused else 1)
    assert await column(OrderRow.all(), "id") == [outcomes[1].value]


async def is_anyone_waiting_for_a_lock() -> bool:
    waiting = (
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    [row] = await current_connection().execute_query_dict(waiting)
    return row["n"] > 0


async def test_the_same_text_used_by_others_is_another_key(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    request = order_for({"MUG": 1})
    outcomes = [
        await RUNNER.run(place_order, staff(who, Role.ADMIN), request, key="k-1") for who in ("ann", "bob", "ann")
    ]
    assert [each.replayed for each in outcomes] == [False, False, True]
    assert outcomes[2].value == outcomes[0].value != outcomes[1].value


async def test_a_key_is_kept_for_thirty_days_and_then_free(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    first = await keyed(order_for({"MUG": 1}))
    [row] = await IdempotencyRow.all()
    assert row.expires_at - row.created_at == timedelta(days=30)
    await IdempotencyRow.all().update(expires_at=row.created_at - timedelta(seconds=1))
    later = await keyed(order_for({"MUG": 2}))
    assert later.value != first.value
    assert await idempotency.sweep(await database_now(current_connection())) == 0
    assert await idempotency.sweep(row.created_at + timedelta(days=31)) == 1


async def test_of_twins_that_meet_a_key_past_its_time_one_has_the_effect(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await keyed(order_for({"MUG": 1}))
    received = AdjustStock("MUG", shop.north, 10, is_receipt=True)
    for _ in range(5):
        [row] = await IdempotencyRow.all()
        await IdempotencyRow.all().update(expires_at=row.created_at - timedelta(seconds=1))
        before = (await level("MUG", shop.north)).on_hand
        # In transactions of their own, for this flow shares none.
        twins = (RUNNER.run(adjust_stock, ADMIN, received, key="k-1") for _ in range(6))
        outcomes = await asyncio.gather(*twins)
        assert sorted(each.replayed for each in outcomes) == [False] + [True] * 5
        assert (await level("MUG", shop.north)).on_hand == before + 10
    await assert_books_balance()


@pytest.mark.parametrize("key", ["", " ", "x" * 101])
async def test_a_key_has_one_to_a_hundred_characters(database: Database, key: str) -> None:
    await open_shop({"MUG": (5,)})
    before = await dump()
    with pytest.raises(InvalidInput) as refused:
        await keyed(order_for({"MUG": 1}), key=key)
    assert refused.value.path == ("idempotencyKey",)
    assert await dump() == before


@dataclass(frozen=True)
class Request:
    """An input with the values that inputs are made of."""

    name: str | None
    units: tuple[int, ...]
    at: UUID


requests = st.builds(
    Request, st.none() | st.text(max_size=5), st.lists(st.integers(0, 3), max_size=3).map(tuple), st.uuids()
)


@given(requests, requests)
def test_fingerprints_are_equal_exactly_for_equal_inputs(one: Request, other: Request) -> None:
    assert (idempotency.fingerprint("f", one) == idempotency.fingerprint("f", other)) == (one == other)
    assert idempotency.fingerprint("f", one) != idempotency.fingerprint("g", one)


def test_a_fingerprint_does_not_depend_on_the_order_of_fields() -> None:
    assert idempotency.fingerprint("f", {"a": 1, "b": 2}) == idempotency.fingerprint("f", {"b": 2, "a": 1})
    one, other = make_dataclass("One", ["a", "b", "_c"]), make_dataclass("Other", ["_c", "b", "a"])
    assert idempotency.fingerprint("f", [one(1, 2, 3)]) == idempotency.fingerprint("f", [other(3, 2, 1)])
    assert idempotency.fingerprint("f", one(1, 2, 3)) != idempotency.fingerprint("f", one(1, 2, 4))
    with pytest.raises(TypeError):
        idempotency.fingerprint("f", object())


def test_a_fingerprint_does_not_depend_on_who_made_a_key() -> None:
    made = new_id()
    assert idempotency.fingerprint("f", made) == idempotency.fingerprint("f", UUID(made.hex))
