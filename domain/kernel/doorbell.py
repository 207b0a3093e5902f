"""The doorbell: where streams listen for news, and for how long."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


class Ears(Protocol):
    """One listener. However often it is rung while it is busy, it is woken once."""

    async def wait(self, seconds: float | None) -> bool:
        """True when it was rung since the last time; False when nothing came in time, or nothing will come any more.

        None waits as long as it takes.
        """


class OrderEars(Ears, Protocol):
    """Ears for an order, which can also be listened to without a task that waits."""

    is_closed: bool
    head: int | None  # where the log ended when it last rang; None when that was not said

    def call(self, called: Callable[[], None]) -> None:
        """Call this, once, when it is rung or closed: now, if that was since the last time. Who waits is not woken."""


@dataclass(frozen=True)
class StreamLimits:
    """After how many seconds without an event, and after how many in all, a stream ends. It can be resumed."""

    idle_seconds: float = 30 * 60
    lifetime_seconds: float = 6 * 60 * 60


class Doorbell(Protocol):
    """Where streams listen. A lost ring costs only latency: whoever implements this also polls."""

    limits: StreamLimits

    def listen(self, order_id: UUID) -> AbstractAsyncContextManager[OrderEars]:
        """Ears for the log of one order."""

    def listen_feed(self) -> AbstractAsyncContextManager[Ears]:
        """Ears for the feed."""

    def listen_stock(self) -> AbstractAsyncContextManager[Ears]:
        """Ears for the feed of stock."""
