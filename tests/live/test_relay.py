"""The feed and its relay: one gapless sequence over all orders, however many writers and relays there are."""

import asyncio
from collections import defaultdict
from contextlib import AsyncExitStack, aclosing
from uuid import UUID

from tortoise.connection import get_connection
from tortoise.expressions import Q

from domain.kernel.actor import customer
from domain.kernel.bell import SilentBell
from domain.kernel.log import feed_head
from domain.kernel.models import LogRow
from domain.kernel.streams import FeedStream, Present, follow, visible_log
from domain.orders.lifecycle import OrderStatus
from server.database import Database
from server.relay import relaying, stamp_all
from tests.live.orders import confirmed, happen, held, new_customer, new_order, placed
from tests.live.watching import NEVER, OFTEN, SOON, feed_stream, listening, logged, sequences, take


async def test_thirty_writers_and_two_relays_lose_nothing_and_keep_every_order_in_order(database: Database) -> None:
    orders = [await new_order() for _ in range(10)]
    commits = 6

    async with listening() as (bell, hub), relaying(hub, bell), relaying(hub, bell):

        async def write(writer: int) -> None:
            for n in range(commits):
                chosen = {orders[(writer + n) % 10], orders[(writer * 3 + n) % 10]}
                await happen(*(fact for order in chosen for fact in placed(order, 2)), bell=bell)

        async with aclosing(follow(feed_stream(), hub, 0)) as watch:
            writing = [asyncio.create_task(write(writer)) for writer in range(30)]
            first = await take(watch, 200)
            await asyncio.gather(*writing)
            events = first + await take(watch, await LogRow.all().count() - len(first))
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    by_order: dict[UUID, list[int]] = defaultdict(list)
    for event in events:
        by_order[event.order_id].append(event.sequence)
    assert {order: seen == list(range(1, len(seen) + 1)) for order, seen in by_order.items()} == dict.fromkeys(
        orders, True
    )
    assert await LogRow.filter(position__isnull=True).count() == 0


async def test_of_two_relays_the_one_that_stamped_goes_on_and_the_other_leaves_it_the_head_start(
    postgres_database: Database,
) -> None:
    order = await new_order()
    async with listening() as (bell, hub), AsyncExitStack() as relays:
        one, other = [
            await relays.enter_async_context(relaying(hub, bell, every_seconds=NEVER, head_start_seconds=NEVER))
            for _ in range(2)
        ]
        async with aclosing(follow(feed_stream(), hub, 0)) as watch:
            count = 0
            while one.is_first and other.is_first:
                count += 1
                await happen(*placed(order), bell=bell)
                assert await sequences(watch, 1) == [count]
            first, second = (one, other) if one.is_first else (other, one)
            before = second.stamped
            for _ in range(20):
                count += 1
                await happen(*placed(order), bell=bell)
                assert await sequences(watch, 1) == [count]
        assert (first.stamped, second.stamped) == (count - before, before)


async def test_when_the_relay_that_stamped_is_gone_the_other_goes_on(postgres_database: Database) -> None:
    order = await new_order()
    async with (
        listening() as (bell, hub),
        relaying(hub, bell, every_seconds=NEVER, head_start_seconds=OFTEN) as other,
        aclosing(follow(feed_stream(), hub, 0)) as watch,
    ):
        async with relaying(hub, bell, every_seconds=NEVER):
            other.is_first = False
            await happen(*placed(order), bell=bell)
            assert await sequences(watch, 1) == [1]
        for count in range(2, 10):
            await happen(*placed(order), bell=bell)
            assert await sequences(watch, 1) == [count]
        assert other.is_first
        assert other.stamped >= 8


async def test_events_that_no_bell_told_of_are_stamped_all_the_same(database: Database) -> None:
    order = await new_order()
    async with (
        listening(poll_seconds=OFTEN) as (_, hub),
        relaying(hub, SilentBell(), every_seconds=OFTEN),
        aclosing(follow(feed_stream(), hub, 0)) as watch,
    ):
        await happen(*placed(order, 3))
        assert await sequences(watch, 3) == [1, 2, 3]


async def test_a_relay_survives_a_database_that_does_not_answer(database: Database) -> None:
    order = await new_order()
    connection = get_connection("default")
    with logged("server.relay", "relay.failed") as failed:
        async with (
            listening() as (bell, hub),
            relaying(hub, bell, every_seconds=OFTEN),
            aclosing(follow(feed_stream(), hub, 0)) as watch,
        ):
            await connection.execute_query("ALTER TABLE feed_head RENAME TO feed_head_away")
            await asyncio.wait_for(failed.wait(), SOON)
            await connection.execute_query("ALTER TABLE feed_head_away RENAME TO feed_head")
            await happen(*placed(order))
            assert await sequences(watch, 1) == [1]


async def test_a_relay_leaves_no_task_and_no_listener_behind(database: Database) -> None:
    async with listening() as (bell, hub):
        before = asyncio.all_tasks()
        async with relaying(hub, bell):
            assert len(asyncio.all_tasks()) == len(before) + 1
        assert asyncio.all_tasks() == before
        assert hub.listeners == 0


async def test_a_customer_gets_the_public_events_of_their_own_orders_and_the_place_goes_on(database: Database) -> None:
    buyer = await new_customer()
    own, foreign = await new_order(buyer), await new_order(await new_customer())
    await happen(*placed(foreign))
    await happen(*placed(own))
    await happen(held(own))
    await happen(confirmed(own))
    await happen(confirmed(foreign))
    await stamp_all()
    page = await feed_stream(customer(buyer)).read(0)
    assert page is not None
    assert [(event.order_id, event.type) for event in page.events] == [(own, "OrderPlaced"), (own, "OrderConfirmed")]
    assert (page.place, page.is_last) == (5, True)


async def test_the_feed_can_be_limited_to_orders_that_fulfil_a_condition(database: Database) -> None:
    wanted, other = await new_order(status=OrderStatus.CONFIRMED), await new_order()
    for _ in range(2):
        await happen(*placed(other))
        await happen(*placed(wanted))
    await stamp_all()
    buyer = customer(await new_customer())
    confirmed_only = Q(status=OrderStatus.CONFIRMED)
    page = await FeedStream(Q(), confirmed_only).read(0)
    assert page is not None
    assert [(event.order_id, event.sequence) for event in page.events] == [(wanted, 1), (wanted, 2)]
    assert page.place == await feed_head() == 4
    hidden = await FeedStream(visible_log(buyer.scope), confirmed_only).read(0)
    assert hidden is not None
    assert (hidden.events, hidden.place) == ([], 4)


async def test_a_place_beyond_the_feed_or_before_what_is_kept_is_answered_with_the_present(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order, 5))
    await stamp_all()
    await LogRow.filter(position__lte=2).update(position=None)
    async with listening() as (_, hub):
        for place, answer in ((6, "present"), (0, "present"), (1, "present"), (2, "events"), (None, "present")):
            async with aclosing(follow(feed_stream(), hub, place)) as watch:
                event = await asyncio.wait_for(anext(watch), SOON)
                assert isinstance(event, Present if answer == "present" else LogRow), place
                if isinstance(event, Present):
                    assert event == Present(5)
                else:
                    assert event.position == 3


async def test_an_empty_feed_keeps_its_beginning(database: Database) -> None:
    assert await feed_stream().keeps(0)
    page = await feed_stream().read(0)
    assert page is not None
    assert (page.events, page.place, page.is_last) == ((), 0, True)
    assert await feed_stream().read(1) is None


async def test_stamping_ends_although_facts_keep_coming_so_that_the_feed_is_rung_for(
    postgres_database: Database,
) -> None:
    is_stamped = asyncio.Event()

    async def write(order: UUID) -> None:
        while not is_stamped.is_set():
            await happen(*placed(order))

    orders = [await new_order() for _ in range(30)]
    for order in orders:
        await happen(*placed(order))
    writing = [asyncio.create_task(write(order)) for order in orders]
    try:
        async with asyncio.timeout(SOON):
            await stamp_all()
    finally:
        is_stamped.set()
        await asyncio.gather(*writing)
    assert await feed_head() >= len(orders)
