"""A real server, sockets and streams: what clients are told, and what becomes of them when it stops."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from gql import Client as GqlClient
from gql import gql
from gql.transport.websockets import WebsocketsTransport
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from domain.kernel.actor import Role, staff
from server.auth import Authenticator
from tests.api.client import SECRET
from tests.api.tiny_schema import SECRET_OF_A_BUG

PROTOCOL = Subprotocol("graphql-transport-ws")
PATIENCE = 60
STREAM = {"Accept": "text/event-stream"}


@dataclass(frozen=True)
class Server:
    """A server process, and how to reach it."""

    process: Process
    port: int

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"


@asynccontextmanager
async def running(database_url: str, **settings: Any) -> AsyncIterator[Server]:
    """A server with these settings; killed afterwards if it still runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    chosen = {"database_url": database_url, "secret": SECRET, "port": port, "log_format": "json", **settings}
    environment = os.environ | {f"WAYBILL_{name.upper()}": str(value) for name, value in chosen.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.live.tiny_server", env=environment, stderr=PIPE
    )
    assert process.stderr is not None
    seen = b""
    try:
        async with asyncio.timeout(PATIENCE):
            while b"server.started" not in (line := await process.stderr.readline()):
                assert line, seen.decode()
                seen += line
        drained = asyncio.create_task(process.stderr.read())
        await connected(port)
        yield Server(process, port)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await drained


async def connected(port: int) -> None:
    """It listens a moment after it says that it has started."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                continue
            writer.close()
            await writer.wait_closed()
            return


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    async with running(
        f"sqlite://{folder / 'waybill.db'}",
        socket_init_seconds=1,
        socket_operations=3,
        deadline_seconds=0.5,
        allowed_origins="https://shop.example",
    ) as started:
        yield started


def token(expires_in: timedelta = timedelta(hours=1)) -> str:
    return Authenticator(SECRET).issue(staff("ann", Role.SUPPORT), expires_in=expires_in)


@asynccontextmanager
async def opened(server: Server, payload: Any = None, **options: Any) -> AsyncIterator[ClientConnection]:
    """A socket that has been acknowledged."""
    async with connect(server.ws, subprotocols=[PROTOCOL], **options) as ws:
        await send(ws, type="connection_init", **({"payload": payload} if payload is not None else {}))
        assert await received(ws) == {"type": "connection_ack"}
        yield ws


async def send(ws: ClientConnection, **message: Any) -> None:
    await ws.send(json.dumps(message))


async def subscribe(ws: ClientConnection, named: str, query: str, **more: Any) -> None:
    await send(ws, id=named, type="subscribe", payload={"query": query, **more})


async def received(ws: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE):
        return json.loads(await ws.recv())


async def closed(ws: ClientConnection) -> int:
    """The code that the server closes with."""
    async with asyncio.timeout(PATIENCE):
        try:
            while True:
                await ws.recv()
        except ConnectionClosed:
            pass
    assert ws.close_code is not None
    return ws.close_code


async def test_a_client_library_subscribes_with_its_token(server: Server) -> None:
    transport = WebsocketsTransport(server.ws, init_payload={"Authorization": f"Bearer {token()}"})
    async with GqlClient(transport=transport) as session:
        assert await session.execute(gql("{ whoami }")) == {"whoami": "staff:ann"}
        counted = [each async for each in session.subscribe(gql("subscription { count(to: 3) }"))]
    assert counted == [{"count": 1}, {"count": 2}, {"count": 3}]


@pytest.mark.parametrize("payload", [None, {}, {"Authorization": ""}])
async def test_without_credentials_a_socket_is_nobodys(server: Server, payload: Any) -> None:
    async with opened(server, payload) as ws:
        await subscribe(ws, "1", "{ whoami }")
        assert await received(ws) == {"id": "1", "type": "next", "payload": {"data": {"whoami": "anonymous"}}}
        assert await received(ws) == {"id": "1", "type": "complete"}
        await subscribe(ws, "2", "subscription { ordersWatched }")
        refused = await received(ws)
    assert refused["payload"]["data"] is None
    assert [error["extensions"] for error in refused["payload"]["errors"]] == [{"code": "UNAUTHENTICATED"}]


@pytest.mark.parametrize(
    "payload", [{"Authorization": "Bearer x"}, {"authorization": "Tracking unknown"}, {"Authorization": 1}]
)
async def test_bad_credentials_close_the_socket_with_4403(server: Server, payload: Any) -> None:
    async with connect(server.ws, subprotocols=[PROTOCOL]) as ws:
        await send(ws, type="connection_init", payload=payload)
        assert await closed(ws) == 4403


async def test_a_socket_is_closed_when_its_credentials_expire(server: Server) -> None:
    # Ten seconds of leeway are for clocks that differ: a token is taken so long after its end, and then not kept.
    async with opened(server, {"Authorization": f"Bearer {token(timedelta(seconds=-1))}"}) as ws:
        assert await closed(ws) == 4403


async def test_a_request_whose_body_does_not_arrive_is_not_waited_for(server: Server) -> None:
    """Its line may be dead: it would be waited for as long as that is open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{")
    async with asyncio.timeout(PATIENCE):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")  # to the end: the server closes
    assert head.startswith(b"HTTP/1.1 408 ")
    message = "The body did not arrive in 0.5 seconds."
    assert json.loads(body) == {"errors": [{"message": message, "extensions": {"code": "TIMEOUT"}}]}
    writer.close()
    await writer.wait_closed()


async def test_a_socket_that_says_nothing_is_closed_with_4408(server: Server) -> None:
    async with connect(server.ws, subprotocols=[PROTOCOL]) as ws:
        assert await closed(ws) == 4408


async def test_a_socket_of_another_protocol_is_closed_with_4406(server: Server) -> None:
    async with connect(server.ws, subprotocols=[Subprotocol("graphql-ws")]) as ws:
        assert await closed(ws) == 4406


async def test_an_operation_before_connection_init_closes_the_socket_with_4401(server: Server) -> None:
    async with connect(server.ws, subprotocols=[PROTOCOL]) as ws:
        await subscribe(ws, "1", "{ hello }")
        assert await closed(ws) == 4401


@pytest.mark.parametrize(
    "message",
    [
        "[1]",
        "1",
        "null",
        "{",
        "[" * 60_000,
        "{}",
        '{"type": 1}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ hello }"}}',
        '{"type": "subscribe", "id": "1", "payload": [1]}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "variables": [1]}}',
        '{"type": "complete"}',
        b"{}",
    ],
)
async def test_a_message_that_is_none_closes_the_socket_with_4400(server: Server, message: str | bytes) -> None:
    async with opened(server) as ws:
        await ws.send(message)
        assert await closed(ws) == 4400


async def test_a_message_of_more_than_64_kb_closes_the_socket_with_1009(server: Server) -> None:
    async with opened(server) as ws:
        await ws.send(" " * 65_537)
        assert await closed(ws) == 1009


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ hello", "BAD_REQUEST"),
        ("", "BAD_REQUEST"),
        ("{ unknown }", "BAD_REQUEST"),
        ("{ item " + "{ parent " * 12 + "{ name }" + " }" * 13, "LIMIT"),
    ],
)
async def test_an_operation_that_cannot_be_is_refused_and_its_siblings_go_on(
    server: Server, query: str, code: str
) -> None:
    async with opened(server) as ws:
        await subscribe(ws, "watch", "subscription { watch }")
        assert (await received(ws))["id"] == "watch"
        for _ in range(2):
            await subscribe(ws, "bad", query)
            refused = await received(ws)
            assert (refused["id"], refused["type"]) == ("bad", "error")
            assert [error["extensions"]["code"] for error in refused["payload"]] == [code]
        await subscribe(ws, "good", "{ hello }")
        assert (await received(ws))["payload"] == {"data": {"hello": "hello you"}}


async def test_a_query_on_a_socket_has_a_deadline_and_a_subscription_has_none(server: Server) -> None:
    async with opened(server) as ws:
        await subscribe(ws, "watch", "subscription { watch }")
        assert (await received(ws))["type"] == "next"
        await subscribe(ws, "slow", "{ endless }")
        late = await received(ws)
        assert (late["id"], late["payload"][0]["extensions"]) == ("slow", {"code": "TIMEOUT"})
        await subscribe(ws, "watch", "subscription { watch }")
        assert await closed(ws) == 4409  # it is still there


async def test_a_bug_in_a_stream_is_masked(server: Server) -> None:
    async with opened(server) as ws:
        await subscribe(ws, "1", "subscription { faulty }")
        assert (await received(ws))["payload"] == {"data": {"faulty": 1}}
        failed = await received(ws)
    [error] = failed["payload"]["errors"]
    assert error["message"] == f"Something went wrong on our side. Reference {error['extensions']['reference']}"
    assert SECRET_OF_A_BUG not in json.dumps(failed)


async def test_a_socket_has_so_many_operations_and_no_more_until_one_completes(server: Server) -> None:
    async with opened(server) as ws:
        for n in range(3):
            await subscribe(ws, str(n), "subscription { watch }")
            assert (await received(ws))["id"] == str(n)
        await subscribe(ws, "3", "subscription { watch }")
        refused = await received(ws)
        assert (refused["id"], refused["payload"][0]["extensions"]) == ("3", {"code": "LIMIT"})
        await send(ws, id="0", type="complete")
        await subscribe(ws, "3", "subscription { watch }")
        assert (await received(ws))["type"] == "next"


async def test_a_ping_of_the_client_is_answered_before_and_after_it_has_said_who_it_is(server: Server) -> None:
    async with connect(server.ws, subprotocols=[PROTOCOL]) as ws:
        await send(ws, type="ping")
        assert await received(ws) == {"type": "pong"}
        await send(ws, type="connection_init")
        assert await received(ws) == {"type": "connection_ack"}
        await send(ws, type="ping", payload={"sentAt": 1})
        assert await received(ws) == {"type": "pong"}
        await send(ws, type="pong")  # not asked for, and no harm
        await subscribe(ws, "1", "{ hello }")
        assert (await received(ws))["type"] == "next"


@pytest.mark.parametrize("origin", ["https://shop.example", None])
async def test_a_page_of_an_allowed_origin_may_open_a_socket(server: Server, origin: Any) -> None:
    async with opened(server, origin=origin) as ws:
        await subscribe(ws, "1", "{ hello }")
        assert (await received(ws))["type"] == "next"


async def test_a_page_of_the_server_itself_may_open_a_socket(server: Server) -> None:
    origin: Any = server.http
    async with opened(server, origin=origin):
        pass


async def test_a_page_of_another_origin_may_not_open_a_socket(server: Server) -> None:
    origin: Any = "https://evil.example"
    with pytest.raises(InvalidStatus) as refused:
        await connect(server.ws, subprotocols=[PROTOCOL], origin=origin)
    assert refused.value.response.status_code == 403


async def events(response: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """The events of a stream: name and data."""
    name = ""
    async for line in response.aiter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field in ("data", "data:"):
            yield name, json.loads(value) if value else None


async def test_a_subscription_is_served_as_events_to_who_asks_for_them(server: Server) -> None:
    request = {"query": "subscription { count(to: 2) }"}
    async with httpx.AsyncClient() as http:
        async with http.stream("POST", server.http + "/graphql", json=request, headers=STREAM) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            assert [event async for event in events(response)] == [
                ("next", {"data": {"count": 1}}),
                ("next", {"data": {"count": 2}}),
                ("complete", None),
            ]
        denied = {"query": "subscription { ordersWatched }"}
        async with http.stream("POST", server.http + "/graphql", json=denied, headers=STREAM) as response:
            [(_, refused), _] = [event async for event in events(response)]
    assert refused["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_a_server_that_is_told_to_stop_finishes_mutations_and_ends_sockets_and_streams(
    sqlite_database_url: str,
) -> None:
    async with (
        running(sqlite_database_url, deadline_seconds=30) as server,
        httpx.AsyncClient(base_url=server.http, timeout=PATIENCE) as http,
        opened(server) as ws,
    ):
        await subscribe(ws, "begun", "subscription { begun }")
        assert (await received(ws))["payload"] == {"data": {"begun": False}}
        streaming = {"json": {"query": "subscription { watch }"}, "headers": STREAM}
        async with http.stream("POST", "/graphql", **streaming) as stream:  # type: ignore[arg-type]
            coming = events(stream)
            assert await anext(coming) == ("next", {"data": {"watch": "anonymous"}})
            mutation = asyncio.create_task(http.post("/graphql", json={"query": "mutation { finish }"}))
            assert (await received(ws))["payload"] == {"data": {"begun": True}}
            server.process.send_signal(signal.SIGTERM)
            assert (await mutation).json() == {"data": {"finish": "finished"}}
            assert await closed(ws) == 1012
            assert [event async for event in coming] == []
        async with asyncio.timeout(PATIENCE):
            assert await server.process.wait() == -signal.SIGTERM


async def test_a_server_that_drains_is_not_ready_and_still_serves(sqlite_database_url: str) -> None:
    async with (
        running(sqlite_database_url, drain_seconds=60) as server,
        httpx.AsyncClient(base_url=server.http, timeout=PATIENCE) as http,
        opened(server) as ws,
    ):
        assert (await http.get("/readyz")).status_code == 200
        server.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            while (await http.get("/readyz")).status_code != 503:
                pass
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.post("/graphql", json={"query": "{ hello }"})).json() == {"data": {"hello": "hello you"}}
        server.process.send_signal(signal.SIGTERM)  # a second time: at once
        assert await closed(ws) == 1012
        async with asyncio.timeout(PATIENCE):
            assert await server.process.wait() == -signal.SIGTERM


async def test_a_client_that_leaves_its_stream_ends_the_operation(sqlite_database_url: str) -> None:
    async with running(sqlite_database_url) as server, httpx.AsyncClient(base_url=server.http) as http:
        for _ in range(2):
            streaming = {"json": {"query": "subscription { watchers }"}, "headers": STREAM}
            async with http.stream("POST", "/graphql", **streaming) as stream:  # type: ignore[arg-type]
                assert await anext(events(stream)) == ("next", {"data": {"watchers": 1}})
            async with asyncio.timeout(PATIENCE):
                while (await http.post("/graphql", json={"query": "{ watchers }"})).json() != {"data": {"watchers": 0}}:
                    pass
