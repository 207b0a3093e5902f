"""Two servers on one PostgreSQL: what is written through one is told at the other, by the bell, else by the poll."""

import asyncio
import json
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from server.database import open_database
from tests.builders import SUPPORT, open_shop
from tests.servers import free_port, running_postgres, running_redis
from tests.stories.serving import ServerProcess, ask, headers_of, server_process, sse

# Several servers start for each test, which takes long on a busy machine.
pytestmark = pytest.mark.timeout(300)

SOON = 30.0
NEVER = 3600
PLACE = """mutation { orderPlace(input: {channel: "web-de", lines: [{sku: "MUG", quantity: 1}]}) {
  order { id eventCursor } errors { message }
} }"""
HOLD = """mutation ($order: ID!, $reason: String!) { orderHold(input: {order: $order, kind: FRAUD, reason: $reason}) {
  errors { message }
} }"""
WATCH = """subscription ($order: ID!, $after: Cursor) { orderEvents(order: $order, after: $after) {
  ... on OrderEventMessage { event { __typename sequence } }
} }"""


@dataclass(frozen=True)
class TwoServers:
    """One is watched, the other is written to."""

    watched: str
    written: str
    client: httpx.AsyncClient

    async def hold(self, order: str, reason: str) -> None:
        held = await ask(self.client, self.written, HOLD, order=order, reason=reason)
        assert held == {"orderHold": {"errors": []}}


@asynccontextmanager
async def serving(database_url: str, folder: Path, **settings: Any) -> AsyncIterator[TwoServers]:
    async with open_database(database_url):
        await open_shop(ber={"MUG": 100})
    with (
        server_process(database_url, folder, **settings) as one,
        server_process(database_url, folder, **settings) as other,
    ):
        await asyncio.gather(asyncio.to_thread(one.start), asyncio.to_thread(other.start))
        async with httpx.AsyncClient(headers=headers_of(SUPPORT), timeout=SOON) as client:
            yield TwoServers(one.url, other.url, client)
        assert one.stop() == other.stop() == -signal.SIGTERM
        assert warnings(one) == warnings(other) == []


def warnings(server: ServerProcess) -> list[str]:
    """What it complained of, but for a bell that was away."""
    found = []
    for line in server.log.read_text().splitlines():
        said = json.loads(line) if line.startswith("{") else {"level": "error", "event": line}
        if said["level"] not in ("debug", "info") and not said["event"].startswith("bell."):
            found.append(line)
    return found


async def next_sequence(watch: AsyncIterator[dict[str, Any]]) -> int:
    async with asyncio.timeout(SOON):
        sequence: int = (await anext(watch))["orderEvents"]["event"]["sequence"]
        return sequence


async def watch_three_holds(servers: TwoServers) -> None:
    """The first event may be read before the watcher waits; the others come to somebody who waits for a ring."""
    placed = (await ask(servers.client, servers.written, PLACE))["orderPlace"]["order"]
    order, first = placed["id"], 0
    watching = sse(servers.client, servers.watched, WATCH, order=order, after=placed["eventCursor"])
    async with aclosing(cast("AsyncGenerator[dict[str, Any], None]", watching)) as watch:
        for number in range(3):
            await servers.hold(order, f"reason {number}")
            sequence = await next_sequence(watch)
            assert number == 0 or sequence == first + number
            first = first or sequence


@pytest.mark.parametrize("bell", ["postgres", "redis"])
async def test_what_is_written_through_one_server_is_told_at_the_other_by_the_bell(
    bell: str, request: pytest.FixtureRequest, postgres_database_url: str, tmp_path: Path
) -> None:
    chosen = {} if bell == "postgres" else {"bell_url": request.getfixturevalue("redis_server")}
    async with serving(postgres_database_url, tmp_path, stream_poll_seconds=NEVER, **chosen) as servers:
        await watch_three_holds(servers)


@pytest.mark.parametrize("bell", ["postgres", "redis"])
async def test_when_the_bells_server_is_gone_the_poll_tells_of_it(
    bell: str, postgres_database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    is_redis = bell == "redis"
    url = f"redis://127.0.0.1:{port}" if is_redis else f"postgresql://postgres@127.0.0.1:{port}/postgres"
    broker = running_redis(port=port) if is_redis else running_postgres(port=port)
    with broker:
        opened = serving(postgres_database_url, tmp_path, stream_poll_seconds=0.2, bell_url=url)
        servers = await opened.__aenter__()
        await watch_three_holds(servers)
    try:
        await watch_three_holds(servers)
    finally:
        await opened.__aexit__(None, None, None)
