"""Revoked access: what the database says of it is known to every process within a second, and ends what is open."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import datetime, timedelta

from adapters.bell.owned import owned
from domain.access.queries import revoked_since
from domain.kernel.database import current_connection, database_now
from domain.tracking.queries import links_revoked_since
from server.auth import party_of_link
from server.listeners import Listeners

EVERY_SECONDS = 1.0
LOOK_TIMEOUT_SECONDS = 5
LONGEST_PAUSE_SECONDS = 5.0
# A commit becomes visible after the moment that is written in it: no transaction of ours takes that long.
OVERLAP = timedelta(minutes=1)

log = logging.getLogger(__name__)


class Revocations:
    """Whose access was revoked. One look a second for the whole process, at what is new; requests ask nobody.

    It looks within `aside`: what is revoked ends within seconds, however many requests there are.
    """

    def __init__(self, listeners: Listeners, aside: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        self._listeners, self._aside = listeners, aside
        self._not_before: dict[str, float] = {}
        self._newest: datetime | None = None

    @property
    def not_before(self) -> Mapping[str, float]:
        """Since when, in seconds of Unix time, what these principals are issued is believed again."""
        return self._not_before

    async def look(self) -> None:
        """Read what was revoked since the last look, and end what they still listen to.

        The last minute's are read again each time: whoever was recognised just before, and listened just after, is
        found by the next look.
        """
        with self._aside():
            newest = self._newest or await database_now(current_connection())
            people = await revoked_since(None if self._newest is None else newest - OVERLAP)
            links = await links_revoked_since(newest - OVERLAP)
        self._newest = max([newest, *(at for _, at in people), *(at for _, at in links)])
        for principal, moment in people:
            not_before = self._not_before[principal] = moment.timestamp()
            for listener in self._listeners.of(principal):
                if listener.identity.issued_at < not_before:
                    listener.revoke()
        for link_id, _ in links:
            for listener in self._listeners.of(party_of_link(link_id)):
                listener.revoke()

    async def keep_looking(self) -> None:
        """Look for ever, also when the database is away for a while."""
        pause = EVERY_SECONDS
        while True:
            try:
                async with asyncio.timeout(LOOK_TIMEOUT_SECONDS):
                    await self.look()
                pause = EVERY_SECONDS
            except Exception:
                log.warning("revocations.look_failed", exc_info=True)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause)


@asynccontextmanager
async def ending_revoked(revocations: Revocations) -> AsyncIterator[None]:
    """Revoked access ends within a second or two until the block does. What was revoked before is known at once."""
    try:
        await revocations.look()
    except Exception:
        # Where migrations are missing the server starts all the same, and says that it is not ready.
        log.warning("revocations.look_failed", exc_info=True)
    async with owned(revocations.keep_looking(), "revocations"):
        yield
