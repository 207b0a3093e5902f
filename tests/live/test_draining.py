"""Stopping: who listens is told at a moment of their own, nobody new is let in, and an impatient operator is obeyed."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from server.draining import FEW, Draining, moments
from server.listeners import STOPPING
from tests.live.test_sockets import (
    PATIENCE,
    PROTOCOL,
    STREAM,
    Server,
    closed,
    events,
    opened,
    received,
    running,
    send,
    subscribe,
)

pytestmark = pytest.mark.timeout(300)
REFUSAL = {"errors": [{"message": STOPPING, "extensions": {"code": "LIMIT"}}]}
WATCH = {"json": {"query": "subscription { watch }"}, "headers": STREAM}


@pytest.mark.parametrize("count", [1, 7, 10_000])
def test_every_part_of_the_time_has_its_share_of_the_endings(count: int) -> None:
    found = moments(count, 5.0)
    assert [int(moment * count / 5.0) for moment in found] == [*range(count)]
    assert max(found) < 5.0


async def told_in_order(draining: Draining, count: int, told: list[int]) -> AsyncExitStack:
    stack = AsyncExitStack()
    for n in range(count):
        stack.enter_context(draining.telling(lambda n=n: told.append(n)))  # type: ignore[misc]
    return stack


async def all_told(told: Sequence[int], count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(told) < count:  # noqa: ASYNC110  (nobody rings when a list grows)
            await asyncio.sleep(0)


async def test_many_are_told_once_each_in_an_order_that_nobody_foresees() -> None:
    draining, told = Draining(), list[int]()
    async with await told_in_order(draining, 50, told):
        assert draining.say_goodbye(0.05) == 0.05
        assert told == []
        await all_told(told, 50)
        draining.end()
    assert sorted(told) == [*range(50)]
    assert told != [*range(50)]


async def test_a_few_are_told_at_once() -> None:
    draining, told = Draining(), list[int]()
    async with await told_in_order(draining, FEW, told):
        assert draining.say_goodbye(3600) == 0
        await all_told(told, FEW)


async def test_who_has_gone_is_not_told_and_who_comes_late_at_once() -> None:
    draining, told = Draining(), list[int]()
    async with await told_in_order(draining, FEW + 1, told):
        draining.say_goodbye(3600)
    with draining.telling(lambda: told.append(99)):
        assert told == [99]
    draining.end()
    assert told == [99]


async def test_what_is_left_when_the_end_comes_is_told_then_and_not_again() -> None:
    draining, told = Draining(), list[int]()
    async with await told_in_order(draining, FEW + 1, told):
        draining.say_goodbye(3600)
        draining.end()
        assert sorted(told) == [*range(FEW + 1)]
        draining.end()
    assert len(told) == FEW + 1


@asynccontextmanager
async def sockets(server: Server, count: int) -> AsyncIterator[list[ClientConnection]]:
    """So many sockets, each with a subscription."""
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(count):
            ws = await stack.enter_async_context(opened(server))
            await subscribe(ws, "1", "subscription { watch }")
            assert (await received(ws))["type"] == "next"
            found.append(ws)
        yield found


async def test_sockets_end_one_after_the_other_nobody_new_is_let_in_and_a_second_signal_ends_all(
    sqlite_database_url: str,
) -> None:
    async with (
        running(sqlite_database_url, farewell_seconds=200) as server,
        httpx.AsyncClient(base_url=server.http, timeout=PATIENCE) as http,
        sockets(server, 100) as watching,
    ):
        server.process.send_signal(signal.SIGTERM)
        endings = [asyncio.create_task(closed(ws)) for ws in watching]
        first, still_open = await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
        assert {ending.result() for ending in first} == {1012}
        assert len(still_open) > len(first)
        assert (await http.get("/readyz")).status_code == 503
        assert (await http.post("/graphql", json={"query": "{ hello }"})).json() == {"data": {"hello": "hello you"}}
        await nobody_is_let_in(server, http)
        server.process.send_signal(signal.SIGTERM)
        assert set(await asyncio.gather(*endings)) == {1012}
        async with asyncio.timeout(PATIENCE):
            assert await server.process.wait() == -signal.SIGTERM


async def nobody_is_let_in(server: Server, http: httpx.AsyncClient) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(server.ws, subprotocols=[PROTOCOL])
    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["retry-after"] in "123"
    query = {"query": "subscription ($after: String) { resumed(after: $after) }"}
    for answer in (await http.post("/graphql", **WATCH), await http.get("/graphql/stream", params=query)):  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()) == (503, REFUSAL)
        assert answer.headers["retry-after"] in "123"


async def test_in_the_end_every_socket_was_told_1012_also_one_that_did_not_read_and_streams_did_not_complete(
    sqlite_database_url: str,
) -> None:
    async with (
        running(sqlite_database_url, farewell_seconds=8) as server,
        httpx.AsyncClient(base_url=server.http, timeout=httpx.Timeout(PATIENCE, read=60)) as http,
        sockets(server, 12) as watching,
        http.stream("POST", "/graphql", **WATCH) as stream,  # type: ignore[arg-type]
        lazy(server) as stalled,
    ):
        coming = events(stream)
        assert await anext(coming) == ("next", {"data": {"watch": "anonymous"}})
        server.process.send_signal(signal.SIGTERM)
        endings = [asyncio.create_task(closed(ws)) for ws in watching]
        await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
        endings.append(asyncio.create_task(closed(stalled)))
        assert set(await asyncio.gather(*endings)) == {1012}
        assert [event async for event in coming] == []
        async with asyncio.timeout(PATIENCE):
            assert await server.process.wait() == -signal.SIGTERM


@asynccontextmanager
async def lazy(server: Server) -> AsyncIterator[ClientConnection]:
    """A socket that is sent far more than fits on the way to it, and that does not read until it is asked to."""
    small: Any = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131_072)
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", server.port))
    async with connect(server.ws, subprotocols=[PROTOCOL], sock=small, max_queue=1) as ws:
        await send(ws, type="connection_init")
        assert await received(ws) == {"type": "connection_ack"}
        await subscribe(ws, "1", "subscription { flood }")
        assert (await received(ws))["type"] == "next"
        yield ws
