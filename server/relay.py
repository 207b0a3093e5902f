"""The relay: gives committed events their places in the feeds, and rings the feeds' bell."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass

from adapters.bell.hub import Hub
from adapters.bell.owned import owned
from adapters.bell.rings import FEEDS
from domain.kernel.bell import Bell, Ring
from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.kernel.doorbell import Ears
from domain.kernel.log import STAMPED_AT_ONCE, feed_heads, stamp, unstamped

EVERY_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
HEAD_START_SECONDS = 0.05
# What is committed in so long a time is stamped together; and those who watch orders are told before.
GATHERED_SECONDS = 0.03

log = logging.getLogger(__name__)


@asynccontextmanager
async def relaying(
    hub: Hub,
    bell: Bell,
    *,
    every_seconds: float = EVERY_SECONDS,
    head_start_seconds: float = HEAD_START_SECONDS,
    aside: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> AsyncIterator["Relay"]:
    """A relay works until the block ends. Any number of processes may have one: they take turns at the feeds' heads.

    It reads and stamps within `aside`: every watcher of a feed waits for it.
    """
    relay = Relay(hub, bell, every_seconds, head_start_seconds, aside)
    async with owned(relay.run(), "relay"):
        yield relay


@dataclass
class Relay:
    """Stamps whenever an order or stock has rung, and at least once a second; survives a database that is away.

    Of several, the one that stamped last goes on doing it: the others give it a head start, and find nothing to do.
    """

    hub: Hub
    bell: Bell
    every_seconds: float = EVERY_SECONDS
    head_start_seconds: float = HEAD_START_SECONDS
    aside: Callable[[], AbstractContextManager[None]] = nullcontext
    is_first: bool = True
    stamped: int = 0
    _heads: Mapping[int, int] | None = None

    async def run(self) -> None:
        """Work for ever."""
        pause = self.every_seconds
        async with self.hub.listen_to_all_orders() as ears:
            while not ears.is_closed:
                try:
                    await self._turn()
                except Exception:
                    log.warning("relay.failed next_in_seconds=%.1f", pause, exc_info=True)
                    await asyncio.sleep(pause * random.uniform(0.5, 1))
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                    continue
                pause = self.every_seconds
                await self._wait(ears)

    async def _turn(self) -> None:
        with self.aside():
            stamped = await stamp_all()
            heads, before = await feed_heads(), self._heads
        # On SQLite positions come with the commits, and the processes have no bell in common.
        is_ours = bool(stamped) or before is None or dialect_of(current_connection()) is Dialect.SQLITE
        self._heads, self.stamped = heads, self.stamped + stamped
        if heads == before:
            return
        self.is_first = is_ours
        if is_ours:
            self.bell.ring(
                [Ring(FEEDS[feed], head) for feed, head in heads.items() if (before or {}).get(feed) != head]
            )

    async def _wait(self, ears: Ears) -> None:
        if await ears.wait(self.every_seconds):
            head_start = 0 if self.is_first else self.head_start_seconds * random.uniform(0.5, 1)
            await asyncio.sleep(GATHERED_SECONDS + head_start)


async def stamp_all() -> int:
    """Give every committed event its position; how many there were. On SQLite they were given in the commit."""
    if dialect_of(current_connection()) is Dialect.SQLITE:
        return 0
    # Looking is cheap (one statement for both feeds), stamping takes a head's lock and a commit.
    total = 0
    for feed in await unstamped():
        # What came while the last batch was written is rung for, and stamped within the next turn.
        count = STAMPED_AT_ONCE
        while count == STAMPED_AT_ONCE:
            count = await stamp(feed)
            total += count
    return total
