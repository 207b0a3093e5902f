"""Whoever does not read what it is sent hurts nobody else: it is cut, and may come back for what it has missed."""

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from domain.kernel.ids import global_id
from schema.cursors import StreamKind, stream_cursor
from server.database import open_database
from server.socket_protocol import MOST_WAITING_BYTES, TRY_AGAIN_LATER
from server.transports import KERNEL_BYTES, bound, give_up
from tests.builders import SUPPORT
from tests.live.orders import happen, new_order, placed
from tests.stories.serving import ServerProcess, headers_of, server_process

pytestmark = pytest.mark.timeout(300)

SOON = 60.0
EVENTS, PAGE = 600, 40
RECEIVED_BYTES = 8_192
# Each message is some kilobytes, so that all of them are far more than any buffer on the way.
FIELDS = " ".join(f"f{n}: id g{n}: occurredAt" for n in range(14))
LARGE = f"""subscription ($order: ID!, $after: Cursor) {{ orderEvents(order: $order, after: $after) {{
  ... on OrderEventMessage {{ cursor event {{ sequence {FIELDS} }} }}
}} }}"""


@pytest.fixture(scope="module")
async def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    """A server whose database the tests write to."""
    folder = tmp_path_factory.mktemp("slow")
    url = f"sqlite://{shutil.copy(sqlite_template, folder / 'waybill.db')}"
    async with open_database(url):
        with server_process(url, folder, stream_poll_seconds=0.05) as started:
            await asyncio.to_thread(started.start)
            yield started


def slight_plug(server: ServerProcess) -> socket.socket:
    """A connection whose kernel takes little in advance."""
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVED_BYTES)
    plug.connect(("127.0.0.1", server.port))
    plug.setblocking(False)
    return plug


@asynccontextmanager
async def watching(
    server: ServerProcess, order: str, after: str | None, **options: Any
) -> AsyncIterator[ClientConnection]:
    """A socket that watches the order."""
    address = f"ws://127.0.0.1:{server.port}/graphql"
    async with connect(address, subprotocols=["graphql-transport-ws"], **options) as client:  # type: ignore[list-item]
        await client.send(json.dumps({"type": "connection_init", "payload": headers_of(SUPPORT)}))
        assert json.loads(await client.recv())["type"] == "connection_ack"
        payload = {"query": LARGE, "variables": {"order": order, "after": after}}
        await client.send(json.dumps({"id": "one", "type": "subscribe", "payload": payload}))
        yield client


async def sequences(client: ClientConnection, count: int) -> list[int]:
    found: list[int] = []
    async with asyncio.timeout(SOON):
        while len(found) < count:
            message = json.loads(await client.recv())
            assert message["type"] == "next", message
            found.append(message["payload"]["data"]["orderEvents"]["event"]["sequence"])
    return found


async def until_closed(client: ClientConnection) -> int:
    """How much was still sent."""
    read = 0
    with suppress(ConnectionClosed):
        async with asyncio.timeout(SOON):
            while True:
                read += len(await client.recv())
    return read


async def written(order: Any) -> None:
    for _ in range(EVENTS // PAGE):
        await happen(*placed(order, PAGE))


async def test_a_socket_that_does_not_read_is_cut_and_the_others_are_told_all(server: ServerProcess) -> None:
    order = await new_order()
    start = stream_cursor(StreamKind.ORDER, order, 0)
    named = global_id("order", order)
    async with (
        watching(server, named, start, sock=slight_plug(server), max_queue=1, ping_interval=None) as lazy,
        watching(server, named, start) as quick,
    ):
        await happen(*placed(order))
        assert await sequences(quick, 1) == await sequences(lazy, 1) == [1]
        writing = asyncio.create_task(written(order))
        assert await sequences(quick, EVENTS) == [*range(2, EVENTS + 2)]
        await writing
        read = await until_closed(lazy)
        assert read < MOST_WAITING_BYTES + 2 * KERNEL_BYTES + 4 * RECEIVED_BYTES + 64 * 1024
        assert (lazy.close_code, lazy.close_reason) == (TRY_AGAIN_LATER, "Too slow")
    async with watching(server, named, stream_cursor(StreamKind.ORDER, order, EVENTS - 3)) as again:
        assert await sequences(again, 4) == [*range(EVENTS - 2, EVENTS + 2)]


async def test_whoever_has_much_to_catch_up_on_is_sent_it_as_fast_as_it_reads(server: ServerProcess) -> None:
    order = await new_order()
    await written(order)
    start, named = stream_cursor(StreamKind.ORDER, order, 0), global_id("order", order)
    plug = slight_plug(server)
    async with watching(server, named, start, sock=plug, max_queue=1, ping_interval=None) as patient:
        await asyncio.sleep(1)
        assert await sequences(patient, EVENTS) == [*range(1, EVENTS + 1)]


async def test_a_stream_of_events_that_is_not_read_ends_and_the_others_are_told_all(server: ServerProcess) -> None:
    order = await new_order()
    named = global_id("order", order)
    variables = {"order": named, "after": stream_cursor(StreamKind.ORDER, order, 0)}
    body = json.dumps({"query": LARGE, "variables": variables}).encode()
    head = [f"{name}: {value}" for name, value in headers_of(SUPPORT).items()]
    head += ["Host: x", "Accept: text/event-stream", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    plug = slight_plug(server)
    reader, writer = await asyncio.open_connection(sock=plug, limit=RECEIVED_BYTES)
    writer.write("\r\n".join(["POST /graphql HTTP/1.1", *head, "", ""]).encode() + body)
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    async with watching(server, named, variables["after"]) as quick:
        writing = asyncio.create_task(written(order))
        assert await sequences(quick, EVENTS) == [*range(1, EVENTS + 1)]
        await writing
    read = 0
    with suppress(ConnectionResetError):
        async with asyncio.timeout(SOON):
            while chunk := await reader.read(RECEIVED_BYTES):
                read += len(chunk)
    writer.close()
    assert read < 2 * MOST_WAITING_BYTES + 2 * KERNEL_BYTES
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{server.url}/readyz")).status_code == 200


def test_a_connection_that_is_lost_before_it_is_bounded_is_no_fault() -> None:
    async def lose() -> asyncio.Transport:
        lost = asyncio.get_running_loop().create_future()

        class Peer(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self.transport = cast("asyncio.Transport", transport)
                self.transport.get_extra_info("socket")  # as servers do, to learn who it is
                self.transport.abort()

            def connection_lost(self, exc: Exception | None) -> None:
                lost.set_result(self.transport)

        server = await asyncio.get_running_loop().create_server(Peer, "127.0.0.1", 0)
        async with server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            transport: asyncio.Transport = await asyncio.wait_for(lost, SOON)
            writer.close()
        bound(transport)
        give_up(transport)
        return transport

    assert uvloop.run(lose()).is_closing()  # the loop that servers have: there a closed socket is a ValueError
