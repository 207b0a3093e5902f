"""Stopping without loss: readiness fails first, then streams and sockets end, then the process."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Draining:
    """Whether this process has been told to stop, and what is to be told when it does."""

    def __init__(self) -> None:
        self.has_begun = False
        self.is_over = False
        self._endings: set[Callable[[], None]] = set()

    def begin(self) -> None:
        """Say `not ready` from now on, and go on serving."""
        self.has_begun = True

    def end(self) -> None:
        """End everything that would otherwise last: whatever listens here is told, once."""
        if self.is_over:
            return
        self.has_begun = self.is_over = True
        for tell in tuple(self._endings):
            tell()

    @contextmanager
    def telling(self, tell: Callable[[], None]) -> Iterator[None]:
        """`tell` is called when the process stops, if that happens within the block; at once, if it has already."""
        self._endings.add(tell)
        try:
            if self.is_over:
                tell()
            yield
        finally:
            self._endings.discard(tell)


@contextmanager
def draining_on_signals(draining: Draining, seconds: float) -> Iterator[None]:
    """A signal to stop reaches the server `seconds` later, when those who route requests have seen `not ready`.

    It stands before the handlers of the server that runs us (uvicorn closes its doors at once), so it works in each of
    several workers. A second signal stops at once. Without handlers to stand before, it does nothing.
    """
    loop, theirs = asyncio.get_running_loop(), {each: signal.getsignal(each) for each in SIGNALS}
    if threading.current_thread() is not threading.main_thread() or not all(map(_is_servers, theirs.values())):
        yield
        return

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
        loop.call_soon_threadsafe(loop.call_later, seconds, stop, number, frame)

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
