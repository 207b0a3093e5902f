"""Ringing: rings of one turn of the loop go out together over a broadcast, and whoever rings never waits."""

import asyncio
import logging
import random
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self
from uuid import UUID

from broadcaster import Broadcast

# By this name: broadcaster tells its own subclasses only.
from broadcaster._base import Event

from adapters.bell.owned import in_clean_context, owned
from adapters.bell.rings import CHANNEL, GAP, MOST_RINGS, to_messages
from domain.kernel.bell import Ring

PUBLISH_TIMEOUT_SECONDS = 5.0
LAST_TIMEOUT_SECONDS = 1.0
SHORTEST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0
MOST_UNREAD = 1_000

log = logging.getLogger(__name__)


class BoundedBroadcast(Broadcast):
    """A broadcast that keeps a bounded number of messages for a subscriber who does not read; then they are one gap."""

    async def _listener(self) -> None:
        while True:
            event = await self._backend.next_published()
            for queue in tuple(self._subscribers.get(event.channel, ())):
                if queue.qsize() < MOST_UNREAD:
                    queue.put_nowait(event)
                    continue
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(Event(event.channel, GAP))


class BroadcastBell:
    """A `Bell` on one channel of a broadcast: rings of one turn of the loop go out together, the latest of each order.

    What cannot be sent now is sent when it can be, the latest of each order alone; hubs poll meanwhile.
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
        self._open.push_async_callback(self._publish_last)
        await self._open.enter_async_context(owned(self._publish_all(), "bell"))
        self._is_open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_open = False
        await self._open.aclose()
        self._waiting.clear()

    def ring(self, rings: Sequence[Ring]) -> None:
        """Send the rings on, soon. Never waits, never raises; a bell that is not open is silent."""
        # So many become a gap, which speaks for those that are left out here too.
        if not self._is_open or len(self._waiting) > MOST_RINGS:
            return
        self._keep((ring.order_id, ring.sequence) for ring in rings)

    def _keep(self, heads: Iterable[tuple[UUID, int]]) -> None:
        for order_id, head in heads:
            self._waiting[order_id] = max(head, self._waiting.get(order_id, 0))
        self._rung.set()

    async def _publish_all(self) -> None:
        pause = 0.0
        while True:
            await self._rung.wait()
            self._rung.clear()
            heads, self._waiting = self._waiting, {}
            try:
                await self._publish(heads)
            except asyncio.CancelledError:
                self._keep(heads.items())
                raise
            except Exception as error:
                if not pause:
                    log.warning("bell.rings_delayed orders=%d exception=%s", len(heads), type(error).__name__)
                self._keep(heads.items())
                pause = min(max(2 * pause, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
                await asyncio.sleep(pause * random.uniform(0.5, 1))
            else:
                if pause:
                    log.info("bell.rings_again orders=%d", len(heads))
                pause = 0.0

    async def _publish_last(self) -> None:
        """Send what is left, of a process that ends, if the broker is there."""
        with suppress(Exception):
            async with asyncio.timeout(LAST_TIMEOUT_SECONDS):
                await self._publish(self._waiting)

    async def _publish(self, heads: dict[UUID, int]) -> None:
        async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
            for message in to_messages(heads):
                await self.broadcast.publish(CHANNEL, message)

    async def _disconnect(self) -> None:
        listener = self.broadcast._listener_task
        try:
            await self.broadcast.disconnect()
        except Exception:
            # disconnect() raises what its listener died of.
            log.warning("bell.listener_had_died", exc_info=True)
        # It cancels its listener, and does not wait for it.
        await asyncio.wait({listener})
