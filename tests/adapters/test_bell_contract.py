"""The contract of every bell: what a hub hears of what was rung."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.bell.by_url import bell_at
from adapters.bell.hub import Hub
from adapters.bell.ringing import MOST_UNREAD, BroadcastBell
from adapters.bell.rings import CHANNEL, FEED, GAP, heads_in, to_messages
from domain.kernel.bell import Ring
from domain.kernel.ids import new_id

# A bell of another broker is one more word here, and a fixture that starts it.
BROKERS = ("memory", "redis", "postgres")
SOON = 20.0
NEVER = 3600.0
AT_ONCE = 0.0


@pytest.fixture(params=BROKERS)
def bell_url(request: pytest.FixtureRequest) -> str:
    """The address of a broker that is there."""
    url: str = "memory://" if request.param == "memory" else request.getfixturevalue(f"{request.param}_server")
    return url


@pytest.fixture
async def bell(bell_url: str) -> AsyncIterator[BroadcastBell]:
    async with bell_at(bell_url) as opened:
        yield opened


@pytest.fixture
async def hub(bell: BroadcastBell) -> AsyncIterator[Hub]:
    """A hub whose poll never comes: what it hears, the bell has told it."""
    async with Hub(bell.broadcast, poll_seconds=NEVER) as opened:
        yield opened


async def test_a_ring_wakes_every_listener_of_its_order(bell: BroadcastBell, hub: Hub) -> None:
    order = new_id()
    async with hub.listen(order) as first, hub.listen(order) as second:
        bell.ring([Ring(order, 1)])
        assert await first.wait(SOON)
        assert await second.wait(SOON)


async def test_a_ring_wakes_nobody_who_listens_to_something_else(bell: BroadcastBell, hub: Hub) -> None:
    order, other = new_id(), new_id()
    async with hub.listen(order) as ears, hub.listen(other) as deaf, hub.listen_feed() as feed:
        bell.ring([Ring(order, 1)])
        assert await ears.wait(SOON)
        assert not await deaf.wait(AT_ONCE)
        assert not await feed.wait(AT_ONCE)


async def test_the_ring_of_the_feed_wakes_those_who_listen_to_the_feed_alone(bell: BroadcastBell, hub: Hub) -> None:
    async with hub.listen(new_id()) as deaf, hub.listen_to_all_orders() as relay, hub.listen_feed() as feed:
        bell.ring([Ring(FEED, 7)])
        assert await feed.wait(SOON)
        assert not await deaf.wait(AT_ONCE)
        assert not await relay.wait(AT_ONCE)


async def test_a_ring_of_any_order_wakes_the_relay(bell: BroadcastBell, hub: Hub) -> None:
    async with hub.listen_to_all_orders() as relay:
        bell.ring([Ring(new_id(), 1)])
        assert await relay.wait(SOON)


async def test_a_ring_that_comes_while_nobody_waits_is_kept(bell: BroadcastBell, hub: Hub) -> None:
    order = new_id()
    async with hub.listen(order) as busy, hub.listen(order) as waiting:
        bell.ring([Ring(order, 1)])
        assert await waiting.wait(SOON)
        assert await busy.wait(AT_ONCE)


async def test_however_often_it_is_rung_a_busy_listener_is_woken_once(bell: BroadcastBell, hub: Hub) -> None:
    order = new_id()
    async with hub.listen(order) as busy, hub.listen(order) as waiting:
        for sequence in (1, 2, 3):
            bell.ring([Ring(order, sequence)])
            assert await waiting.wait(SOON)
        assert await busy.wait(AT_ONCE)
        assert not await busy.wait(AT_ONCE)


async def test_rings_of_one_turn_of_the_loop_go_out_as_one_message_with_the_latest_of_each_order(
    bell: BroadcastBell,
) -> None:
    one, other = new_id(), new_id()
    async with bell.broadcast.subscribe(CHANNEL) as subscriber:
        for sequence in range(1, 1001):
            bell.ring([Ring(one, sequence), Ring(other, 2 * sequence)])
        async with asyncio.timeout(SOON):
            event = await subscriber.get()
            assert heads_in(event.message) == {one.hex: 1000, other.hex: 2000}
            bell.ring([Ring(one, 1001)])
            event = await subscriber.get()
            assert heads_in(event.message) == {one.hex: 1001}


async def test_a_late_ring_never_takes_the_place_of_a_newer_one(bell: BroadcastBell) -> None:
    order = new_id()
    async with bell.broadcast.subscribe(CHANNEL) as subscriber:
        bell.ring([Ring(order, 9), Ring(order, 8)])
        async with asyncio.timeout(SOON):
            assert heads_in((await subscriber.get()).message) == {order.hex: 9}


async def test_rings_of_thousands_of_orders_reach_each_of_them(bell: BroadcastBell, hub: Hub) -> None:
    orders = [new_id() for _ in range(2000)]
    async with hub.listen(orders[0]) as first, hub.listen(orders[-1]) as last:
        bell.ring([Ring(order, 1) for order in orders])
        assert await first.wait(SOON)
        assert await last.wait(SOON)


async def test_a_gap_wakes_everybody(bell: BroadcastBell, hub: Hub) -> None:
    async with hub.listen(new_id()) as ears, hub.listen_feed() as feed, hub.listen_to_all_orders() as relay:
        await bell.broadcast.publish(CHANNEL, GAP)
        assert await ears.wait(SOON)
        assert await feed.wait(SOON)
        assert await relay.wait(SOON)


async def test_a_message_that_nobody_understands_counts_as_a_gap(bell: BroadcastBell, hub: Hub) -> None:
    async with hub.listen(new_id()) as ears:
        await bell.broadcast.publish(CHANNEL, "ring:ring")
        assert await ears.wait(SOON)


async def test_a_subscriber_that_never_reads_costs_a_bounded_number_of_messages_and_delays_nobody(
    bell: BroadcastBell, hub: Hub
) -> None:
    order = new_id()
    async with bell.broadcast.subscribe(CHANNEL) as idle, hub.listen(order) as ears:
        for sequence in range(MOST_UNREAD + 10):
            await bell.broadcast.publish(CHANNEL, f"{order.hex}:{sequence}")
        heard = idle._queue
        async with asyncio.timeout(SOON):
            while heard.qsize() != 10:  # one gap stands for the first thousand
                assert await ears.wait(SOON)
        assert (await idle.get()).message == GAP


async def test_first_subscribers_who_come_together_are_all_subscribed(bell: BroadcastBell) -> None:
    async def hear() -> str:
        async with bell.broadcast.subscribe(CHANNEL) as subscriber:
            ready.release()
            return (await subscriber.get()).message

    ready = asyncio.Semaphore(0)
    hearing = [asyncio.create_task(hear()) for _ in range(10)]
    for _ in hearing:
        await ready.acquire()
    await bell.broadcast.publish(CHANNEL, GAP)
    assert await asyncio.wait_for(asyncio.gather(*hearing), SOON) == [GAP] * 10


async def test_a_subscriber_that_is_cancelled_leaves_the_others_subscribed(bell: BroadcastBell, hub: Hub) -> None:
    order = new_id()

    async def hear() -> None:
        async with bell.broadcast.subscribe(CHANNEL) as subscriber:
            ready.set()
            await subscriber.get()

    ready = asyncio.Event()
    hearing = asyncio.create_task(hear())
    await ready.wait()
    hearing.cancel()
    await asyncio.wait({hearing})
    async with hub.listen(order) as ears:
        bell.ring([Ring(order, 1)])
        assert await ears.wait(SOON)


async def test_a_flood_of_rings_reaches_everybody_as_a_gap(bell: BroadcastBell, hub: Hub) -> None:
    order = new_id()
    async with hub.listen(order) as ears, hub.listen_feed() as feed:
        for sequence in range(1, 50_001):
            bell.ring([Ring(new_id(), sequence)])
        bell.ring([Ring(order, 1), Ring(FEED, 1)])
        assert await ears.wait(SOON)
        assert await feed.wait(SOON)


async def test_what_was_rung_last_before_a_bell_is_closed_is_heard_elsewhere(bell_url: str, hub: Hub) -> None:
    if bell_url == "memory://":
        pytest.skip("it is heard in one process")
    order = new_id()
    async with hub.listen(order) as ears:
        async with bell_at(bell_url) as other:
            other.ring([Ring(order, 1)])
        assert await ears.wait(SOON)


async def test_a_bell_that_is_not_open_is_silent(bell_url: str) -> None:
    bell = bell_at(bell_url)
    bell.ring([Ring(new_id(), 1)])
    async with bell, Hub(bell.broadcast, poll_seconds=NEVER) as hub, hub.listen_to_all_orders() as ears:
        assert not await ears.wait(AT_ONCE)
    bell.ring([Ring(new_id(), 1)])
    assert not await ears.wait(AT_ONCE)


async def test_a_bell_and_a_hub_leave_no_task_behind(bell_url: str) -> None:
    before = asyncio.all_tasks()
    async with bell_at(bell_url) as bell, Hub(bell.broadcast, poll_seconds=NEVER) as hub, hub.listen(new_id()) as ears:
        assert len(asyncio.all_tasks()) > len(before)
        assert not await ears.wait(AT_ONCE)
    assert asyncio.all_tasks() == before


async def test_whoever_listens_when_the_hub_closes_is_told_that_nothing_will_come(bell: BroadcastBell) -> None:
    async with Hub(bell.broadcast, poll_seconds=NEVER) as hub:
        listening = hub.listen(new_id())
        ears = await listening.__aenter__()
        waiting = asyncio.create_task(ears.wait(NEVER))
    assert await asyncio.wait_for(waiting, SOON) is False
    await listening.__aexit__(None, None, None)
    assert hub.listeners == 0


def test_no_message_is_larger_than_the_smallest_broker_takes() -> None:
    messages = list(to_messages({new_id(): 2**63 - 1 for _ in range(1000)}))
    assert max(len(message) for message in messages) <= 7_900
    assert sum(len(heads_in(message) or ()) for message in messages) == 1000


def test_very_many_rings_become_one_gap() -> None:
    assert list(to_messages({new_id(): 1 for _ in range(10_000)})) == [GAP]
    assert heads_in(GAP) is None


def test_a_text_that_is_not_understood_is_a_gap() -> None:
    order = new_id().hex
    assert heads_in(f"{order}:3 {order}:4") == {order: 4}
    assert heads_in("") == {}
    for text in ("hello", order, f"{order}:", f"{order}:-1", f"{order}:3:4", f"{order[1:]}:3", f"{order}:3 {order}"):
        assert heads_in(text) is None, text
