"""How many may listen: so many streams and sockets for each, so many clients in all, and every end counts."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from domain.kernel.actor import Role, staff, tracking_link
from domain.kernel.ids import new_id
from server.answers import Refused
from server.auth import NOBODY, Authenticator, Identity
from server.draining import Draining
from server.event_stream import EventStream
from server.listeners import FULL, STOPPING, Listener, Listeners, TooMany
from server.settings import Settings
from tests.api.client import SECRET
from tests.live.test_sockets import PATIENCE, STREAM, Server, closed, events, opened, received, running, send, subscribe

pytestmark = pytest.mark.timeout(300)
ANN, BOB = Identity(staff("ann", Role.SUPPORT)), Identity(staff("bob", Role.SUPPORT))
WATCH = "subscription { watch }"
RESUMED = "subscription ($after: String) { resumed(after: $after) }"


def listeners(**settings: Any) -> Listeners:
    return Listeners(Settings(**settings), Draining())


def socket_of(identity: Identity, among: Listeners) -> Listener:
    listener = among.socket()
    listener.become(identity)
    return listener


def status_of(refused: "pytest.ExceptionInfo[Refused]") -> tuple[int, str | None]:
    response = refused.value.response
    return response.status_code, response.headers.get("retry-after")


def test_streams_are_counted_for_each_actor_over_all_their_sockets_and_events() -> None:
    among = listeners(actor_streams=3)
    first, second, events_of_ann = socket_of(ANN, among), socket_of(ANN, among), among.stream(ANN)
    first.begin("1")
    second.begin("1")
    with pytest.raises(TooMany, match=r"You have 3 streams open, which is the most at once: end one, and try again\."):
        first.begin("2")
    with pytest.raises(Refused) as refused:
        among.stream(ANN)
    status, seconds = status_of(refused)
    assert (status, 5 <= int(seconds or 0) <= 15) == (429, True)
    among.stream(BOB)
    assert among.counted("staff:ann") == (2, 3)
    events_of_ann.close()
    first.begin("2")
    assert among.counted("staff:ann") == (2, 3)


def test_whatever_ends_a_stream_it_counts_no_more_and_is_counted_off_once() -> None:
    among = listeners(actor_streams=3)
    listener = socket_of(ANN, among)
    for named in ("1", "2", "3"):
        listener.begin(named)
    listener.end("1")
    listener.end("1")
    listener.end("unknown")
    assert among.counted("staff:ann") == (1, 2)
    listener.close()
    listener.close()
    listener.end("2")
    assert (among.counted("staff:ann"), len(among)) == ((0, 0), 0)


def test_a_family_shares_the_streams_of_its_link_and_another_link_of_the_order_has_its_own() -> None:
    among, order_id = listeners(link_streams=2), new_id()
    ours, theirs = (Identity(tracking_link(order_id), link_id=new_id()) for _ in range(2))
    among.stream(ours)
    socket_of(ours, among).begin("1")
    with pytest.raises(Refused):
        among.stream(ours)
    socket_of(ours, among)
    with pytest.raises(TooMany, match=r"You have 2 sockets open: close one of them\."):
        among.socket().become(ours)
    among.stream(theirs)


def test_a_socket_too_many_is_not_counted() -> None:
    among = listeners(actor_sockets=1)
    first = socket_of(ANN, among)
    second = among.socket()
    with pytest.raises(TooMany):
        second.become(ANN)
    second.close()
    assert (among.counted("staff:ann"), len(among)) == ((1, 0), 1)
    first.close()
    socket_of(ANN, among)


def test_nobody_has_no_streams_worth_counting() -> None:
    among = listeners(actor_streams=1)
    listener = socket_of(NOBODY, among)
    for n in range(9):
        listener.begin(str(n))
    listener.end("1")
    listener.close()
    assert len(among) == 0


def test_a_house_that_is_full_or_about_to_stop_lets_nobody_in() -> None:
    among = listeners(max_listeners=2)
    first, _ = among.socket(), among.stream(ANN)
    assert among.why_closed() == FULL
    with pytest.raises(Refused) as refused:
        among.stream(BOB)
    status, seconds = status_of(refused)
    assert (status, seconds in ("1", "2", "3")) == (503, True)
    first.close()
    assert among.why_closed() is None
    among.draining.begin()
    assert among.why_closed() is None
    among.draining.end()
    assert among.why_closed() == STOPPING


async def test_a_stream_whose_client_does_not_read_ends_and_makes_room() -> None:
    async def endless() -> AsyncIterator[str]:
        try:
            while True:
                yield "data: much"
        finally:
            ended.append("closed")

    async def stalled(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def silent() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    among, ended = listeners(), list[str]()
    stream = EventStream(endless(), among.stream(ANN), among.draining, {}, patience_seconds=0.01)
    async with asyncio.timeout(PATIENCE):
        await stream({"type": "http"}, silent, stalled)
    assert (ended, among.counted("staff:ann"), len(among)) == (["closed"], (0, 0), 0)


@pytest.fixture(scope="module")
async def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    file = shutil.copy(sqlite_template, tmp_path_factory.mktemp("server") / "waybill.db")
    limits = {"actor_streams": 2, "actor_sockets": 3, "max_listeners": 6}
    async with running(f"sqlite://{file}", **limits) as started:
        yield started


def bearer(name: str, expires_in: timedelta = timedelta(hours=1)) -> dict[str, str]:
    token = Authenticator(SECRET).issue(staff(name, Role.SUPPORT), expires_in=expires_in)
    return {"Authorization": f"Bearer {token}"}


async def watched(ws: ClientConnection, named: str, query: str = WATCH) -> dict[str, Any]:
    """What the server says first about a new operation."""
    await subscribe(ws, named, query)
    answer: dict[str, Any] = await received(ws)
    assert answer["id"] == named
    return answer


async def admitted(begin: Callable[[], Awaitable[bool]]) -> None:
    """Until it is let in: a server notices an end when it comes to it."""
    async with asyncio.timeout(PATIENCE):
        while not await begin():
            pass


async def test_one_operation_too_many_is_refused_and_the_socket_goes_on(server: Server) -> None:
    async with opened(server, bearer("ann")) as ws, opened(server, bearer("ann")) as other:
        assert (await watched(ws, "1"))["type"] == "next"
        assert (await watched(other, "1"))["type"] == "next"
        refused = await watched(ws, "2")
        [error] = refused["payload"]
        assert (refused["type"], error["extensions"]["code"]) == ("error", "LIMIT")
        assert 5 <= error["extensions"]["retryAfter"] <= 15
        await send(ws, id="1", type="complete")
        assert (await watched(ws, "2"))["type"] == "next"


async def test_what_completes_or_fails_or_is_left_by_its_client_makes_room(server: Server) -> None:
    whole = "subscription { count(to: 1) }"
    async with opened(server, bearer("bea")) as ws:
        assert (await watched(ws, "watch"))["type"] == "next"
        for named, query in (("1", whole), ("2", "{ unknown }"), ("3", "{ hello"), ("4", whole)):
            answer = await watched(ws, named, query)
            assert answer["type"] == "next" or answer["payload"][0]["extensions"]["code"] == "BAD_REQUEST"
            if answer["type"] == "next":
                assert (await received(ws))["type"] == "complete"
        lost = await watched(ws, "lost")
        assert lost["type"] == "next"
    async with opened(server, bearer("bea")) as ws:

        async def begin() -> bool:
            return (await watched(ws, "again"))["type"] == "next"

        await admitted(begin)


async def test_events_are_counted_too_and_one_stream_too_many_is_answered_429(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.http, timeout=PATIENCE, headers=bearer("cat")) as http:

        async def asked() -> list[httpx.Response]:
            by_post = await http.post("/graphql", json={"query": "{ hello }"}, headers=STREAM)
            return [by_post, await http.get("/graphql/stream", params={"query": RESUMED})]

        post = http.stream("POST", "/graphql", json={"query": WATCH}, headers=STREAM)
        source = http.stream("GET", "/graphql/stream", params={"query": RESUMED})
        async with post as first, source as second:
            coming = [events(first), events(second)]  # kept, for whoever lets go of them closes the response
            assert [(await anext(each))[0] for each in coming] == ["next", "next"]
            for answer in await asked():
                assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (429, {"code": "LIMIT"})
                assert 5 <= int(answer.headers["retry-after"]) <= 15
            assert (await http.post("/graphql", json={"query": "{ hello }"})).status_code == 200

        async def begin() -> bool:
            return (await http.post("/graphql", json={"query": "{ hello }"}, headers=STREAM)).status_code == 200

        await admitted(begin)


async def test_streams_that_are_refused_do_not_count(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.http, timeout=PATIENCE, headers=bearer("eva")) as http:
        for _ in range(5):
            assert (await http.get("/graphql/stream", params={"query": "subscription { nope }"})).status_code == 400
            parts = await http.post("/graphql", json={"query": WATCH}, headers={"Accept": "multipart/mixed"})
            assert parts.status_code == 400
        async with http.stream("POST", "/graphql", json={"query": WATCH}, headers=STREAM) as stream:
            assert await anext(events(stream)) == ("next", {"data": {"watch": "staff:eva"}})


async def test_a_stream_that_ends_with_its_credentials_makes_room(server: Server) -> None:
    # Ten seconds of leeway: a token that has just expired is taken, and ends what it opened at once.
    over = bearer("dan", timedelta(seconds=-1))
    async with httpx.AsyncClient(base_url=server.http, timeout=PATIENCE) as http:
        for _ in range(4):
            async with http.stream("POST", "/graphql", json={"query": WATCH}, headers=STREAM | over) as stream:
                assert stream.status_code == 200
                assert [event async for event in events(stream) if event[0] == "complete"] == []
            async with opened(server, over) as ws:
                assert await closed(ws) == 4403


async def test_a_socket_too_many_is_told_to_come_back_later(server: Server) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(opened(server, bearer("fay")))
        ws = await stack.enter_async_context(connect(server.ws, subprotocols=["graphql-transport-ws"]))  # type: ignore[list-item]
        await send(ws, type="connection_init", payload=bearer("fay"))
        assert (await closed(ws), ws.close_reason) == (1013, "You have 3 sockets open: close one of them.")


async def test_a_handshake_that_finds_no_room_is_answered_503_until_somebody_leaves(server: Server) -> None:
    async with AsyncExitStack() as stack:
        held = 0
        while await room_for_one_more(server, stack):
            held += 1
        assert 0 < held <= 6
        with pytest.raises(InvalidStatus) as refused:
            await connect(server.ws)
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["retry-after"] in "123"
    async with AsyncExitStack() as stack:
        await admitted(lambda: room_for_one_more(server, stack))


async def room_for_one_more(server: Server, stack: AsyncExitStack) -> bool:
    try:
        await stack.enter_async_context(opened(server))
    except InvalidStatus:
        return False
    return True
