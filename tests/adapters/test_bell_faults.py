"""Shared bells and what becomes of their connections: everybody looks at the log when they are back."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from adapters.bell.by_url import bell_at
from adapters.bell.hub import Hub
from adapters.bell.ringing import BroadcastBell
from domain.kernel.bell import Ring
from domain.kernel.ids import new_id
from tests.live.watching import logged
from tests.servers import free_port, running_postgres, running_redis

ROOT = Path(__file__).parents[2]
SOON = 30.0
NEVER = 3600.0
AT_ONCE = 0.0


async def cut_redis(url: str, *kinds: str) -> None:
    """Cut connections of these kinds: `pubsub` of those who listen, `normal` of those who ring."""
    client = Redis.from_url(url)
    try:
        for kind in kinds:
            await client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
    finally:
        await client.aclose()


async def cut_postgres(url: str, *kinds: str) -> None:
    """The same; which session is which is told by its last statement."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'waybill-bell'"
            " AND CASE WHEN query ILIKE 'LISTEN%' THEN 'pubsub' ELSE 'normal' END = ANY($1)",
            list(kinds),
        )
    finally:
        await connection.close()


CUT: dict[str, Callable[..., Awaitable[None]]] = {"redis": cut_redis, "postgres": cut_postgres}


@pytest.fixture(params=[*CUT])
def broker(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def bell_url(request: pytest.FixtureRequest, broker: str) -> str:
    url: str = request.getfixturevalue(f"{broker}_server")
    return url


@asynccontextmanager
async def ringing(url: str) -> AsyncIterator[tuple[BroadcastBell, Hub]]:
    """A bell, and a hub whose poll never comes."""
    async with bell_at(url) as bell, Hub(bell.broadcast, poll_seconds=NEVER) as hub:
        yield bell, hub


def address(broker: str, port: int) -> str:
    return f"redis://127.0.0.1:{port}" if broker == "redis" else f"postgresql://postgres@127.0.0.1:{port}/postgres"


def running(broker: str, port: int) -> AbstractContextManager[str]:
    return running_redis(port=port) if broker == "redis" else running_postgres(port=port)


async def test_a_ring_of_another_process_is_heard(bell_url: str) -> None:
    order = new_id()
    async with ringing(bell_url) as (_, hub), hub.listen(order) as ears, hub.listen(new_id()) as deaf:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.adapters.ring_elsewhere", bell_url, str(order), cwd=ROOT
        )
        assert await ears.wait(SOON)
        assert await asyncio.wait_for(process.wait(), SOON) == 0
        assert not await deaf.wait(AT_ONCE)


async def test_when_the_connection_that_listens_was_cut_everybody_is_rung_for(broker: str, bell_url: str) -> None:
    order = new_id()
    async with ringing(bell_url) as (bell, hub), hub.listen(order) as ears, hub.listen_feed() as feed:
        for sequence in (1, 2, 3):
            await CUT[broker](bell_url, "pubsub")
            assert await ears.wait(SOON)
            assert await feed.wait(SOON)
            bell.ring([Ring(order, sequence)])
            assert await ears.wait(SOON)
            assert not await feed.wait(AT_ONCE)


async def test_when_the_connection_that_rings_was_cut_the_next_ring_is_heard_all_the_same(
    broker: str, bell_url: str
) -> None:
    order = new_id()
    async with ringing(bell_url) as (bell, hub), hub.listen(order) as ears:
        for sequence in (1, 2, 3):
            bell.ring([Ring(order, sequence)])
            assert await ears.wait(SOON)
            await CUT[broker](bell_url, "normal")
        assert not await ears.wait(AT_ONCE)


async def test_rings_while_the_server_is_away_disturb_nobody_and_are_made_good_when_it_is_back(broker: str) -> None:
    port, order = free_port(), new_id()
    first, second = running(broker, port), running(broker, port)
    await asyncio.to_thread(first.__enter__)
    async with ringing(address(broker, port)) as (bell, hub), hub.listen(order) as ears, hub.listen_feed() as feed:
        bell.ring([Ring(order, 1)])
        assert await ears.wait(SOON)
        with logged("adapters.bell.ringing", "bell.rings_delayed") as delayed:
            with logged("adapters.bell.listening", "bell.away") as away:
                await asyncio.to_thread(first.__exit__, None, None, None)
                await asyncio.wait_for(away.wait(), SOON)
            for sequence in range(2, 1000):
                bell.ring([Ring(order, sequence)])
            await asyncio.wait_for(delayed.wait(), SOON)
        assert not await feed.wait(AT_ONCE)
        await asyncio.to_thread(second.__enter__)
        try:
            assert await feed.wait(SOON)  # the gap
            assert await ears.wait(SOON)
            await rung_until_heard(bell, hub)
        finally:
            await asyncio.to_thread(second.__exit__, None, None, None)


async def test_a_bell_whose_server_is_away_opens_and_is_heard_when_it_comes(broker: str) -> None:
    port = free_port()
    server = running(broker, port)
    async with ringing(address(broker, port)) as (bell, hub), hub.listen_feed() as feed:
        assert not await feed.wait(AT_ONCE)
        await asyncio.to_thread(server.__enter__)
        try:
            assert await feed.wait(SOON)
            await rung_until_heard(bell, hub)
        finally:
            await asyncio.to_thread(server.__exit__, None, None, None)


async def rung_until_heard(bell: BroadcastBell, hub: Hub) -> None:
    """A ring for one order, which another does not hear."""
    order = new_id()
    async with hub.listen(order) as ears:
        bell.ring([Ring(order, 1)])
        assert await ears.wait(SOON)


@asynccontextmanager
async def black_hole() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A port where everything is accepted and nothing answered; the event says that somebody has come."""
    somebody, writers = asyncio.Event(), []

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        somebody.set()
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    async with await asyncio.start_server(swallow, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], somebody
        for writer in writers:
            writer.close()


async def test_a_bell_can_be_given_up_while_it_is_connecting(broker: str) -> None:
    before = asyncio.all_tasks()
    async with black_hole() as (port, somebody):
        bell = bell_at(address(broker, port))
        opening = asyncio.create_task(bell.__aenter__())
        await somebody.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(opening, SOON)
        left = {task for task in asyncio.all_tasks() - before if "swallow" not in repr(task)}
        assert left == set()


async def test_a_bell_whose_server_does_not_answer_opens_and_closes(broker: str) -> None:
    before = asyncio.all_tasks()
    async with black_hole() as (port, _):
        async with asyncio.timeout(SOON), ringing(address(broker, port)) as (bell, hub), hub.listen_feed() as feed:
            bell.ring([Ring(new_id(), 1)])
            assert not await feed.wait(AT_ONCE)
        left = {task for task in asyncio.all_tasks() - before if "swallow" not in repr(task)}
        assert left == set()
