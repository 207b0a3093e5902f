"""Watchers of streams, and what they saw."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

from adapters.bell.hub import Hub
from adapters.bell.memory import MemoryBell
from domain.kernel.actor import SYSTEM, Actor
from domain.kernel.doorbell import StreamLimits
from domain.kernel.models import LogRow
from domain.kernel.streams import FeedStream, OrderStream, Present, visible_log
from domain.kernel.visibility import EVERYTHING, of_order

SOON = 20.0
NEVER = 3600.0
OFTEN = 0.02

Watch = AsyncGenerator[LogRow | Present, None]


@asynccontextmanager
async def listening(
    *, poll_seconds: float = NEVER, limits: StreamLimits | None = None
) -> AsyncIterator[tuple[MemoryBell, Hub]]:
    """A bell and its hub; unless told otherwise its poll never comes."""
    async with MemoryBell() as bell, Hub(bell.broadcast, limits=limits, poll_seconds=poll_seconds) as hub:
        yield bell, hub


def order_stream(order_id: UUID, actor: Actor = SYSTEM) -> OrderStream:
    """The stream of an order, as the actor sees it."""
    return OrderStream(order_id, of_order(actor.scope), actor.scope)


def feed_stream(actor: Actor = SYSTEM) -> FeedStream:
    """The feed, as the actor sees it."""
    return FeedStream(visible_log(actor.scope), EVERYTHING)


async def take(watch: Watch, count: int) -> list[LogRow]:
    """The next `count` events."""
    events: list[LogRow] = []
    async with asyncio.timeout(SOON):
        while len(events) < count:
            event = await anext(watch)
            assert isinstance(event, LogRow), event
            events.append(event)
    return events


async def sequences(watch: Watch, count: int) -> list[int]:
    """The sequences of the next `count` events."""
    return [event.sequence for event in await take(watch, count)]


async def somebody_listens(hub: Hub) -> None:
    """Until there is a listener; a hub has no bell of its own for that."""
    async with asyncio.timeout(SOON):
        while not hub.listeners:  # noqa: ASYNC110
            await asyncio.sleep(0)


class _Heard(logging.Handler):
    def __init__(self, start: str) -> None:
        super().__init__()
        self.start, self.happened = start, asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith(self.start):
            self.happened.set()


@contextmanager
def logged(logger: str, start: str) -> Iterator[asyncio.Event]:
    """Set when a line that starts so is logged."""
    handler, log = _Heard(start), logging.getLogger(logger)
    log.addHandler(handler)
    try:
        yield handler.happened
    finally:
        log.removeHandler(handler)
