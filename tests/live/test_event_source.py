"""`GET /graphql/stream` over real sockets: what an EventSource is sent, how it goes on, and what it is refused."""

import asyncio
import json
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.kernel.models import LogRow
from domain.orders.lifecycle import OrderStatus
from domain.shipping.lifecycle import TrackingStatus
from domain.tracking.models import TrackingLinkRow
from schema.cursors import StreamKind, stream_cursor
from server.database import open_database
from tests.builders import SUPPORT
from tests.domain import shop
from tests.stories.serving import ServerProcess, headers_of, server_process
from tests.tracked import WATCH, Sale, seen, sold_again

pytestmark = pytest.mark.timeout(300)
PATIENCE = httpx.Timeout(20.0, read=60.0)
ORIGIN = "https://shop.example"
FEED = "subscription ($a: Cursor) { ordersChanged(after: $a) { ... on OrderEventMessage { cursor } } }"


@pytest.fixture(scope="module")
async def shop_url(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The database of a shop that the tests write to while servers serve it."""
    url = f"sqlite://{shutil.copy(sqlite_template, tmp_path_factory.mktemp('streams') / 'waybill.db')}"
    async with open_database(url):
        await shop.open_shop({"MUG": (900, 900)})
        yield url


@pytest.fixture(scope="module")
async def server(shop_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    """The server of most tests: starting one takes long."""
    settings = {"socket_ping_seconds": 0.2, "allowed_origins": ORIGIN}
    async with serving(shop_url, tmp_path_factory.mktemp("server"), **settings) as started:
        yield started


@asynccontextmanager
async def serving(url: str, folder: Path, **settings: Any) -> AsyncIterator[ServerProcess]:
    with server_process(url, folder, stream_poll_seconds=0.05, **settings) as server:
        await asyncio.to_thread(server.start)
        yield server


@asynccontextmanager
async def streaming(
    server: ServerProcess, query: str = WATCH, *, cookies: dict[str, str] | None = None, **asked: Any
) -> AsyncIterator[httpx.Response]:
    """The answer to an EventSource; what it asks by headers is `headers`."""
    headers = {"Accept": "text/event-stream"} | asked.pop("headers", {})
    parameters = {"query": query} | {
        name: each if isinstance(each, str) else json.dumps(each) for name, each in asked.items()
    }
    async with httpx.AsyncClient(timeout=PATIENCE, cookies=cookies) as client:
        request = client.stream("GET", f"{server.url}/graphql/stream", params=parameters, headers=headers)
        async with request as response:
            yield response


async def events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """Each event with its fields, as the standard for EventSource reads them; a comment is `{}`."""
    fields: dict[str, Any] = {}
    async for line in response.aiter_lines():
        if not line:
            yield fields
            fields = {}
        name, _, value = line.partition(":")
        if name:
            fields[name] = value.removeprefix(" ")


async def told(response: httpx.Response, count: int) -> list[tuple[str, str]]:
    """The ids and the kinds of the next events."""
    found = []
    async with aclosing(events(response)) as stream:  # type: ignore[type-var]
        async for event in stream:
            if event:
                assert set(event) == {"id", "event", "data"}
                assert event["event"] == "next"
                found.append((event["id"], json.loads(event["data"])["data"]["trackingEvents"]["event"]["kind"]))
            if len(found) == count:
                break
    return found


def cursor(sale: Sale, sequence: int) -> str:
    return stream_cursor(StreamKind.TRACKING, sale.order_id, sequence)


async def journey(sale: Sale) -> list[tuple[str, str]]:
    """What has happened so far that the link may see, with the ids that the events have."""
    rows = await LogRow.filter(order_id=sale.order_id).order_by("sequence")
    names = {"OrderPlaced": "ORDER_PLACED", "OrderConfirmed": "ORDER_CONFIRMED", "ShipmentPacked": "SHIPMENT_PACKED"}
    names |= {"ShipmentShipped": "SHIPMENT_SHIPPED", "ParcelScanned": "PARCEL_SCANNED"}
    return [(cursor(sale, row.sequence), names[row.type]) for row in rows if row.type in names]


async def refusal(server: ServerProcess, query: str = WATCH, **asked: Any) -> tuple[int, str]:
    """The status and the code of what is refused before it is a stream."""
    async with streaming(server, query, **asked) as response:
        body = json.loads(await response.aread())
        return response.status_code, body["errors"][0]["extensions"]["code"]


async def test_each_message_has_its_cursor_for_an_id_and_the_last_one_is_gone_on_from(
    server: ServerProcess,
) -> None:
    sale = await sold_again()
    await shop.ship(sale.order_id)
    known = await journey(sale)
    async with streaming(server, headers=sale.credentials, variables={"after": cursor(sale, 0)}) as response:
        assert response.headers["content-type"] == "text/event-stream"
        assert await told(response, len(known)) == known
    resumed = {**sale.credentials, "Last-Event-ID": known[1][0]}
    async with streaming(server, headers=resumed, variables={"after": cursor(sale, 0)}) as response:
        assert await told(response, len(known) - 2) == known[2:]
    async with streaming(server, headers=sale.credentials, lastEventId=known[-2][0]) as response:
        assert await told(response, 1) == known[-1:]


async def test_the_cookie_of_a_link_is_enough_and_what_happens_is_told_as_it_happens(server: ServerProcess) -> None:
    sale = await sold_again()
    cookies = {"waybill_tracking": sale.token}
    async with streaming(server, cookies=cookies) as response:
        heard = events(response)
        assert await anext(heard) == {}, "a comment at once, so that the page knows that it is heard"
        await shop.ship(sale.order_id)
        async for event in heard:
            if event:
                break
        assert json.loads(event["data"])["data"]["trackingEvents"]["event"]["kind"] == "SHIPMENT_PACKED"


async def test_the_cookie_opens_nothing_but_pages_and_streams(server: ServerProcess) -> None:
    sale = await sold_again()
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        cookie = {"Cookie": f"waybill_tracking={sale.token}"}
        body = {"query": "{ tracking { number } }"}
        answer = await client.post(f"{server.url}/graphql", json=body, headers=cookie)
        assert answer.json()["data"] == {"tracking": None}


async def test_a_server_that_was_killed_is_gone_on_with_without_a_gap(shop_url: str, tmp_path: Path) -> None:
    sale = await sold_again()
    async with serving(shop_url, tmp_path) as server:
        async with streaming(server, headers=sale.credentials, variables={"after": cursor(sale, 0)}) as response:
            before = await told(response, 2)
            server.kill()
        await shop.ship(sale.order_id)
        await seen(sale.order_id, TrackingStatus.IN_TRANSIT, "Croydon")
        await asyncio.to_thread(server.start)
        known = await journey(sale)
        resumed = {**sale.credentials, "Last-Event-ID": before[-1][0]}
        async with streaming(server, headers=resumed) as response:
            assert before + await told(response, len(known) - 2) == known


async def test_a_stream_ends_in_silence_by_its_limits_and_when_the_server_stops(shop_url: str, tmp_path: Path) -> None:
    sale = await sold_again()
    async with serving(shop_url, tmp_path, stream_idle_seconds=2) as server:
        async with streaming(server, headers=sale.credentials) as response:
            assert [event async for event in events(response) if event] == []
        async with streaming(server, headers=sale.credentials) as response:
            heard = events(response)
            assert await anext(heard) == {}
            stopping = asyncio.create_task(asyncio.to_thread(server.stop))
            assert [event async for event in heard if event] == []
        assert await stopping in (0, -signal.SIGTERM)


async def test_a_silent_stream_is_kept_open_by_comments(server: ServerProcess) -> None:
    sale = await sold_again()
    async with streaming(server, headers=sale.credentials) as response:
        heard = events(response)
        assert [await anext(heard) for _ in range(4)] == [{}] * 4


async def test_what_is_refused_is_an_answer_of_http_so_that_nobody_comes_back_for_it(server: ServerProcess) -> None:
    sale = await sold_again()
    staff = headers_of(SUPPORT)
    assert await refusal(server) == (401, "UNAUTHENTICATED")
    assert await refusal(server, headers={"Authorization": "Tracking nope"}) == (401, "UNAUTHENTICATED")
    assert await refusal(server, cookies={"waybill_tracking": "nope"}) == (401, "UNAUTHENTICATED")
    assert await refusal(server, FEED, headers=sale.credentials) == (403, "FORBIDDEN")
    for query in ("{ viewer { kind } }", "mutation { nope }", "subscription {", "subscription { nope }", ""):
        assert (await refusal(server, query, headers=staff))[0] == 400, query
    unresumable = "subscription { ordersChanged { ... on OrderEventMessage { cursor } } }"
    assert await refusal(server, unresumable, headers=staff) == (400, "BAD_REQUEST")
    assert await refusal(server, variables="[1]") == (400, "BAD_REQUEST")
    assert await refusal(server, variables="{") == (400, "BAD_REQUEST")
    assert await refusal(server, "#" * 8_200) == (414, "LIMIT")
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{server.url}/graphql/stream", json={"query": WATCH})
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert (await shop.order(sale.order_id)).status == OrderStatus.CONFIRMED


async def test_a_link_that_is_over_opens_no_stream(server: ServerProcess) -> None:
    sale = await sold_again()
    link = await TrackingLinkRow.get(order_id=sale.order_id)
    await TrackingLinkRow.filter(id=link.id).update(expires_at=link.created_at)
    assert await refusal(server, headers=sale.credentials) == (401, "UNAUTHENTICATED")


async def test_pages_of_other_origins_may_read_it_where_the_settings_say_so(server: ServerProcess) -> None:
    sale = await sold_again()
    headers = sale.credentials | {"Origin": ORIGIN}
    async with streaming(server, headers=headers) as response:
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-credentials" not in response.headers
    async with streaming(server, headers=sale.credentials | {"Origin": "https://other.example"}) as response:
        assert "access-control-allow-origin" not in response.headers


async def test_neither_the_address_nor_the_credentials_reach_the_log(shop_url: str, tmp_path: Path) -> None:
    sale = await sold_again()
    async with serving(shop_url, tmp_path) as server:
        async with streaming(
            server, cookies={"waybill_tracking": sale.token}, variables={"after": cursor(sale, 0)}
        ) as response:
            await told(response, 1)
        async with httpx.AsyncClient() as client:
            await client.get(f"{server.url}/track", params={"token": sale.token})
        await asyncio.to_thread(server.stop)
        written = server.log.read_text()
    assert '"path":"/track"' in written
    assert sale.token not in written
    assert cursor(sale, 0) not in written
