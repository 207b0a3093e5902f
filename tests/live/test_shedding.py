"""Load shedding: whoever would wait long is told early, nothing of theirs is done, and the others are served."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from server.bodies import Bodies
from server.database import Database
from server.shedding import BUSY, LINE_PER_PLACE, Gate, Shedding
from tests.api.client import served
from tests.api.tiny_schema import tiny_schema
from tests.live.test_sockets import PATIENCE, STREAM, Server, events, running

SOON = 20.0
NEVER = 3600.0
AT_ONCE = 0.001
REFUSAL = {"errors": [{"message": BUSY, "extensions": {"code": "LIMIT"}}]}


def bodies(seconds: float = NEVER) -> Bodies:
    return Bodies(1_000, seconds)


class Kitchen:
    """An application whose every request takes until it is told to finish."""

    def __init__(self, gate: Gate) -> None:
        self.begun = asyncio.Semaphore(0)
        self.may_end = asyncio.Semaphore(0)
        self.served: list[str] = []
        self.door = Shedding(self, gate, bodies())
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.door), base_url="http://waybill.test")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.served.append(f"{scope['path']}?{scope['query_string'].decode()}")
        if scope["path"] == "/graphql":
            self.begun.release()
            await self.may_end.acquire()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def order(self, number: int) -> "asyncio.Task[httpx.Response]":
        """A request, begun."""
        return asyncio.create_task(self.http.post(f"/graphql?{number}"))


@asynccontextmanager
async def kitchen(*, places: int, patience_seconds: float) -> AsyncIterator[tuple[Kitchen, Gate]]:
    gate = Gate(places, patience_seconds)
    opened = Kitchen(gate)
    async with asyncio.timeout(SOON), opened.http:
        yield opened, gate


async def in_line(gate: Gate, count: int) -> None:
    while gate.waiting != count:  # noqa: ASYNC110  (a gate has no bell for that)
        await asyncio.sleep(0)


async def test_so_many_are_worked_on_at_once_and_the_others_follow_in_their_order() -> None:
    async with kitchen(places=2, patience_seconds=NEVER) as (at, gate):
        orders = []
        for number in range(6):
            orders.append(at.order(number))
            await (at.begun.acquire() if number < 2 else in_line(gate, number - 1))
        assert (at.served, gate.in_flight, gate.waiting) == (["/graphql?0", "/graphql?1"], 2, 4)
        for _ in orders:
            at.may_end.release()
        assert [(await order).status_code for order in orders] == [200] * 6
        assert at.served == [f"/graphql?{number}" for number in range(6)]
        assert (gate.in_flight, gate.waiting, gate.refused) == (0, 0, 0)


async def test_whoever_would_wait_too_long_is_refused_and_not_served() -> None:
    async with kitchen(places=1, patience_seconds=AT_ONCE) as (at, gate):
        first = at.order(1)
        await at.begun.acquire()
        refused = await at.order(2)
        assert (refused.status_code, refused.json()) == (503, REFUSAL)
        assert refused.headers["retry-after"] in ("1", "2", "3")
        at.may_end.release()
        assert (await first).status_code == 200
        at.may_end.release()
        assert (await at.order(3)).status_code == 200
        assert at.served == ["/graphql?1", "/graphql?3"]
        assert (gate.in_flight, gate.waiting, gate.refused) == (0, 0, 1)


async def test_the_line_is_no_longer_than_what_can_be_remembered() -> None:
    async with kitchen(places=1, patience_seconds=NEVER) as (at, gate):
        orders = [at.order(number) for number in range(1 + LINE_PER_PLACE)]
        await in_line(gate, LINE_PER_PLACE)
        assert (await at.order(99)).status_code == 503
        for _ in orders:
            at.may_end.release()
        assert [(await order).status_code for order in orders] == [200] * len(orders)


async def test_whoever_gives_up_in_line_leaves_the_place_to_the_next() -> None:
    async with kitchen(places=1, patience_seconds=NEVER) as (at, gate):
        first = at.order(1)
        await at.begun.acquire()
        impatient, patient = at.order(2), at.order(3)
        await in_line(gate, 2)
        impatient.cancel()
        await asyncio.wait({impatient})
        at.may_end.release()
        at.may_end.release()
        assert [(await first).status_code, (await patient).status_code] == [200, 200]
        assert at.served == ["/graphql?1", "/graphql?3"]
        assert (gate.in_flight, gate.waiting) == (0, 0)


async def test_whoever_gives_up_at_the_moment_it_is_their_turn_leaves_the_place_to_the_next() -> None:
    gate = Gate(1, NEVER)
    assert await gate.enter()
    impatient, patient = asyncio.create_task(gate.enter()), asyncio.create_task(gate.enter())
    await in_line(gate, 2)
    gate.leave()
    impatient.cancel()
    assert await asyncio.wait_for(patient, SOON) is True
    await asyncio.wait({impatient})
    gate.leave()
    assert (gate.in_flight, gate.waiting) == (0, 0)


async def test_a_request_that_fails_leaves_its_place() -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("a bug")

    gate = Gate(1, NEVER)
    transport = httpx.ASGITransport(Shedding(fail, gate, bodies()), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://waybill.test") as http:
        for _ in range(3):
            with pytest.raises(RuntimeError):
                await http.post("/graphql")
    assert gate.in_flight == 0


class SlowLine:
    """A request whose body is on its way."""

    def __init__(self, app: Shedding, path: str = "/graphql") -> None:
        self.is_asked_for, self.has_come = asyncio.Event(), asyncio.Event()
        self.statuses: list[int] = []
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": []}
        self.served = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        self.is_asked_for.set()
        await self.has_come.wait()
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.statuses.append(message["status"])


async def test_whoever_is_on_a_slow_line_has_no_place_until_their_body_is_here() -> None:
    async with kitchen(places=1, patience_seconds=NEVER) as (at, gate):
        slow = SlowLine(at.door)
        await slow.is_asked_for.wait()
        at.may_end.release()
        assert (await at.order(1)).status_code == 200
        assert (slow.statuses, gate.in_flight) == ([], 0)
        slow.has_come.set()
        at.may_end.release()
        await slow.served
        assert (slow.statuses, gate.in_flight) == ([200], 0)
        assert at.served == ["/graphql?1", "/graphql?"]


async def test_those_on_slow_lines_are_no_more_than_can_be_remembered() -> None:
    async with kitchen(places=1, patience_seconds=NEVER) as (at, gate):
        slow = [SlowLine(at.door) for _ in range(LINE_PER_PLACE)]
        for each in slow:
            await each.is_asked_for.wait()
        assert (await at.order(99)).status_code == 503
        for each in slow:
            each.has_come.set()
            at.may_end.release()
            await each.served
        assert ([each.statuses for each in slow], gate.refused) == ([[200]] * LINE_PER_PLACE, 1)


@pytest.mark.parametrize("path", ["/graphql", "/track/cancel", "/track/return", "/track/link"])
async def test_a_body_that_does_not_arrive_is_not_waited_for(path: str) -> None:
    async with kitchen(places=1, patience_seconds=NEVER) as (at, gate):
        slow = SlowLine(Shedding(at, gate, bodies(seconds=AT_ONCE)), path)
        await slow.served
        assert (slow.statuses, at.served, gate.in_flight) == ([408], [], 0)


async def test_probes_and_pages_do_not_wait() -> None:
    async with kitchen(places=1, patience_seconds=NEVER) as (at, _):
        first = at.order(1)
        await at.begun.acquire()
        for path in ("/healthz", "/readyz", "/schema.graphql", "/graphiql"):
            assert (await at.http.get(path)).status_code == 200
        at.may_end.release()
        assert (await first).status_code == 200


async def handshake(gate: Gate, extensions: dict[str, Any]) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def accept(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/graphql", "extensions": extensions}
    await Shedding(accept, gate, bodies())(scope, receive, send)
    return sent


async def test_new_sockets_are_refused_while_the_line_does_not_get_empty_and_taken_again_when_it_has() -> None:
    http: dict[str, Any] = {"websocket.http.response": {}}
    async with kitchen(places=1, patience_seconds=AT_ONCE) as (at, gate):
        first = at.order(1)
        await at.begun.acquire()
        assert await handshake(gate, http) == [{"type": "websocket.accept"}]
        while not gate.is_overloaded:
            assert (await at.order(2)).status_code == 503
        start, body = await handshake(gate, http)
        assert (start["type"], start["status"]) == ("websocket.http.response.start", 503)
        assert b"retry-after" in dict(start["headers"])
        assert body["type"] == "websocket.http.response.body"
        assert await handshake(gate, {}) == [{"type": "websocket.close", "code": 1013}]
        at.may_end.release()
        assert (await first).status_code == 200
        assert await handshake(gate, http) == [{"type": "websocket.accept"}]


async def test_a_page_of_an_allowed_origin_can_read_the_refusal(sqlite_database: Database) -> None:
    origin = "https://shop.example"
    async with served(
        sqlite_database, tiny_schema(), max_in_flight=1, queue_seconds=AT_ONCE, allowed_origins=origin
    ) as client:
        assert await client.app.state.gate.enter()
        refused = await client.http.post("/graphql", json={"query": "{ hello }"}, headers={"Origin": origin})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (503, origin)
    assert refused.headers["access-control-expose-headers"] == "Retry-After"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the real server."""
    return tmp_path_factory.mktemp("server") / "waybill.db"


@pytest.fixture(scope="module")
async def server(file: Path) -> AsyncIterator[Server]:
    """A real server that works on one operation at a time, and lets the next wait for a moment."""
    async with running(f"sqlite://{file}", max_in_flight=1, queue_seconds=0.05) as started:
        yield started


async def test_a_stream_of_events_holds_no_place_once_it_has_begun(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.http, timeout=PATIENCE) as http:
        watching = {"json": {"query": "subscription { watch }"}, "headers": STREAM}
        async with http.stream("POST", "/graphql", **watching) as stream:  # type: ignore[arg-type]
            assert await anext(events(stream)) == ("next", {"data": {"watch": "anonymous"}})
            hello = await http.post("/graphql", json={"query": "{ hello }"})
            assert hello.json() == {"data": {"hello": "hello you"}}


async def test_of_a_burst_what_is_accepted_is_done_once_and_what_is_refused_not_at_all(
    server: Server, file: Path
) -> None:
    """Each client has one connection: what was refused on it is asked again on it."""
    add = {"query": "mutation { addCustomer }"}  # takes 0.3 s
    async with AsyncExitStack() as stack:
        one_each = httpx.Limits(max_connections=1)
        clients = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=server.http, timeout=PATIENCE, limits=one_each))
            for _ in range(20)
        ]
        answers = await asyncio.gather(*(client.post("/graphql", json=add) for client in clients))
        done = [answer for answer in answers if answer.status_code == 200]
        refused = [answer for answer in answers if answer.status_code == 503]
        assert len(done) + len(refused) == 20
        assert (len(done) >= 1, len(refused) >= 1) == (True, True)
        assert all(answer.json() == REFUSAL and answer.headers["retry-after"] in "123" for answer in refused)
        assert len({answer.json()["data"]["addCustomer"] for answer in done}) == len(done)
        assert (await clients[0].get("/healthz")).status_code == 200
        assert (await clients[0].get("/readyz")).status_code == 200
        for client in clients:
            again = await client.post("/graphql", json={"query": "{ hello }"})
            assert again.json() == {"data": {"hello": "hello you"}}
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (len(done),)


async def test_a_connection_on_which_something_was_refused_goes_on(server: Server) -> None:
    busy = {"query": "mutation { addCustomer }"}
    async with httpx.AsyncClient(base_url=server.http, timeout=PATIENCE) as other:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        working = asyncio.create_task(other.post("/graphql", json=busy))
        statuses: list[int] = []
        async with asyncio.timeout(SOON):
            while not (503 in statuses and statuses[-1] == 200):
                writer.write(post({"query": "{ hello }", "variables": {"long": "x" * 70_000}}))
                statuses.append(await status_of(reader))
                if working.done() and 503 not in statuses:
                    working = asyncio.create_task(other.post("/graphql", json=busy))
        assert set(statuses) == {200, 503}
        await working
        writer.close()
        await writer.wait_closed()


def post(body: Any) -> bytes:
    content = json.dumps(body).encode()
    lines = ["POST /graphql HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


async def status_of(reader: asyncio.StreamReader) -> int:
    """The status of the next response, which is read to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    [length] = [line.partition(":")[2] for line in head.splitlines() if line.lower().startswith("content-length")]
    await reader.readexactly(int(length))
    return int(head.split()[1])


async def test_tracking_pages_wait_in_line_too_and_streams_are_refused_while_it_stands(
    sqlite_database: Database,
) -> None:
    async with served(sqlite_database, tiny_schema(), max_in_flight=1, queue_seconds=AT_ONCE) as client:
        gate = client.app.state.gate
        assert await gate.enter()
        while not gate.is_overloaded:
            assert (await client.http.get("/track")).status_code == 503
        assert (await client.http.get("/graphql/stream?query=x")).status_code == 503
        gate.leave()
        assert (await client.http.get("/track")).status_code == 404
        assert (await client.http.get("/graphql/stream?query=x")).status_code == 400
