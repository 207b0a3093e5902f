"""Reads: a page of orders, from the first and from deep in the list, and one order for whoever tracks it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg

from benchmarks.facts import Facts, Place
from benchmarks.workloads import Answer, Call, graphql
from benchmarks.workloads.postgraphile import cursor_after, dashed, order_of, page_of

PEER = "postgraphile"


@dataclass(frozen=True)
class PageOfOrders:
    """W1: twenty orders with customer, lines, amounts and shipments."""

    name: str
    title: str
    is_deep: bool
    clients: int = 16
    writes: bool = False

    def calls(self, target: str, facts: Facts, chance: random.Random) -> Iterator[Call]:
        """The first page again and again; or pages from deep in the list, each from another place."""
        document = "page.postgraphile" if target == PEER else "page"
        after = cursor_after if target == PEER else cursor
        path = "/page" if target == "bare" else "/graphql"
        while True:
            yield Call(path, graphql(document, {"after": after(chance.choice(facts.deep))} if self.is_deep else {}))

    def told(self, target: str, answer: Answer) -> Any:
        """The orders, and whether there are more."""
        if target == PEER:
            return page_of(answer["data"])
        orders = answer["data"]["orders"]
        return {"nodes": orders["nodes"], "hasNextPage": orders["pageInfo"]["hasNextPage"]}

    async def written(self, connection: asyncpg.Connection, target: str, answer: Answer) -> None:
        """Nothing."""


@dataclass(frozen=True)
class OneOrder:
    """W2: one order with its lines, shipments, parcels and scans, each time another one."""

    name: str = "order"
    title: str = "W2 one order, for tracking"
    clients: int = 16
    writes: bool = False

    def calls(self, target: str, facts: Facts, chance: random.Random) -> Iterator[Call]:
        """Orders that were shipped lately, in no order."""
        document = "order.postgraphile" if target == PEER else "order"
        path = "/order" if target == "bare" else "/graphql"
        while True:
            key = chance.choice(facts.orders).key
            yield Call(path, graphql(document, {"id": dashed(key) if target == PEER else f"order_{key}"}))

    def told(self, target: str, answer: Answer) -> Any:
        """The order."""
        return order_of(answer["data"]) if target == PEER else answer["data"]["order"]

    async def written(self, connection: asyncpg.Connection, target: str, answer: Answer) -> None:
        """Nothing."""


def cursor(place: Place) -> str:
    """The place behind an order in the list of orders (schema.views.paging.Page.cursor)."""
    return f"order.-placed_at|{place.key}|{place.at}".encode().hex()


FIRST_PAGE = PageOfOrders("page", "W1 first page of 20 orders", is_deep=False)
DEEP_PAGE = PageOfOrders("deep", "W1 deep page", is_deep=True)
ONE_ORDER = OneOrder()
