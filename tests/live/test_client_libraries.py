"""The client libraries that people use, as they come, against a server that is stopped and started again."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from gql import Client, GraphQLRequest
from gql.client import ReconnectingAsyncClientSession
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.async_transport import AsyncTransport
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

from server.database import open_database
from tests.builders import SUPPORT, open_shop
from tests.live.node import NodeClient, node_client
from tests.stories.serving import ServerProcess, ask, headers_of, server_process

# A server starts, and starts again.
pytestmark = pytest.mark.timeout(300)

SOON = 60.0
VIEWER = "{ viewer { actor } }"
PLACE = """mutation ($quantity: Int!) {
  orderPlace(input: {channel: "web-de", lines: [{sku: "MUG", quantity: $quantity}]}) {
    order { id eventCursor } errors { code }
  }
}"""
HOLD = """mutation ($order: ID!, $reason: String!) {
  orderHold(input: {order: $order, kind: FRAUD, reason: $reason}) { errors { message } }
}"""
WATCH = """subscription ($order: ID!, $after: Cursor) { orderEvents(order: $order, after: $after) {
  __typename ... on OrderEventMessage { cursor event { id sequence } } ... on ResyncRequired { cursor order { id } }
} }"""
BROKEN = "{ ordres { id } }"
CREDENTIALS = headers_of(SUPPORT)
NO_ORDER = "order_00000000000070008000000000000000"


@dataclass(frozen=True)
class Running:
    """A server with a shop, and somebody at the counter."""

    server: ServerProcess
    counter: httpx.AsyncClient

    async def place(self) -> tuple[str, str]:
        """A new order, and the cursor behind its last event."""
        placed = await ask(self.counter, self.server.url, PLACE, quantity=1)
        order = placed["orderPlace"]["order"]
        return order["id"], order["eventCursor"]

    async def hold(self, order: str, *reasons: str) -> None:
        """An event for each."""
        for reason in reasons:
            held = await ask(self.counter, self.server.url, HOLD, order=order, reason=reason)
            assert held == {"orderHold": {"errors": []}}

    async def restart(self) -> None:
        """Stop it as an administrator would, and start it."""
        await asyncio.to_thread(self.server.stop)
        await asyncio.to_thread(self.server.start)


@pytest.fixture(scope="module")
async def running(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One for all the tests: each has orders of its own, and a server that was restarted is as good as before."""
    folder = tmp_path_factory.mktemp("libraries")
    url = f"sqlite://{shutil.copy(sqlite_template, folder / 'waybill.db')}"
    async with open_database(url):
        await open_shop(ber={"MUG": 100})
    with server_process(url, folder) as server:
        await asyncio.to_thread(server.start)
        async with httpx.AsyncClient(headers=CREDENTIALS, timeout=SOON) as counter:
            yield Running(server, counter)


@pytest.fixture(params=["socket", "events"])
async def library(request: pytest.FixtureRequest, client_package: Path, running: Running) -> AsyncIterator[NodeClient]:
    """graphql-ws, and graphql-sse, with credentials."""
    async with node_client(request.param, running.server.url, CREDENTIALS["Authorization"]) as client:
        yield client


# -- graphql-ws and graphql-sse ---------------------------------------------------------------------------------------
async def test_a_library_of_node_asks_and_changes(library: NodeClient) -> None:
    assert await library.answer(VIEWER) == {"data": {"viewer": {"actor": "staff:sam"}}}
    refused = await library.answer(PLACE, quantity=101)
    assert refused == {"data": {"orderPlace": {"order": None, "errors": [{"code": "INSUFFICIENT_STOCK"}]}}}
    placed = await library.answer(PLACE, quantity=1)
    assert placed["data"]["orderPlace"]["errors"] == []


async def test_a_library_of_node_is_told_what_is_wrong_with_a_document(library: NodeClient) -> None:
    for _ in range(2):  # also after an error the library goes on
        [error] = await refusal_of(library, BROKEN)
        assert error["extensions"]["code"] == "BAD_REQUEST"
        assert error["message"].startswith("Cannot query field 'ordres' on type 'Query'.")


async def test_a_library_of_node_is_told_why_it_may_not_subscribe(library: NodeClient) -> None:
    [error] = await refusal_of(library, WATCH, order=NO_ORDER)
    assert error["extensions"]["code"] == "NOT_FOUND"


async def test_a_library_of_node_subscribes_resumes_and_comes_back_after_a_restart(
    library: NodeClient, running: Running
) -> None:
    order, cursor = await running.place()
    await running.hold(order, "first")
    watch = library.subscribe(WATCH, order=order, after=cursor)
    first = await library.sent(watch)
    await running.restart()
    await running.hold(order, "second")
    # It repeats the subscription with its first variables, so what it was sent before comes again.
    assert await library.sent(watch) == first
    second = await library.sent(watch)
    assert second["event"]["sequence"] == first["event"]["sequence"] + 1
    library.stop(watch)
    assert await library.said(watch) == {"complete": True}
    resumed = library.subscribe(WATCH, order=order, after=first["cursor"])
    assert await library.sent(resumed) == second


async def test_a_library_of_node_is_sent_the_present_for_a_cursor_of_another_order(
    library: NodeClient, running: Running
) -> None:
    order, cursor = await running.place()
    _, other = await running.place()
    watch = library.subscribe(WATCH, order=order, after=other)
    assert await library.sent(watch) == {"__typename": "ResyncRequired", "cursor": cursor, "order": {"id": order}}


@pytest.mark.parametrize("transport", ["socket", "events"])
async def test_a_library_of_node_is_told_that_its_credentials_are_wrong(
    transport: str, client_package: Path, running: Running
) -> None:
    async with node_client(transport, running.server.url, "Bearer wrong") as client:
        name = client.watch(WATCH, after="", order=NO_ORDER)
        refused = await client.said(name)
    told = {"code": 4403} if transport == "socket" else {"status": 401}
    assert told.items() <= refused["error"].items()
    assert refused["after"] == ""


async def refusal_of(library: NodeClient, query: str, **variables: Any) -> Any:
    """The errors of an operation that has no data, however the protocol tells them."""
    name = library.subscribe(query, **variables)
    said = await library.said(name)
    if "error" in said:
        return said["error"]
    assert said["next"]["data"] is None, said
    assert await library.said(name) == {"complete": True}
    return said["next"]["errors"]


# -- gql, of Python ---------------------------------------------------------------------------------------------------
Transport = Callable[[str], AsyncTransport]


def socket_of_websockets(url: str) -> AsyncTransport:
    return WebsocketsTransport(url.replace("http", "ws"), init_payload=CREDENTIALS)


def socket_of_aiohttp(url: str) -> AsyncTransport:
    return AIOHTTPWebsocketsTransport(url.replace("http", "ws"), init_payload=CREDENTIALS)


def requests_of_httpx(url: str) -> AsyncTransport:
    return HTTPXAsyncTransport(url, headers=CREDENTIALS)


sockets = pytest.mark.parametrize("transport", [socket_of_websockets, socket_of_aiohttp])


@pytest.mark.parametrize("transport", [socket_of_websockets, socket_of_aiohttp, requests_of_httpx])
async def test_gql_asks_changes_and_is_told_what_is_wrong(transport: Transport, running: Running) -> None:
    async with Client(transport=transport(f"{running.server.url}/graphql")) as session:
        assert await session.execute(GraphQLRequest(VIEWER)) == {"viewer": {"actor": "staff:sam"}}
        placed = await session.execute(GraphQLRequest(PLACE, variable_values={"quantity": 1}))
        assert placed["orderPlace"]["errors"] == []
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(GraphQLRequest(BROKEN))
        assert (refused.value.errors or [])[0]["extensions"]["code"] == "BAD_REQUEST"
        assert await session.execute(GraphQLRequest(VIEWER)) == {"viewer": {"actor": "staff:sam"}}


@sockets
async def test_gql_subscribes_and_resumes_after_a_restart(transport: Transport, running: Running) -> None:
    order, cursor = await running.place()
    await running.hold(order, "first")
    client = Client(transport=transport(f"{running.server.url}/graphql"))
    session = await client.connect_async(reconnecting=True)
    watch = session.subscribe(GraphQLRequest(WATCH, variable_values={"order": order, "after": cursor}))
    async with asyncio.timeout(SOON):
        first = (await anext(watch))["orderEvents"]
        await running.restart()
        with pytest.raises(TransportError):
            await anext(watch)
        await running.hold(order, "second")
        second = await next_message(session, order, first["cursor"])
    assert second["event"]["sequence"] == first["event"]["sequence"] + 1
    await client.close_async()


async def next_message(session: ReconnectingAsyncClientSession, order: str, after: str) -> Any:
    """What follows the cursor, as soon as the library is connected again."""
    while True:
        try:
            watch = session.subscribe(GraphQLRequest(WATCH, variable_values={"order": order, "after": after}))
            async with aclosing(watch):
                return (await anext(watch))["orderEvents"]
        except TransportError:
            await asyncio.sleep(0.05)  # the library connects again by itself, and does not say when
