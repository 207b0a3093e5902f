"""Listening to a server that passes messages on: whatever becomes of the connection, it is made again."""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import NoReturn, Protocol

from broadcaster._backends.base import BroadcastBackend
from broadcaster._base import Event

from adapters.bell.owned import owned
from adapters.bell.rings import CHANNEL, GAP

# A server that is away when we start is not waited for: until it comes, streams go on by polling.
FIRST_CONNECTION_SECONDS = 3.0
SHORTEST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0
MOST_HEARD = 1_000

log = logging.getLogger(__name__)


class Wire(Protocol):
    """The way to one server and back, on a connection for each direction: a cut in one does not touch the other."""

    async def listen(self, begun: Callable[[], None], heard: Callable[[str], None]) -> NoReturn:
        """Connect, say so by `begun`, and give every message to `heard`. Raises when the connection is lost."""

    async def publish(self, message: str) -> None:
        """Send a message to everybody who listens. Raises when it may not have arrived; the next one connects anew."""

    async def close(self) -> None:
        """Close what is open."""


class ReconnectingBackend(BroadcastBackend):
    """A backend of broadcaster over a wire, for the one channel that we have.

    Whatever is rung while the connection is away is lost. So a gap is rung here when it is back: look at everything.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._heard: asyncio.Queue[Event] = asyncio.Queue(MOST_HEARD)
        self._listens = asyncio.Event()
        self._has_missed_something = False
        self._open = AsyncExitStack()

    async def connect(self) -> None:
        """Listen from now on, or from when the server is there."""
        self._open.push_async_callback(self._wire.close)
        await self._open.enter_async_context(owned(self._keep_listening(), "bell.listen"))
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(FIRST_CONNECTION_SECONDS):
                    await self._listens.wait()
        except BaseException:
            await self._open.aclose()
            raise
        self._has_missed_something = not self._listens.is_set()

    async def disconnect(self) -> None:
        """Stop listening, and close both connections."""
        await self._open.aclose()

    async def subscribe(self, group: str) -> None:
        """Nothing to be done: we listen as long as we are connected.

        It must not wait: broadcaster loses one of two first subscribers who wait here at once.
        """
        assert group == CHANNEL

    async def unsubscribe(self, group: str) -> None:
        """Nothing to be done."""

    async def publish(self, channel: str, message: str) -> None:
        """Send the message on. Raises what the wire raises."""
        assert channel == CHANNEL
        await self._wire.publish(message)

    async def next_published(self) -> Event:
        """The next message that was heard."""
        return await self._heard.get()

    async def _keep_listening(self) -> None:
        clock = asyncio.get_running_loop().time
        pause, is_known = SHORTEST_PAUSE_SECONDS, False
        while True:
            begun = clock()
            try:
                await self._wire.listen(self._begin, self._hear)
            except Exception as error:
                if self._listens.is_set() or not is_known:
                    log.warning("bell.away exception=%s", type(error).__name__)
            is_known, self._has_missed_something = True, True
            self._listens.clear()
            if clock() - begun > LONGEST_PAUSE_SECONDS:  # not one that is accepted and dropped again and again
                pause = SHORTEST_PAUSE_SECONDS
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _begin(self) -> None:
        self._listens.set()
        if self._has_missed_something:
            log.info("bell.back")
            self._hear(GAP)

    def _hear(self, message: str) -> None:
        if self._heard.full():
            while not self._heard.empty():
                self._heard.get_nowait()
            message = GAP
        self._heard.put_nowait(Event(CHANNEL, message))
