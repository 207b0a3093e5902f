"""The hub: one subscription to the bell for the whole process, and any number of ears, with a poll behind it."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from uuid import UUID

from broadcaster import Broadcast

from adapters.bell.owned import owned
from adapters.bell.rings import CHANNEL, FEED, FEEDS, STOCK_FEED, heads_in
from domain.kernel import log as log_of_orders
from domain.kernel import streams
from domain.kernel.doorbell import StreamLimits
from domain.kernel.ids import id_of
from domain.kernel.log import feed_heads

START_TIMEOUT_SECONDS = 10
LOOK_TIMEOUT_SECONDS = 5
LONGEST_PAUSE_SECONDS = 10
LISTENED_AGAIN_SECONDS = 1
ALL_EVERY, MOST_GROWN = 60, 5_000

log = logging.getLogger(__name__)
_FEEDS = frozenset(each.hex for each in FEEDS.values())


class HubEars:
    """One listener's ears: a flag, not a queue. However often it is rung, it is woken once."""

    __slots__ = ("_called", "_rung", "head", "is_closed")

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._called: Callable[[], None] | None = None
        self.is_closed = False
        self.head: int | None = None

    def ring(self, head: int | None = None) -> None:
        """Wake it, now or when it next waits; the log ends at this head, if that is known."""
        self.head = head
        if self._called is None:
            self._rung.set()
            return
        called, self._called = self._called, None
        called()

    def close(self) -> None:
        """Nothing will be heard any more."""
        self.is_closed = True
        self.ring()

    def call(self, called: Callable[[], None]) -> None:
        """Call this, once, when it is rung or closed: now, if that was since the last time. Who waits is not woken."""
        if self.is_closed or self._rung.is_set():
            self._rung.clear()
            called()
        else:
            self._called = called

    async def wait(self, seconds: float | None) -> bool:
        """True when it was rung since the last time; False when nothing came in time, or the hub has closed."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return not self.is_closed


@dataclass
class _Log:
    """A log that somebody listens to, and its head as last heard of; None: nobody has said."""

    ears: set[HubEars] = field(default_factory=set)
    head: int | None = None

    def ring(self, head: int) -> None:
        """It ends here now, as far as we know."""
        self.head = head
        for ears in self.ears:
            ears.ring(head)


class Hub:
    """Where streams listen. Rings come from the bell; what the bell loses, a poll finds.

    The poll is one look a second for the whole process: the heads of all logs that are listened to, in one statement.
    It looks within `aside`: while requests are many, what they have missed must not wait behind them.
    """

    def __init__(
        self,
        broadcast: Broadcast,
        *,
        limits: StreamLimits | None = None,
        poll_seconds: float = 1.0,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.limits = limits or StreamLimits()
        self._aside = aside
        self._broadcast = broadcast
        self._poll_seconds = poll_seconds
        self._logs: dict[str, _Log] = {}  # by the hex digits of the order's id
        self._all_orders: set[HubEars] = set()
        self._mark: tuple[int, int] | None = None
        self._position: int | None = None
        self._looks = 0
        self._open = AsyncExitStack()
        self._is_open = False

    async def __aenter__(self) -> Self:
        subscribed = asyncio.Event()
        await self._open.enter_async_context(owned(self._keep_hearing(subscribed), "hub.hear"))
        await self._open.enter_async_context(owned(self._keep_looking(), "hub.look"))
        try:
            async with asyncio.timeout(START_TIMEOUT_SECONDS):
                await subscribed.wait()
        except BaseException:
            await self._open.aclose()
            raise
        self._is_open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_open = False
        for ears in self._everyone():
            ears.close()
        await self._open.aclose()

    @property
    def listeners(self) -> int:
        """How many ears there are."""
        return len(self._everyone())

    @asynccontextmanager
    async def listen(self, order_id: UUID) -> AsyncIterator[HubEars]:
        """Ears that are rung when the log of this order has grown."""
        ears, name = self._new_ears(), order_id.hex
        heard = self._logs.setdefault(name, _Log())
        heard.ears.add(ears)
        try:
            yield ears
        finally:
            heard.ears.discard(ears)
            if not heard.ears:
                del self._logs[name]

    def listen_feed(self) -> AbstractAsyncContextManager[HubEars]:
        """Ears that are rung when the feed has grown."""
        return self.listen(FEED)

    def listen_stock(self) -> AbstractAsyncContextManager[HubEars]:
        """Ears that are rung when the feed of stock has grown."""
        return self.listen(STOCK_FEED)

    @asynccontextmanager
    async def listen_to_all_orders(self) -> AsyncIterator[HubEars]:
        """Ears that are rung by the bell for every order and for stock, for the relay; no poll stands behind these."""
        ears = self._new_ears()
        self._all_orders.add(ears)
        try:
            yield ears
        finally:
            self._all_orders.discard(ears)

    def _new_ears(self) -> HubEars:
        ears = HubEars()
        if not self._is_open:
            ears.close()
        return ears

    def _everyone(self) -> list[HubEars]:
        return [*self._all_orders, *(ears for each in self._logs.values() for ears in each.ears)]

    # -- the bell -------------------------------------------------------------------------------------------------
    async def _keep_hearing(self, subscribed: asyncio.Event) -> None:
        while True:
            try:
                await self._hear(subscribed)
            except Exception:
                log.warning("hub.subscription_lost", exc_info=True)
            await asyncio.sleep(random.uniform(0.5, 1) * LISTENED_AGAIN_SECONDS)

    async def _hear(self, subscribed: asyncio.Event) -> None:
        async with self._broadcast.subscribe(CHANNEL) as subscriber:
            subscribed.set()
            while True:
                event = await subscriber.get()
                self._pass_on(heads_in(event.message))

    def _pass_on(self, heads: Mapping[str, int] | None) -> None:
        if heads is None:
            for ears in self._everyone():
                ears.ring()
            return
        for name in heads.keys() & self._logs.keys():
            heard = self._logs[name]
            heard.ring(max(heads[name], heard.head or 0))
        if not heads.keys() <= _FEEDS:
            for ears in self._all_orders:
                ears.ring()

    # -- the poll -------------------------------------------------------------------------------------------------
    async def _keep_looking(self) -> None:
        pause = self._poll_seconds
        while True:
            await asyncio.sleep(pause)
            try:
                async with asyncio.timeout(LOOK_TIMEOUT_SECONDS):
                    with self._aside():
                        await self._look()
                pause = self._poll_seconds
            except Exception:
                log.warning("hub.look_failed", exc_info=True)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _look(self) -> None:
        """Ring whoever has not heard of the present head of their log."""
        if not self._logs:
            return
        mark = await streams.write_mark()  # first: what is written from here on differs from it
        if mark is not None and mark == self._mark:
            return
        feeds = await feed_heads()
        heads = await self._order_heads(feeds[log_of_orders.FEED])
        heads |= {FEEDS[feed]: head for feed, head in feeds.items()}
        for order_id, head in heads.items():
            heard = self._logs.get(order_id.hex)  # its last listener may have left meanwhile
            if heard is not None and heard.head != head:
                heard.ring(head)
        self._mark = mark

    async def _order_heads(self, position: int) -> dict[UUID, int]:
        """The heads of the orders that have grown since the last look, whose feed ended at a position before this one.

        Now and then those of all that are listened to: the first time, when the feed went back, and in case.
        """
        before, self._position, self._looks = self._position, position, self._looks + 1
        if before is not None and before <= position and self._looks % ALL_EVERY:
            grown = await log_of_orders.grown_behind(before, most=MOST_GROWN)
            if grown is not None:
                return grown
        return await streams.versions([id_of(name) for name in self._logs if name not in _FEEDS])
