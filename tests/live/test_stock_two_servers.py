"""The feed of stock at two servers on one PostgreSQL: what one writes the other tells, over both transports."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from schema.cursors import StreamKind, stream_cursor
from tests.builders import ADMIN
from tests.live.test_two_servers import NEVER, SOON, TwoServers, serving
from tests.stories.serving import ask, headers_of, sse

# Several servers start for each test, which takes long on a busy machine.
pytestmark = pytest.mark.timeout(300)

PLACES = "{ locations(first: 3) { nodes { id } } }"
RECEIVE = """mutation ($input: StockReceiveInput!) { stockReceive(input: $input) { errors { message } } }"""
WATCH = """subscription ($after: Cursor) { stockChanged(where: {sku: {eq: "MUG"}}, after: $after) {
  ... on StockEventMessage { cursor event { ... on StockLevelChanged { available level { available } } } }
} }"""
BEGINNING: str = stream_cursor(StreamKind.STOCK, None, 0)


async def receive(servers: TwoServers, place: str, key: str) -> None:
    """One more mug, written through one server."""
    given = {"sku": "MUG", "location": place, "quantity": 1, "idempotencyKey": key}
    answer = await ask(servers.client, servers.written, RECEIVE, input=given)
    assert answer == {"stockReceive": {"errors": []}}


async def over_socket(servers: TwoServers, after: str) -> AsyncGenerator[Any, None]:
    """What the other server sends over a socket."""
    url = servers.watched.replace("http", "ws") + "/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as ws:
        await ws.send(json.dumps({"type": "connection_init", "payload": headers_of(ADMIN)}))
        assert json.loads(await ws.recv()) == {"type": "connection_ack"}
        payload = {"query": WATCH, "variables": {"after": after}}
        await ws.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        while True:
            yield json.loads(await ws.recv())["payload"]["data"]


async def next_available(watch: AsyncGenerator[Any, None]) -> tuple[int, str]:
    """How many there were at the next change, and its cursor; what changes nothing of them is passed by."""
    async with asyncio.timeout(SOON):
        async for message in watch:
            if event := message["stockChanged"]["event"]:
                return event["available"], message["stockChanged"]["cursor"]
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("bell", ["postgres", "redis"])
async def test_stock_that_is_written_through_one_server_is_told_at_the_other_and_goes_on_where_it_was_left(
    bell: str, request: pytest.FixtureRequest, postgres_database_url: str, tmp_path: Path
) -> None:
    chosen = {} if bell == "postgres" else {"bell_url": request.getfixturevalue("redis_server")}
    async with serving(postgres_database_url, tmp_path, stream_poll_seconds=NEVER, **chosen) as servers:
        servers.client.headers.update(headers_of(ADMIN))
        [place, *_] = [
            each["id"] for each in (await ask(servers.client, servers.written, PLACES))["locations"]["nodes"]
        ]
        cursor, units = BEGINNING, 100
        for transport in ("sse", "socket"):
            watching = (
                cast("AsyncGenerator[Any, None]", sse(servers.client, servers.watched, WATCH, after=cursor))
                if transport == "sse"
                else over_socket(servers, cursor)
            )
            async with aclosing(watching) as watch:
                if cursor == BEGINNING:
                    assert (await next_available(watch))[0] == units
                for n in range(3):
                    await receive(servers, place, f"{transport}-{n}")
                    units += 1
                    available, cursor = await next_available(watch)
                    assert available == units
