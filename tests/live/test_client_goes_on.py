"""Our client for web pages, while its server is killed: every event comes to whoever watches, once and in order."""

import asyncio
import shutil
import subprocess
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from domain.kernel.ids import global_id
from domain.kernel.models import LogRow
from server.database import open_database
from tests.builders import SUPPORT
from tests.live.node import NodeClient, node_client
from tests.live.orders import confirmed, happen, new_customer, new_order
from tests.stories.serving import ServerProcess, ask, headers_of, server_process

# Servers start, and start again.
pytestmark = pytest.mark.timeout(300)

ORDERS, ROUNDS = 10, 20
EVENTS = ORDERS * ROUNDS
TOLD_BEFORE_THE_KILL = 60
CREDENTIALS = headers_of(SUPPORT)
TOKEN = CREDENTIALS["Authorization"]
WATCH = """subscription ($after: Cursor) { ordersChanged(after: $after) {
  __typename ... on OrderEventMessage { cursor event { id order { id } } } ... on FeedResyncRequired { cursor }
} }"""


def test_the_client_passes_its_own_tests(client_package: Path) -> None:
    tests = sorted(path.relative_to(client_package).as_posix() for path in client_package.glob("dist/tests/*.test.js"))
    command = (shutil.which("node") or "node", "--test", *tests)
    done = subprocess.run(command, cwd=client_package, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout[-5000:]
    assert len(tests) == len([*client_package.glob("tests/*.test.ts")])


async def test_whoever_watches_is_told_every_event_once_though_the_server_is_killed(
    database_url: str, client_package: Path, tmp_path: Path
) -> None:
    async with open_database(database_url):
        customer = await new_customer()
        orders = [await new_order(customer) for _ in range(ORDERS)]
        with server_process(database_url, tmp_path) as server:
            await asyncio.to_thread(server.start)
            async with (
                node_client("socket", server.url, TOKEN) as one,
                node_client("events", server.url, TOKEN) as other,
            ):
                watchers = [await Watcher.of(client, server) for client in (one, other)]
                await _watch_while_it_is_killed(watchers, server, orders)
        rows = await LogRow.all().order_by("position")
    logged = [(global_id("event", row.id), global_id("order", row.order_id)) for row in rows]
    assert len(logged) == EVENTS
    for watcher in watchers:
        assert watcher.told == logged
        assert watcher.cuts >= 1


class Watcher:
    """Watches the feed, and keeps what it is told: each event, with its order."""

    def __init__(self, client: NodeClient, watch: str) -> None:
        self.client, self.watch = client, watch
        self.told: list[tuple[str, str]] = []
        self.cuts = 0
        self.is_in_the_middle = asyncio.Event()

    @classmethod
    async def of(cls, client: NodeClient, server: ServerProcess) -> "Watcher":
        return cls(client, client.watch(WATCH, after=await _present(server)))

    async def hear(self) -> None:
        """Until it was told as many as there are; then it stops, and must not have been told more."""
        while len(self.told) < EVENTS:
            said = await self.client.said(self.watch)
            if "cut" in said:
                self.cuts += 1
                continue
            event = said["told"]["event"]
            self.told.append((event["id"], event["order"]["id"]))
            if len(self.told) == TOLD_BEFORE_THE_KILL:
                self.is_in_the_middle.set()
        self.client.stop(self.watch)
        assert await self.client.said(self.watch) == {"complete": True}


async def _watch_while_it_is_killed(watchers: list[Watcher], server: ServerProcess, orders: list[UUID]) -> None:
    """Half of the events happen before the kill, and half while the server is away, or is coming back."""
    async with asyncio.TaskGroup() as tasks:
        for watcher in watchers:
            tasks.create_task(watcher.hear())
        before = tasks.create_task(_happen(orders))
        for watcher in watchers:
            await watcher.is_in_the_middle.wait()
        await asyncio.to_thread(server.kill)
        await before
        tasks.create_task(_happen(orders))
        await asyncio.to_thread(server.start)


async def _happen(orders: list[UUID]) -> None:
    """Events of all the orders in turn, whether a server is there or not."""
    for _ in range(ROUNDS // 2):
        for order in orders:
            await happen(confirmed(order))


async def _present(server: ServerProcess) -> str:
    async with httpx.AsyncClient(headers=CREDENTIALS) as counter:
        cursor: str = (await ask(counter, server.url, "{ ordersCursor }"))["ordersCursor"]
        return cursor
