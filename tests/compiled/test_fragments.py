"""What is kept of an order by its version is what the database would say, whoever writes meanwhile."""

import asyncio
from functools import cache
from typing import Any

import orjson
import pytest

from domain.channels.models import ChannelRow
from domain.kernel.actor import Actor, Role, Scope, staff
from domain.kernel.database import Dialect, current_connection
from domain.kernel.ids import parse_global_id
from domain.kernel.models import LogRow
from schema.compiled import CompiledReader, NotCompilable, Reason
from schema.compiled.fragments import Kept
from schema.compiled.orders import NEW_TOGETHER
from server.database import Database
from tests.builders import SCHEMA, SUPPORT, Shop, do, execute, open_shop, order_of, place
from tests.compiled.bazaar import Counting, fetching
from tests.compiled.queries import operation_of

ORDER = """query ($id: ID!) { order(by: {id: $id}) { id version isOnHold holds { id releasedAt } events { totalCount }
  availableActions { action enabled } customer { name } } }"""
TWICE = ORDER.replace("query ($id: ID!) {", "query ($id: ID!) { again: order(by: {id: $id}) { id }")
CHANNEL = "query ($id: ID!) { order(by: {id: $id}) { id holds { id } channel { code } } }"
PAGE = "query ($first: Int) { orders(first: $first) { nodes { id version holds { id } channel { code } } } }"
HELD = "order { version holds { id releasedAt } }"
ROUNDS = 12


async def read(reader: CompiledReader, query: str, actor: Actor = SUPPORT, **variables: Any) -> Any:
    """The data that the compiled way answers with; equal to the usual way's, when nobody writes meanwhile."""
    return orjson.loads(await reader.read(_operation(query), variables, actor.scope))["data"]


_operation = cache(operation_of)  # one for a text, as for a server's callers


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await open_shop(ber={"MUG": 100})


async def test_an_order_that_did_not_change_costs_one_short_statement(database: Database, shop: Shop) -> None:
    order = await place(MUG=1)
    async with fetching(database) as fetch:
        counted = Counting(fetch)
        reader = CompiledReader(SCHEMA, database.dialect, counted)
        first = await read(reader, ORDER, id=order["id"])
        # PostgreSQL says what is kept of no order in the statement that asks for its version.
        begun = counted.statements
        assert begun == (1 if database.dialect is Dialect.POSTGRES else 2)
        assert await read(reader, ORDER, id=order["id"]) == first
        assert counted.statements == begun + 1
        assert b"isOnHold" not in counted.answer


async def test_an_order_that_changed_is_read_whole_beside_one_that_did_not(database: Database, shop: Shop) -> None:
    orders = [await place(MUG=1) for _ in range(2)]
    async with fetching(database) as fetch:
        counted = Counting(fetch)
        reader = CompiledReader(SCHEMA, database.dialect, counted)
        for each in orders:
            await read(reader, ORDER, id=each["id"])
        await do(SUPPORT, "orderHold", HELD, order=orders[0]["id"], kind="FRAUD", reason="?")
        begun = counted.statements
        shown = await asyncio.gather(*(read(reader, ORDER, id=each["id"]) for each in orders))
        assert [each["order"]["isOnHold"] for each in shown] == [True, False]
        assert counted.statements == begun + (1 if database.dialect is Dialect.POSTGRES else 2)
        assert counted.answer.count(b"isOnHold") == 1


async def test_few_orders_that_are_not_kept_are_read_together_so_that_a_large_one_holds_up_few(
    database: Database, shop: Shop
) -> None:
    if database.dialect is not Dialect.POSTGRES:
        pytest.skip("on SQLite the versions are read first")
    orders = [await place(MUG=1) for _ in range(2 * NEW_TOGETHER + 1)]
    async with fetching(database) as fetch:
        counted = Counting(fetch)
        reader = CompiledReader(SCHEMA, database.dialect, counted)
        for statements in (3, 1):
            counted.statements = 0
            await asyncio.gather(*(read(reader, ORDER, id=each["id"]) for each in orders))
            assert counted.statements == statements


async def test_an_order_that_cannot_be_told_is_no_fault_of_those_that_are_asked_for_with_it(
    database: Database, shop: Shop
) -> None:
    orders = [await place(MUG=1) for _ in range(2)]
    for each in orders:
        await do(SUPPORT, "orderHold", HELD, order=each["id"], kind="FRAUD", reason="?")
    broken = parse_global_id("order", orders[0]["id"])
    await LogRow.filter(order_id=broken, type="OrderHeld").update(data={})
    query = "query ($id: ID!) { order(by: {id: $id}) { events { nodes { ... on OrderHeld { kind } } } } }"
    async with fetching(database) as fetch:
        reader = CompiledReader(SCHEMA, database.dialect, fetch)
        reads = (read(reader, query, id=each["id"]) for each in orders)
        failed, shown = await asyncio.gather(*reads, return_exceptions=True)
    assert isinstance(failed, KeyError)
    assert not isinstance(shown, BaseException)
    assert shown["order"]["events"]["nodes"][-1] == {"kind": "FRAUD"}


async def test_an_order_with_a_null_where_none_may_be_is_left_to_the_usual_way(database: Database, shop: Shop) -> None:
    if database.dialect is not Dialect.POSTGRES:
        pytest.skip("SQLite cannot make a column of a table nullable")
    orders = [await place(MUG=1) for _ in range(2)]
    number = await order_of(orders[1], "number")
    await current_connection().execute_script(
        "ALTER TABLE orders ALTER COLUMN number DROP NOT NULL;"
        f"UPDATE orders SET number = NULL WHERE id = '{parse_global_id('order', orders[0]['id'])}'"
    )
    query = "query ($id: ID!) { order(by: {id: $id}) { number holds { id } } }"
    async with fetching(database) as fetch:
        reader = CompiledReader(SCHEMA, database.dialect, fetch)
        reads = (read(reader, query, id=each["id"]) for each in orders)
        refused, shown = await asyncio.gather(*reads, return_exceptions=True)
    assert isinstance(refused, NotCompilable)
    assert refused.reason is Reason.NULL
    assert shown == {"order": {**number, "holds": []}}


async def test_readers_while_writers_write_never_see_less_than_was_committed_nor_a_mixture(
    database: Database, shop: Shop
) -> None:
    """Each write is one event: what an order shows follows from its version."""
    orders = [await place(MUG=1) for _ in range(3)]
    started = {order["id"]: (await order_of(order, "version"))["version"] for order in orders}
    committed, done = dict(started), asyncio.Event()

    async def write(order_id: str) -> None:
        for _ in range(ROUNDS):
            held = await do(SUPPORT, "orderHold", HELD, order=order_id, kind="FRAUD", reason="?")
            committed[order_id] = held["order"]["version"]
            [hold] = [each["id"] for each in held["order"]["holds"] if each["releasedAt"] is None]
            await do(SUPPORT, "orderHoldRelease", hold=hold)
            committed[order_id] += 1

    async def watch(reader: CompiledReader, order_id: str) -> int:
        reads = 0
        while not done.is_set():
            before = committed[order_id]
            shown = (await read(reader, ORDER, id=order_id))["order"]
            writes = shown["version"] - started[order_id]
            assert shown["version"] >= before
            assert len(shown["holds"]) == (writes + 1) // 2
            assert shown["isOnHold"] == bool(writes % 2)
            assert shown["events"]["totalCount"] == shown["version"]
            reads += 1
        return reads

    async with fetching(database) as fetch:
        reader = CompiledReader(SCHEMA, database.dialect, fetch)
        watchers = [asyncio.create_task(watch(reader, order["id"])) for order in orders for _ in range(2)]
        await asyncio.gather(*(write(order["id"]) for order in orders))
        done.set()
        reads = await asyncio.gather(*watchers)
    assert all(each > 0 for each in reads)
    assert {committed[each] - started[each] for each in started} == {2 * ROUNDS}


async def test_what_hangs_on_an_order_but_is_not_its_own_is_read_anew(database: Database, shop: Shop) -> None:
    order = await place(MUG=1)
    async with fetching(database) as fetch:
        reader = CompiledReader(SCHEMA, database.dialect, fetch)

        async def codes() -> list[str]:
            alone, page = await read(reader, CHANNEL, id=order["id"]), await read(reader, PAGE)
            return [each["channel"]["code"] for each in (alone["order"], *page["orders"]["nodes"])]

        assert await codes() == ["web-de", "web-de"]
        await ChannelRow.filter(code="web-de").update(code="web-eu")
        assert await codes() == ["web-eu", "web-eu"]


async def test_what_one_scope_may_see_is_not_kept_for_another(database: Database, shop: Shop) -> None:
    """Support sees holds, the customer whose order it is sees that there are none for them."""
    line = {"sku": "MUG", "quantity": 1}
    placed = await do(shop.ann, "orderPlace", "order { id }", channel="web-de", lines=[line])
    order_id = placed["order"]["id"]
    await do(SUPPORT, "orderHold", HELD, order=order_id, kind="FRAUD", reason="?")
    async with fetching(database) as fetch:
        reader = CompiledReader(SCHEMA, database.dialect, fetch)
        assert len((await read(reader, ORDER, id=order_id))["order"]["holds"]) == 1
        for actor, shown in ((shop.ann, 0), (SUPPORT, 1), (staff("wim", Role.WAREHOUSE), 1)):
            assert len((await read(reader, ORDER, actor, id=order_id))["order"]["holds"]) == shown
            usual = await execute(actor, ORDER, id=order_id)
            assert await read(reader, ORDER, actor, id=order_id) == usual.data
        assert await read(reader, ORDER, shop.bob, id=order_id) == {"order": None}


async def test_keeping_is_given_up_where_little_is_met_again(database: Database, shop: Shop) -> None:
    """A reader that keeps nothing for long asks in one statement, not in two; now and then it tries again."""
    orders = [await place(MUG=1) for _ in range(30)]
    async with fetching(database) as fetch:
        counted = Counting(fetch)
        reader = CompiledReader(SCHEMA, database.dialect, counted)
        for order in orders:
            await read(reader, TWICE, id=order["id"])
        assert 30 < counted.statements < 45


def test_what_is_kept_is_bounded_by_its_bytes_and_the_least_used_goes_first() -> None:
    kept = Kept(10_000)
    for n in range(100):
        kept.keep(n, b"x" * 100)
        kept.get(0)
    assert kept.get(0) == b"x" * 100
    assert kept.get(1) is None
    assert [n for n in range(100) if kept.get(n)] == [0, *range(81, 100)]


def test_what_is_kept_anew_takes_the_place_of_what_was_kept_before() -> None:
    kept = Kept(10_000)
    for n in range(100):
        kept.keep("order", b"%d" % n)
    kept.keep("other", b"x")
    assert (kept.get("order"), kept.get("other")) == (b"99", b"x")


def test_what_would_push_out_too_much_is_not_kept() -> None:
    kept = Kept(10_000)
    kept.keep("large", b"x" * 1_001)
    assert kept.get("large") is None


def test_scopes_are_told_apart_by_all_that_they_may_see() -> None:
    kept, fragment = Kept(10_000), object()
    scopes: list[Scope] = [SUPPORT.scope, staff("wim", Role.WAREHOUSE).scope]
    owners = {id(kept.owner(fragment, (), scope)) for scope in (*scopes, *scopes)}
    assert len(owners) == 2
