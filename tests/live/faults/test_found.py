"""What the faults have found, each by itself."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
from websockets.asyncio.client import connect

from server.auth import TRACKING_COOKIE
from tests.live.test_sockets import PATIENCE, PROTOCOL, STREAM, Server, closed, running, send
from tests.servers import own_postgres

TRACKED = {"Authorization": "Tracking a-token"}
ASKED = "subscription ($after: String) { told(after: $after) { cursor faulty } }"


async def test_the_bearer_of_a_tracking_link_is_told_to_come_back_while_the_database_is_away() -> None:
    with own_postgres() as postgres:
        async with running(postgres.url) as server:
            await asyncio.to_thread(postgres.end, signal.SIGQUIT)
            assert await answers_of(server) == [(503, True)] * 6
            async with connect(server.ws, subprotocols=[PROTOCOL]) as ws:
                await send(ws, type="connection_init", payload=TRACKED)
                assert await closed(ws) == 1013


async def answers_of(server: Server) -> list[tuple[int, bool]]:
    """How everything that knows who asks is answered, and whether it says when to come back."""
    asked, headers = {"query": "{ whoami }"}, {**TRACKED, "Connection": "close"}
    async with httpx.AsyncClient(base_url=server.http, headers=headers, timeout=PATIENCE) as client:
        answers = [
            await client.post("/graphql", json=asked),
            await client.post("/graphql", json={"query": ASKED}, headers=STREAM),
            await client.get("/graphql/stream", params={"query": ASKED}, headers=STREAM),
            await client.get("/exports/stock-movements.csv"),
            await client.post("/uploads", content=b"sku,quantity", headers={"Content-Type": "text/csv"}),
            await client.get("/track", headers={"Cookie": f"{TRACKING_COOKIE}=a-token"}),
        ]
    return [(answer.status_code, "retry-after" in answer.headers) for answer in answers]


async def test_an_event_that_cannot_be_told_whole_has_no_id(sqlite_database_url: str) -> None:
    """While the database is away its edges are null, with errors: a client that goes on behind it has lost it."""
    async with running(sqlite_database_url) as server, httpx.AsyncClient(timeout=PATIENCE) as client:
        request = client.stream("GET", f"{server.http}/graphql/stream", params={"query": ASKED}, headers=STREAM)
        async with request as response, aclosing(response.aiter_lines()) as lines:  # type: ignore[type-var]
            told = [line async for line in of_first_event(lines)]
        assert [line.partition(":")[0] for line in told] == ["event", "data"]


async def of_first_event(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """The lines of the first event; comments are none."""
    is_event = False
    async for line in lines:
        if is_event and not line:
            return
        if line and not line.startswith(":"):
            is_event = True
            yield line
