"""Stopping without loss: readiness fails first, then streams and sockets end, spread over seconds, then the process."""

import asyncio
import random
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# So few may come back at once: nobody need wait for them to be spread.
FEW = 10


class Draining:
    """Whether this process has been told to stop, and what is to be told when it does."""

    def __init__(self) -> None:
        self.has_begun = False
        self.is_closing = False
        self.is_over = False
        self._endings: set[Callable[[], None]] = set()

    def begin(self) -> None:
        """Say `not ready` from now on, and go on serving."""
        self.has_begun = True

    def say_goodbye(self, seconds: float) -> float:
        """Let nothing in any more that lasts, and tell whatever listens here, each at a moment of its own within so
        many seconds; after how many all will have been told. A few are told at once.
        """
        self.has_begun = self.is_closing = True
        leaving, loop = list(self._endings), asyncio.get_running_loop()
        within = seconds if len(leaving) > FEW else 0.0
        random.shuffle(leaving)
        for tell, moment in zip(leaving, moments(len(leaving), within), strict=True):
            loop.call_later(moment, self._tell, tell)
        return within

    def end(self) -> None:
        """End everything that would otherwise last: whatever still listens here is told, once."""
        if self.is_over:
            return
        self.has_begun = self.is_closing = self.is_over = True
        for tell in tuple(self._endings):
            self._tell(tell)

    @contextmanager
    def telling(self, tell: Callable[[], None]) -> Iterator[None]:
        """`tell` is called when the process stops, if that happens within the block; at once when it is at it."""
        self._endings.add(tell)
        try:
            if self.is_closing:
                self._tell(tell)
            yield
        finally:
            self._endings.discard(tell)

    def _tell(self, tell: Callable[[], None]) -> None:
        if tell in self._endings:  # neither gone meanwhile nor told already
            self._endings.discard(tell)
            tell()


def moments(count: int, seconds: float) -> Sequence[float]:
    """So many moments within the seconds, at random, but one in each of as many equal parts: never all together."""
    return [(n + random.random()) * seconds / count for n in range(count)]


@contextmanager
def draining_on_signals(draining: Draining, seconds: float, farewell_seconds: float) -> Iterator[None]:
    """A signal to stop reaches the server `seconds` later, when those who route requests have seen `not ready`, and at
    most `farewell_seconds` after that, when streams and sockets have ended.

    It stands before the handlers of the server that runs us (uvicorn closes its doors at once), so it works in each of
    several workers. A second signal stops at once. Without handlers to stand before, it does nothing.
    """
    loop, theirs = asyncio.get_running_loop(), {each: signal.getsignal(each) for each in SIGNALS}
    if threading.current_thread() is not threading.main_thread() or not all(map(_is_servers, theirs.values())):
        yield
        return

    def unless_over(act: Callable[..., None], *received: Any) -> None:
        if not draining.is_over:  # nobody was impatient meanwhile
            act(*received)

    def say_goodbye(*received: Any) -> None:
        loop.call_later(draining.say_goodbye(farewell_seconds), unless_over, stop, *received)

    def stop(number: int, frame: FrameType | None) -> None:
        draining.end()
        handler: Any = theirs[signal.Signals(number)]
        handler(number, frame)

    def received(number: int, frame: FrameType | None) -> None:
        if draining.has_begun:
            loop.call_soon_threadsafe(stop, number, frame)
            return
        draining.begin()
        # The handler runs between two instructions of anything: what touches the loop waits for its next turn.
        loop.call_soon_threadsafe(loop.call_later, seconds, unless_over, say_goodbye, number, frame)

    for each in SIGNALS:
        signal.signal(each, received)
    try:
        yield
    finally:
        for each, handler in theirs.items():
            if signal.getsignal(each) is received:
                signal.signal(each, handler)


def _is_servers(handler: Any) -> bool:
    return callable(handler) and handler is not signal.default_int_handler
