"""Subscribing as clients do: by a document, to a schema of no more than it takes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import UUID

import strawberry
from strawberry.schema.config import StrawberryConfig

from adapters.bell.hub import Hub
from adapters.bell.memory import MemoryBell
from domain.kernel.actor import Actor
from domain.kernel.ids import global_id
from domain.kernel.runner import Runner
from resolvers.context import context_for
from resolvers.imports import ImportSubscription
from resolvers.live import LiveSubscription
from resolvers.live_stock import StockLiveSubscription
from resolvers.live_work import WorkLiveSubscription
from schema.events import EVENT_TYPES
from schema.orders import Order
from schema.scalars import SCALARS
from schema.stock_events import STOCK_EVENT_TYPES
from schema.views import ReaderPerOperation, lookup
from tests.live.watching import SOON

Live = tuple[MemoryBell, Hub]


@strawberry.type
class Query:
    """What a schema cannot do without."""

    order: Order | None = lookup(doc="One order.")


@strawberry.type
class Subscription(LiveSubscription, WorkLiveSubscription, StockLiveSubscription, ImportSubscription):
    """All that can be watched."""


SCHEMA = strawberry.Schema(
    Query,
    subscription=Subscription,
    types=[*EVENT_TYPES.values(), *STOCK_EVENT_TYPES.values()],
    extensions=[ReaderPerOperation],
    config=StrawberryConfig(scalar_map=dict(SCALARS)),
)


@asynccontextmanager
async def subscribed(
    live: Live, actor: Actor, query: str, /, **variables: Any
) -> AsyncIterator[AsyncGenerator[Any, None]]:
    """What the subscription sends."""
    context = context_for(actor, runner=Runner(live[0]), hub=live[1])
    results: Any = await SCHEMA.stream(query, variables, context_value=context)
    async with aclosing(results):
        yield results


async def sent(results: AsyncGenerator[Any, None]) -> Any:
    """The next message."""
    result = await asyncio.wait_for(anext(results), SOON)
    assert not result.errors, result.errors
    [message] = result.data.values()
    return message


async def refused(results: AsyncGenerator[Any, None]) -> tuple[str, str]:
    """Code and sentence of the error that ends the subscription."""
    result = await asyncio.wait_for(anext(results), SOON)
    assert [each async for each in results] == []
    [error] = result.errors
    return error.extensions["code"], error.message


def order_gid(order: UUID) -> str:
    return global_id("order", order)
