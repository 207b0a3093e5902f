"""Strawberry's own way: its own handler of graphql-transport-ws, and a queue in memory for each subscriber."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator
from typing import Any

import orjson
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.live.memory import Shop
from benchmarks.live.peer import serve

QUEUES: dict[str, set[asyncio.Queue[Any]]] = defaultdict(set)


@strawberry.type
class Order:
    """What messages show of an order."""

    number: str
    status: str


@strawberry.type
class ParcelScanned:
    """What happened."""

    id: strawberry.ID
    sequence: int
    occurred_at: str
    order: Order


@strawberry.type
class OrderEventMessage:
    """An event and its cursor."""

    cursor: str
    event: ParcelScanned


@strawberry.type
class Query:
    """There has to be one."""

    ping: str = "pong"


@strawberry.type
class Subscription:
    """What can be watched."""

    @strawberry.subscription
    async def order_events(self, order: strawberry.ID) -> AsyncGenerator[OrderEventMessage, None]:
        """The events of one order, from now on."""
        queue: asyncio.Queue[OrderEventMessage] = asyncio.Queue()
        QUEUES[order].add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            QUEUES[order].discard(queue)


def application(shop: Shop) -> Starlette:
    """The API, and a door for what is published."""

    async def publish(request: Request) -> PlainTextResponse:
        for order, message in shop.events(orjson.loads(await request.body())):
            told = _told(message)
            for queue in QUEUES[order]:
                queue.put_nowait(told)
        return PlainTextResponse("ok")

    extensions = [lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100)]
    schema = strawberry.Schema(Query, subscription=Subscription, extensions=extensions)
    api = GraphQL(schema)
    return Starlette(routes=[WebSocketRoute("/graphql", api), Route("/publish", publish, methods=["POST"])])


def _told(message: dict[str, Any]) -> OrderEventMessage:
    event = message["event"]
    scanned = ParcelScanned(
        id=event["id"], sequence=event["sequence"], occurred_at=event["occurredAt"], order=Order(**event["order"])
    )
    return OrderEventMessage(cursor=message["cursor"], event=scanned)


if __name__ == "__main__":
    serve(application(Shop.of(sys.argv[2])), int(sys.argv[1]))
