"""The server is killed, again and again, while orders come in and a subscriber watches: nothing is lost."""

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from domain.kernel.models import LogRow
from domain.orders.models import OrderLineRow, OrderRow
from server.database import open_database
from tests.builders import SUPPORT, open_shop
from tests.domain.books import assert_books_balance
from tests.stories.serving import ServerProcess, ask, headers_of, server_process, sse

ROUNDS, BUYERS = 4, 6
PLACE = """mutation Place($input: OrderPlaceInput!) {
  orderPlace(input: $input) { order { id } errors { code message } replayed }
}"""
WATCH = """subscription Watch($after: Cursor) { ordersChanged(after: $after) {
  __typename
  ... on OrderEventMessage { cursor event { id sequence order { id } } }
  ... on FeedResyncRequired { cursor }
} }"""


class Buyer:
    """Places orders one after the other, each with a key; asks again with the same key when nobody answered."""

    def __init__(self, name: int, url: str, client: httpx.AsyncClient) -> None:
        self.name, self.url, self.client = name, url, client
        self.acknowledged: list[str] = []
        self.stopped = False

    async def buy(self) -> None:
        while not self.stopped:
            key = f"buyer-{self.name}-{len(self.acknowledged)}"
            self.acknowledged.append(await self._place(key))

    async def _place(self, key: str) -> str:
        wanted = {"channel": "web-de", "lines": [{"sku": "MUG", "quantity": 1}, {"sku": "PEN", "quantity": 2}]}
        while True:
            try:
                placed = (await ask(self.client, self.url, PLACE, input=wanted | {"idempotencyKey": key}))["orderPlace"]
            except (httpx.HTTPError, ValueError):
                await asyncio.sleep(0.05)  # the server is down: it comes back, and the key makes asking again safe
                continue
            assert placed["errors"] == []
            order_id: str = placed["order"]["id"]
            return order_id


class Watcher:
    """Watches the feed and, whatever is cut, goes on after the last cursor it saw."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self.url, self.client = url, client
        self.cursor: str | None = None
        self.seen: dict[str, dict[str, Any]] = {}
        self.cuts = 0
        self.listens = asyncio.Event()

    async def watch(self) -> None:
        while True:
            try:
                async for data in sse(self.client, self.url, WATCH, after=self.cursor):
                    message = data["ordersChanged"]
                    assert message["__typename"] == "OrderEventMessage", message
                    self.cursor = message["cursor"]
                    self.seen[message["event"]["id"]] = message["event"]
                    self.listens.set()
            except (httpx.HTTPError, AssertionError) as cut:
                if isinstance(cut, AssertionError):
                    raise
            self.cuts += 1
            await asyncio.sleep(0.05)


async def test_kill_9_loses_no_acknowledged_order_and_no_event(database_url: str, tmp_path: Path) -> None:
    async with open_database(database_url):
        await open_shop(ber={"MUG": 100_000, "PEN": 100_000})
    with server_process(database_url, tmp_path) as server:
        await asyncio.to_thread(server.start)
        acknowledged, watcher = await _shop_while_it_is_killed(server)
        server.kill()
    async with open_database(database_url):
        assert watcher.cuts >= ROUNDS
        assert len(acknowledged) == len(set(acknowledged)), "a key had two effects"
        await _assert_every_order_is_whole(acknowledged)
        await _assert_every_event_was_seen(watcher)
        await assert_books_balance()


async def _shop_while_it_is_killed(server: ServerProcess) -> tuple[list[str], Watcher]:
    async with httpx.AsyncClient(headers=headers_of(SUPPORT), timeout=10) as client:
        first = await ask(
            client, server.url, PLACE, input={"channel": "web-de", "lines": [{"sku": "MUG", "quantity": 1}]}
        )
        watcher = Watcher(server.url, client)
        watching = asyncio.create_task(watcher.watch())
        buyers = [Buyer(n, server.url, client) for n in range(BUYERS)]
        tasks = [asyncio.create_task(buyer.buy()) for buyer in buyers]
        for number in range(1, ROUNDS + 1):
            await _until(lambda number=number: sum(len(buyer.acknowledged) for buyer in buyers) >= 25 * number)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        for buyer in buyers:
            buyer.stopped = True
        await asyncio.gather(*tasks)
        acknowledged = [first["orderPlace"]["order"]["id"]]
        acknowledged += [order_id for buyer in buyers for order_id in buyer.acknowledged]
        seen = watcher.seen
        await _until(
            lambda: set(acknowledged[1:]) <= {event["order"]["id"] for event in seen.values()} and _quiet(seen)
        )
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return acknowledged, watcher


def _quiet(seen: dict[str, dict[str, Any]]) -> bool:
    """Whether every order that was seen has all the events that placing an order makes."""
    counts: dict[str, int] = defaultdict(int)
    for event in seen.values():
        counts[event["order"]["id"]] += 1
    return min(counts.values()) == max(counts.values())


async def _until(holds: Any) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  (what is waited for happens in another process)
            await asyncio.sleep(0.02)


async def _assert_every_order_is_whole(acknowledged: list[str]) -> None:
    ids = {UUID(each.removeprefix("order_")) for each in acknowledged}
    assert {row.id for row in await OrderRow.all()} == ids, "an order without an answer, or an answer without an order"
    lines: dict[UUID, int] = defaultdict(int)
    for line in await OrderLineRow.all():
        lines[line.order_id] += 1
    assert sorted(lines.values()) == [1] + [2] * (len(ids) - 1)


async def _assert_every_event_was_seen(watcher: Watcher) -> None:
    """Each order that the watcher saw from its beginning, without a gap and in order."""
    by_order: dict[UUID, list[int]] = defaultdict(list)
    for event in watcher.seen.values():
        by_order[UUID(event["order"]["id"].removeprefix("order_"))].append(event["sequence"])
    for order_id, sequences in by_order.items():
        logged = await LogRow.filter(order_id=order_id).order_by("sequence")
        assert sequences == [row.sequence for row in logged]
