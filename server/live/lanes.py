"""Lanes: a bounded queue before a watcher whose answers cannot be written at once. Whoever writes never waits."""

import asyncio
from collections import deque
from contextlib import suppress

from server.live.frames import Encoding

MOST_BYTES, MOST_ANSWERS = 262_144, 1_000


class Lane:
    """Takes what is written, up to a bound, and gives it on as fast as the watcher takes it."""

    direct = None

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._is_over = False
        self._written, self._taken = asyncio.Event(), asyncio.Event()

    def write(self, data: bytes) -> bool:
        """Keep it for the watcher. False when the lane is over, or is now, because too much waits."""
        if self._is_over:
            return False
        if self._bytes + len(data) > MOST_BYTES or len(self._waiting) >= MOST_ANSWERS:
            self._waiting.clear()  # what is missing then is read again when the watcher comes back
            self.end()
            return False
        self._waiting.append(data)
        self._bytes += len(data)
        self._written.set()
        return True

    def end(self, last: bytes = b"") -> None:
        """Nothing follows but what waits, and `last`."""
        if last and not self._is_over:
            self._waiting.append(last)
        self._is_over = True
        self._written.set()
        self._taken.set()

    async def next(self, seconds: float) -> bytes | None:
        """All that waits, in one piece; empty when nothing came in time, None when the lane is over."""
        if not self._waiting and not self._is_over:
            self._written.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._written.wait()
        if not self._waiting:
            return None if self._is_over else b""
        found = b"".join(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        self._taken.set()
        return found

    async def put(self, data: bytes) -> None:
        """Keep it when nothing else waits: whoever catches up writes no faster than the watcher reads."""
        while self._waiting and not self._is_over:
            self._taken.clear()
            await self._taken.wait()
        self.write(data)
