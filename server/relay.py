"""The relay: gives committed events their place in the feed, and rings the feed's bell."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.bell.hub import Hub
from adapters.bell.owned import owned
from adapters.bell.rings import FEED
from domain.kernel.bell import Bell, Ring
from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.kernel.log import STAMPED_AT_ONCE, feed_head, stamp

EVERY_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0

log = logging.getLogger(__name__)


@asynccontextmanager
async def relaying(hub: Hub, bell: Bell, *, every_seconds: float = EVERY_SECONDS) -> AsyncIterator[None]:
    """A relay works until the block ends. Any number of processes may have one: they take turns at the feed's head."""
    async with owned(relay(hub, bell, every_seconds=every_seconds), "relay"):
        yield


async def relay(hub: Hub, bell: Bell, *, every_seconds: float = EVERY_SECONDS) -> None:
    """Stamp whenever an order has rung, and at least once a second; survives a database that is away."""
    told, pause = -1, every_seconds
    async with hub.listen_to_all_orders() as ears:
        while not ears.is_closed:
            try:
                await stamp_all()
                head = await feed_head()
            except Exception:
                log.warning("relay.failed next_in_seconds=%.1f", pause, exc_info=True)
                await asyncio.sleep(pause * random.uniform(0.5, 1))
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                continue
            pause = every_seconds
            if head != told:
                bell.ring([Ring(FEED, head)])
                told = head
            await ears.wait(every_seconds)


async def stamp_all() -> None:
    """Give every committed event its position. On SQLite they were given in the commit, and nothing is locked here."""
    if dialect_of(current_connection()) is Dialect.SQLITE:
        return
    # What came while the last batch was written is rung for, and stamped within the next turn.
    while await stamp() == STAMPED_AT_ONCE:
        pass
