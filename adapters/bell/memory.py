"""Bells over broadcaster, and the one that rings within this process."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self
from uuid import UUID

from broadcaster import Broadcast

from adapters.bell.owned import in_clean_context, owned
from adapters.bell.rings import CHANNEL, to_messages
from domain.kernel.bell import Ring

PUBLISH_TIMEOUT_SECONDS = 5
MOST_WAITING = 100_000

log = logging.getLogger(__name__)


class BroadcastBell:
    """A `Bell` on one channel of a broadcast: rings of one turn of the loop go out together, the latest of each order.

    What cannot be sent is dropped: rings are hints, and hubs poll.
    """

    def __init__(self, broadcast: Broadcast) -> None:
        self.broadcast = broadcast
        self._waiting: dict[UUID, int] = {}
        self._rung = asyncio.Event()
        self._is_open = False
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        # In a task of its own: the broadcast's listener inherits the context that it is made in.
        await in_clean_context(self.broadcast.connect(), "bell.connect")
        self._open.push_async_callback(self._disconnect)
        await self._open.enter_async_context(owned(self._publish_all(), "bell"))
        self._is_open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_open = False
        self._waiting.clear()
        await self._open.aclose()

    def ring(self, rings: Sequence[Ring]) -> None:
        """Send the rings on, soon. Never waits, never raises; a bell that is not open is silent."""
        if not self._is_open or len(self._waiting) > MOST_WAITING:
            return
        for ring in rings:
            self._waiting[ring.order_id] = max(ring.sequence, self._waiting.get(ring.order_id, 0))
        self._rung.set()

    async def _publish_all(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            heads, self._waiting = self._waiting, {}
            try:
                async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                    for message in to_messages(heads):
                        await self.broadcast.publish(CHANNEL, message)
            except Exception:
                log.warning("bell.rings_lost orders=%d", len(heads), exc_info=True)

    async def _disconnect(self) -> None:
        listener = self.broadcast._listener_task
        try:
            await self.broadcast.disconnect()
        except Exception:
            # disconnect() raises what its listener died of.
            log.warning("bell.listener_had_died", exc_info=True)
        # It cancels its listener, and does not wait for it.
        await asyncio.wait({listener})


class MemoryBell(BroadcastBell):
    """Rings within this process. Other processes on the same database find their events by polling."""

    def __init__(self) -> None:
        super().__init__(Broadcast("memory://"))
