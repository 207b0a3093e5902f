"""Streams of one order: gapless, in order, resumable, and only what the actor may see."""

import asyncio
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.bell.hub import Hub
from domain.kernel.actor import Role, customer, staff, tracking_link
from domain.kernel.bell import Bell
from domain.kernel.doorbell import Doorbell, Ears, StreamLimits
from domain.kernel.ids import new_id
from domain.kernel.models import LogRow
from domain.kernel.streams import PAGE_ROWS, OrderStream, Page, Present, follow
from domain.orders.models import OrderRow
from domain.returns.events import ReturnDisposed, ReturnReceived
from domain.shipping.events import ShipmentShipped
from server.database import Database
from tests.live.orders import confirmed, happen, held, new_customer, new_order, placed
from tests.live.watching import NEVER, OFTEN, SOON, listening, order_stream, sequences, take


async def test_events_come_as_they_happen_each_once_and_in_order(database: Database) -> None:
    order = await new_order()
    async with listening() as (bell, hub), aclosing(follow(order_stream(order), hub, 0)) as watch:
        await happen(*placed(order), bell=bell)
        assert [event.type for event in await take(watch, 1)] == ["OrderPlaced"]
        await happen(confirmed(order), held(order), bell=bell)
        assert [(event.sequence, event.type) for event in await take(watch, 2)] == [
            (2, "OrderConfirmed"),
            (3, "OrderHeld"),
        ]


async def test_a_lost_ring_costs_only_latency(database: Database) -> None:
    order = await new_order()
    async with listening(poll_seconds=OFTEN) as (_, hub), aclosing(follow(order_stream(order), hub, 0)) as watch:
        for sequence in (1, 2, 3):
            await happen(*placed(order))
            assert await sequences(watch, 1) == [sequence]


@dataclass
class WrittenTo:
    """A stream in which something happens, and is heard of, as soon as it has been read."""

    stream: OrderStream
    bell: Bell
    hub: Hub
    is_read: bool = False

    def listen(self, doorbell: Doorbell) -> AbstractAsyncContextManager[Ears]:
        return self.stream.listen(doorbell)

    async def keeps(self, place: int) -> bool:
        return await self.stream.keeps(place)

    async def present(self) -> Present:
        return await self.stream.present()

    def place_of(self, event: LogRow) -> int:
        return self.stream.place_of(event)

    async def read(self, place: int) -> Page | None:
        page = await self.stream.read(place)
        if not self.is_read:
            self.is_read = True
            async with self.hub.listen(self.stream.order_id) as witness:
                await happen(*placed(self.stream.order_id), bell=self.bell)
                assert await witness.wait(SOON)
        return page


async def test_what_happens_between_the_read_and_the_wait_is_not_lost(database: Database) -> None:
    order = await new_order()
    async with listening() as (bell, hub), aclosing(follow(WrittenTo(order_stream(order), bell, hub), hub, 0)) as watch:
        assert await sequences(watch, 1) == [1]


async def test_a_stream_goes_on_behind_the_place_where_it_was_left(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order, 5))
    async with listening() as (_, hub):
        async with aclosing(follow(order_stream(order), hub, 0)) as watch:
            assert await sequences(watch, 2) == [1, 2]
        await happen(*placed(order, 2))
        async with aclosing(follow(order_stream(order), hub, 2)) as watch:
            assert await sequences(watch, 5) == [3, 4, 5, 6, 7]


async def test_a_long_stream_is_read_in_pages(database: Database) -> None:
    order = await new_order()
    count = 2 * PAGE_ROWS + 1
    await happen(*placed(order, count))
    async with listening() as (_, hub), aclosing(follow(order_stream(order), hub, 0)) as watch:
        assert await sequences(watch, count) == list(range(1, count + 1))
        await happen(*placed(order))
    page = await order_stream(order).read(0)
    assert page is not None
    assert (len(page.events), page.place, page.is_last) == (PAGE_ROWS, PAGE_ROWS, False)


async def test_events_that_the_customer_may_not_see_are_skipped_and_the_place_goes_on(database: Database) -> None:
    buyer = await new_customer()
    order = await new_order(buyer)
    await happen(*placed(order), held(order), confirmed(order), held(order))
    stream = order_stream(order, customer(buyer))
    page = await stream.read(0)
    assert page is not None
    assert [(event.sequence, event.type) for event in page.events] == [(1, "OrderPlaced"), (3, "OrderConfirmed")]
    assert (page.place, page.is_last) == (4, True)


async def test_staff_see_every_event_and_other_customers_none(database: Database) -> None:
    order = await new_order(await new_customer())
    await happen(*placed(order), held(order), ReturnDisposed(order, new_id(), "RESTOCKED", 1))
    seen = {}
    for name, actor in (("staff", staff("sam", Role.SUPPORT)), ("other", customer(await new_customer()))):
        page = await order_stream(order, actor).read(0)
        assert page is not None
        seen[name] = [event.sequence for event in page.events]
    assert seen == {"staff": [1, 2, 3], "other": []}
    assert await order_stream(order, customer(new_id())).order() is None


async def test_a_tracking_link_sees_the_journey_of_its_order_alone(database: Database) -> None:
    order, other = await new_order(), await new_order()
    for each in (order, other):
        await happen(*placed(each), held(each), ShipmentShipped(each, new_id()), ReturnReceived(each, new_id(), 1))
    link = tracking_link(order)
    shown = {}
    for each in (order, other):
        page = await order_stream(each, link).read(0)
        assert page is not None
        shown[each] = [event.type for event in page.events]
    assert shown == {order: ["OrderPlaced", "ShipmentShipped", "ReturnReceived"], other: []}


async def test_a_place_that_never_was_is_answered_with_the_present_and_the_stream_goes_on(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order, 3))
    async with listening() as (bell, hub):
        for never in (None, 4, 2**63):
            async with aclosing(follow(order_stream(order), hub, never)) as watch:
                present = await asyncio.wait_for(anext(watch), SOON)
                assert isinstance(present, Present)
                assert isinstance(present.thing, OrderRow)
                assert (present.place, present.thing.id) == (present.thing.version, order)
                await happen(*placed(order), bell=bell)
                assert await sequences(watch, 1) == [present.place + 1]
                await OrderRow.filter(id=order).update(version=3)
                await LogRow.filter(order_id=order, sequence__gt=3).delete()


async def test_whoever_watches_while_the_database_is_restored_is_given_the_present(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order, 3))
    async with listening(poll_seconds=OFTEN) as (_, hub), aclosing(follow(order_stream(order), hub, 2)) as watch:
        assert await sequences(watch, 1) == [3]
        await LogRow.filter(order_id=order, sequence__gt=1).delete()
        await OrderRow.filter(id=order).update(version=1)
        present = await asyncio.wait_for(anext(watch), SOON)
        assert isinstance(present, Present)
        assert present.place == 1


async def test_a_stream_without_events_ends_after_the_idle_limit(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order))
    limits = StreamLimits(idle_seconds=0.05, lifetime_seconds=NEVER)
    async with listening(limits=limits) as (_, hub):
        assert [each async for each in follow(order_stream(order), hub, 1)] == []
        assert hub.listeners == 0


async def test_a_stream_ends_after_its_lifetime_and_can_be_resumed(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order, 2))
    async with listening(limits=StreamLimits(idle_seconds=NEVER, lifetime_seconds=0.2)) as (_, hub):
        for place in (0, 1, 2):
            events = [each async for each in follow(order_stream(order), hub, place)]
            assert [each.sequence for each in events if isinstance(each, LogRow)] == [1, 2][place:]


async def test_a_watcher_that_is_cancelled_leaves_nothing_behind(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order))
    async with listening() as (_, hub):
        before = asyncio.all_tasks()
        arrived = asyncio.Event()

        async def look_on() -> None:
            async with aclosing(follow(order_stream(order), hub, 0)) as watch:
                async for _ in watch:
                    arrived.set()

        task = asyncio.create_task(look_on())
        await asyncio.wait_for(arrived.wait(), SOON)
        assert hub.listeners == 1
        task.cancel()
        await asyncio.wait({task})
        assert hub.listeners == 0
        assert asyncio.all_tasks() == before


async def test_a_slow_reader_hurts_nobody_else(database: Database) -> None:
    order = await new_order()
    async with listening() as (bell, hub):
        slow, quick = follow(order_stream(order), hub, 0), follow(order_stream(order), hub, 0)
        async with aclosing(slow), aclosing(quick):
            await happen(*placed(order), bell=bell)
            assert await sequences(slow, 1) == [1]
            for sequence in range(1, 21):
                assert await sequences(quick, 1) == [sequence]
                await happen(*placed(order), bell=bell)
            assert await sequences(slow, 20) == list(range(2, 22))


# What may happen while somebody watches: writes that are rung and writes that are not, by one or by several at once;
# the watcher takes some events, or is cut off and comes back with its last cursor.
_WRITE = st.tuples(st.sampled_from(["rung", "silent"]), st.integers(1, 4))
_TOGETHER = st.tuples(st.just("together"), st.integers(2, 5))
_WATCHER = st.tuples(st.sampled_from(["take", "cut"]), st.integers(0, 3))


@given(steps=st.lists(st.one_of(_WRITE, _TOGETHER, _WATCHER), max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_written_cut_and_resumed_the_sequence_has_no_gap(
    database: Database, steps: list[tuple[str, int]]
) -> None:
    order, written, seen = await new_order(), 0, list[int]()
    async with listening(poll_seconds=OFTEN) as (bell, hub):
        watch = follow(order_stream(order), hub, 0)
        for what, count in steps:
            if what == "take":
                seen += await sequences(watch, min(count, written - len(seen)))
            elif what == "cut":
                await watch.aclose()
                watch = follow(order_stream(order), hub, len(seen))
            elif what == "together":
                await asyncio.gather(*(happen(*placed(order), bell=bell) for _ in range(count)))
                written += count
            else:
                await happen(*placed(order, count), bell=bell if what == "rung" else None)
                written += count
        seen += await sequences(watch, written - len(seen))
        await watch.aclose()
        assert seen == list(range(1, written + 1))
        assert hub.listeners == 0
