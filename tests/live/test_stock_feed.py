"""The feed of stock: gapless, in order, resumable from any place, kept for 30 days, stamped beside that of orders."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise.expressions import Q

from adapters.bell.hub import Hub
from domain.kernel import log
from domain.kernel.bell import SilentBell
from domain.kernel.database import current_connection, database_now
from domain.kernel.log import feed_head, feed_heads, stamp, sweep_stock
from domain.kernel.models import LogRow, StockLogRow
from domain.kernel.streams import Present, follow
from domain.stock.models import StockLevelRow
from server.database import Database
from server.relay import relaying, stamp_all
from tests.api.sample_rows import statements
from tests.domain.shop import Shop, column, level, open_shop, place
from tests.live.stock import come, low_at, said, stock_feed
from tests.live.watching import NEVER, OFTEN, SOON, feed_stream, listening, take

StockWatch = AsyncGenerator[StockLogRow | Present, None]


async def events(watch: StockWatch, count: int) -> list[StockLogRow]:
    """The next `count` facts."""
    found: list[StockLogRow] = []
    async with asyncio.timeout(SOON):
        while len(found) < count:
            event = await anext(watch)
            assert isinstance(event, StockLogRow), event
            found.append(event)
    return found


async def positions(watch: StockWatch, count: int) -> list[int | None]:
    return [event.position for event in await events(watch, count)]


async def all_said() -> list[tuple[object, ...]]:
    """Every fact of the feed, in order."""
    await stamp_all()
    return [said(event) for event in await StockLogRow.all().order_by("position")]


async def test_what_happens_to_stock_comes_as_it_happens_each_fact_once_and_in_order(database: Database) -> None:
    shop = await open_shop({"MUG": (2,)})
    async with (
        listening() as (bell, hub),
        relaying(hub, bell, every_seconds=NEVER),
        aclosing(follow(stock_feed(), hub, 0)) as watch,
    ):
        assert [said(each) for each in await events(watch, 2)] == [("StockLevelChanged", 0, 2), ("StockCameBack", 2)]
        await come(shop, 3, bell=bell)
        [fact] = await events(watch, 1)
        assert (said(fact), fact.level_id) == (("StockLevelChanged", 2, 5), (await level("MUG", shop.north)).id)
        await come(shop, -5, bell=bell)
        assert [said(each) for each in await events(watch, 2)] == [("StockLevelChanged", 5, 0), ("StockRanOut",)]


async def test_people_are_told_exactly_when_a_mark_is_crossed(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await low_at(shop, 3)
    before = len(await all_said())
    for delta, told in [
        (-1, []),
        (-1, [("StockRanLow", 3)]),
        (-1, []),
        (+1, []),
        (+1, []),
        (-2, [("StockRanLow", 2)]),
        (-2, [("StockRanOut",)]),
        (+1, [("StockCameBack", 1)]),
        (+9, []),
        (-10, [("StockRanOut",)]),
    ]:
        await come(shop, delta)
        found = (await all_said())[before:]
        before += len(found)
        assert (delta, found[1:]) == (delta, told)
        assert found[0][0] == "StockLevelChanged"


async def test_an_order_is_felt_in_the_feed_of_stock_and_its_shipment_is_not_said_to_change_what_can_be_promised(
    database: Database,
) -> None:
    await open_shop({"MUG": (2,)})
    await place({"MUG": 2})
    assert (await all_said())[2:] == [("StockLevelChanged", 2, 0), ("StockRanOut",)]


async def test_from_every_place_on_the_rest_of_the_feed_follows(database: Database) -> None:
    shop = await open_shop({"MUG": (1,), "TEE": (4, 2)})
    for delta in (3, -2, -1):
        await come(shop, delta)
    await stamp_all()
    head = await feed_head(log.STOCK_FEED)
    whole = [said(each) for each in await StockLogRow.all().order_by("position")]
    assert len(whole) == head == 9
    async with listening() as (_, hub):
        for cut in range(head + 1):
            async with aclosing(follow(stock_feed(), hub, cut)) as watch:
                assert [said(each) for each in await events(watch, head - cut)] == whole[cut:]


_WRITE = st.tuples(st.sampled_from(["rung", "silent"]), st.integers(1, 4))
_TOGETHER = st.tuples(st.just("together"), st.integers(2, 4))
_WATCHER = st.tuples(st.sampled_from(["take", "cut"]), st.integers(0, 3))


@given(steps=st.lists(st.one_of(_WRITE, _TOGETHER, _WATCHER), max_size=10))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_written_cut_and_resumed_the_feed_of_stock_has_no_gap(
    database: Database, steps: list[tuple[str, int]]
) -> None:
    shop = await _shop()
    await stamp_all()
    first = written = await feed_head(log.STOCK_FEED)
    seen: list[int | None] = []
    async with listening(poll_seconds=OFTEN) as (bell, hub), relaying(hub, bell, every_seconds=OFTEN):
        watch = follow(stock_feed(), hub, first)
        for what, count in steps:
            if what == "take":
                seen += await positions(watch, min(count, written - first - len(seen)))
            elif what == "cut":
                await watch.aclose()
                watch = follow(stock_feed(), hub, first + len(seen))
            elif what == "together":
                await asyncio.gather(*(come(shop, 1, place=n % 3, bell=bell) for n in range(count)))
                written += count
            else:
                for _ in range(count):
                    await come(shop, 1, bell=bell if what == "rung" else None)
                written += count
        seen += await positions(watch, written - first - len(seen))
        await watch.aclose()
    assert seen == list(range(first + 1, written + 1))


async def _shop() -> Shop:
    """The shop of this test's database, with units everywhere; made once."""
    if await StockLevelRow.all().count():
        return Shop(*await column(StockLevelRow.filter(sku="MUG").order_by("id"), "location_id"))
    return await open_shop({"MUG": (9, 9, 9)})


async def test_on_postgresql_two_stampers_leave_no_gap_in_either_feed_whoever_writes(
    postgres_database: Database,
) -> None:
    shop = await open_shop({"MUG": (99, 99, 99)})
    writing = True

    async def relay() -> None:
        while writing or await log.unstamped():
            await stamp_all()
            await asyncio.sleep(0)

    relays = [asyncio.create_task(relay()) for _ in range(2)]
    changes = [come(shop, 1, place=n % 3) for n in range(45)]
    await asyncio.gather(*changes, *(place({"MUG": 1}) for _ in range(12)))
    writing = False
    await asyncio.gather(*relays)
    for rows, feed in ((StockLogRow, log.STOCK_FEED), (LogRow, log.FEED)):
        stamped = await column(rows.all().order_by("position"), "position")
        assert stamped == list(range(1, await feed_head(feed) + 1))
    by_level: dict[UUID, list[int]] = defaultdict(list)
    for fact in await StockLogRow.filter(type="StockLevelChanged").order_by("position"):
        assert fact.level_id is not None
        told = by_level[fact.level_id]
        assert fact.data["available_before"] == (told[-1] if told else 0), "of a level, one change follows the other"
        told.append(fact.data["available"])
    assert sum(told[-1] for told in by_level.values()) == 3 * 99 + 45 - 12


async def test_a_relay_rings_for_each_feed_that_has_grown_and_for_no_other(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await stamp_all()
    async with (
        listening() as (bell, hub),
        hub.listen_feed() as orders,
        hub.listen_stock() as stock,
        relaying(hub, bell, every_seconds=NEVER),
    ):
        assert await orders.wait(SOON)  # what was there before it began
        assert await stock.wait(SOON)
        await come(shop, 1, bell=bell)
        assert await stock.wait(SOON)
        assert not await orders.wait(0)


async def test_one_relay_feeds_watchers_of_orders_and_of_stock(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    async with (
        listening(poll_seconds=OFTEN) as (bell, hub),
        relaying(hub, SilentBell(), every_seconds=OFTEN),
        aclosing(follow(feed_stream(), hub, 0)) as orders,
        aclosing(follow(stock_feed(), hub, 0)) as stock,
    ):
        assert bell
        assert await positions(stock, 2) == [1, 2]
        await place({"MUG": 1})
        assert [event.type for event in await take(orders, 1)] == ["OrderPlaced"]
        assert [said(each) for each in await events(stock, 1)] == [("StockLevelChanged", 5, 4)]


async def test_an_idle_relay_and_an_idle_poll_ask_as_much_for_two_feeds_as_for_one(
    postgres_database: Database,
) -> None:
    await open_shop({"MUG": (5,)})
    await stamp_all()
    with statements() as asked:
        assert await stamp_all() == 0
        assert set(await feed_heads()) == {log.FEED, log.STOCK_FEED}
    assert len(asked) == 2
    async with listening() as (_, hub), hub.listen_feed(), hub.listen_stock():
        with statements() as asked:
            await _look(hub)
        assert len(asked) == 1


async def _look(hub: Hub) -> None:
    await hub._look()


@pytest.mark.parametrize("where", ["sku", "place"])
async def test_the_feed_can_be_limited_to_levels_that_fulfil_a_condition_and_the_place_goes_on(
    database: Database, where: str
) -> None:
    shop = await open_shop({"MUG": (1, 2), "TEE": (3,)})
    await stamp_all()
    condition = Q(sku="TEE") if where == "sku" else Q(location_id=shop.south)
    page = await stock_feed(levels=condition).read(0)
    assert page is not None
    expected = {"sku": ("StockLevelChanged", 0, 3), "place": ("StockLevelChanged", 0, 2)}[where]
    assert said(page.events[0]) == expected
    assert (len(page.events), page.place, page.is_last) == (2, 6, True)


async def test_facts_are_kept_for_30_days_and_those_of_orders_for_ever(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await place({"MUG": 1})
    await come(shop, 1)
    await stamp_all()
    now, orders = await database_now(current_connection()), await LogRow.all().count()
    assert await sweep_stock(now + timedelta(days=29, hours=23)) == 0
    await StockLogRow.filter(position__lte=2).update(occurred_at=now - timedelta(days=31))
    # Younger than what follows it: a beginning is forgotten, never what stands between.
    await StockLogRow.filter(position=4).update(occurred_at=now - timedelta(days=31))
    assert await sweep_stock(now) == 2
    assert await column(StockLogRow.all().order_by("position"), "position") == [3, 4]
    assert [await stock_feed().keeps(n) for n in range(5)] == [False, False, True, True, True]
    assert await sweep_stock(now + timedelta(days=31)) == 2
    assert [await stock_feed().keeps(n) for n in range(5)] == [False, False, False, False, True]
    assert await LogRow.all().count() == orders


async def test_a_fact_that_waits_for_its_position_is_not_swept_away(postgres_database: Database) -> None:
    await open_shop({"MUG": (5,)})
    assert await sweep_stock(await database_now(current_connection()) + timedelta(days=99)) == 0
    assert await stamp(log.STOCK_FEED) == 2


async def test_a_place_that_cannot_be_honoured_is_answered_with_the_present(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await come(shop, 1)
    await stamp_all()
    await StockLogRow.filter(position=1).delete()
    async with listening() as (_, hub):
        for cut, answer in ((None, Present(3)), (0, Present(3)), (4, Present(3)), (2**63, Present(3)), (1, None)):
            async with aclosing(follow(stock_feed(), hub, cut)) as watch:
                event = await asyncio.wait_for(anext(watch), SOON)
                assert answer is None or event == answer
                assert answer is not None or isinstance(event, StockLogRow)


async def test_whoever_reads_a_part_of_the_feed_while_it_is_swept_away_is_told(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await come(shop, 1)
    await stamp_all()
    came_back = Q(type="StockCameBack")
    page = await stock_feed(came_back).read(0)
    assert page is not None
    assert [each.type for each in page.events] == ["StockCameBack"]
    await StockLogRow.filter(position__lte=2).delete()
    assert await stock_feed(came_back).read(0) is None
    assert await stock_feed(came_back).read(2) is not None
