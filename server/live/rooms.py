"""Rooms: one document's watchers, who are all written the same; and the seats in them."""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from domain.kernel.doorbell import StreamLimits
from server.live.frames import Answer, Encoding
from server.live.telling import Teller

# So that those who came together, after a restart, do not all come back together.
_SPREAD = 0.1

# Ids of one length share everything but their bytes.
Shape = tuple[Encoding, int]


# What is written to a watcher at once, unless one answer is larger.
JOINED_BYTES = 32_768


class Sink(Protocol):
    """Where a watcher's bytes go."""

    @property
    def direct(self) -> Callable[[bytes], None] | None:
        """What sends on at once, while nothing is in the way; None otherwise."""

    @property
    def encoding(self) -> Encoding:
        """In which form they are wanted."""

    def write(self, data: bytes) -> bool:
        """Send it, never waiting. False when it takes no more: it has gone, or is too slow and will be ended."""


class Seat:
    """One watcher in a room, who is told what comes behind a place. It ends by the limits of streams."""

    __slots__ = ("_came", "_ended", "_ends", "_limits", "_room", "_timer", "behind", "shape", "sink", "tail")

    def __init__(
        self, room: "Room", sink: Sink, tail: bytes, behind: int, limits: StreamLimits, ended: Callable[[], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        self._room, self._limits, self._ended = room, limits, ended
        self.sink, self.tail, self.behind = sink, tail, behind
        self.shape: Shape = (sink.encoding, len(tail))
        self._came = loop.time()
        self._ends = self._came + limits.lifetime_seconds * random.uniform(1 - _SPREAD, 1)
        self._timer = loop.call_at(min(self._ends, self._came + limits.idle_seconds), self._look)

    def leave(self) -> None:
        """Be told nothing more. May be said twice."""
        self._timer.cancel()
        self._room.leave(self)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        until = min(self._ends, max(self._came, self._room.told_at) + self._limits.idle_seconds)
        if loop.time() < until:
            self._timer = loop.call_at(until, self._look)
            return
        self.end()

    def end(self) -> None:
        """Leave, and tell the watcher that this is all for now: it can go on behind its last cursor."""
        self.leave()
        self._ended()


class Room:
    """One document, with its variables, in a channel."""

    def __init__(self, teller: Teller, closed: Callable[[], None]) -> None:
        self.teller = teller
        self.told_at = 0.0
        self._closed = closed
        self._seats: set[Seat] = set()
        self._told: dict[Shape, dict[Seat, Sink]] = {}
        # Who has come since the last event, and may have been told it already.
        self._new: set[Seat] = set()

    def __len__(self) -> int:
        return len(self._seats)

    def sit(self, seat: Seat) -> None:
        """Tell this watcher too, from the first event behind its place on."""
        self._seats.add(seat)
        self._new.add(seat)

    def leave(self, seat: Seat) -> None:
        """Tell this watcher no more. A room that everybody has left is closed."""
        if seat not in self._seats:
            return
        self._seats.discard(seat)
        self._new.discard(seat)
        if (told := self._told.get(seat.shape)) is not None:
            told.pop(seat, None)
            if not told:
                del self._told[seat.shape]
        if not self._seats:
            self._closed()

    def send(self, answers: Sequence[Answer], places: Sequence[int | None]) -> None:
        """Write the answers to the events before `places` to everybody who has not had them; to all when it is None."""
        self.told_at = asyncio.get_running_loop().time()
        if self._new:
            for answer, place in zip(answers, places, strict=True):
                self._let_in(place)
                self._write((answer,))
        elif len(answers) == 1:
            self._write(answers)
        else:
            for some in _pieces(answers):
                self._write(some)

    def _write(self, answers: Sequence[Answer]) -> None:
        """In one piece, for each of them costs a watcher's connection as much as all."""
        for (encoding, length), told in self._told.items():
            heads, gone = [encoding.head(answer, length) for answer in answers], []
            for seat, sink in told.items():
                data, write = seat.tail.join(heads) + seat.tail, sink.direct
                if write is not None:
                    write(data)
                elif not sink.write(data):
                    gone.append(seat)
            for seat in gone:  # it leaves by the hand of its own connection
                told.pop(seat, None)

    def _let_in(self, place: int | None) -> None:
        for seat in [seat for seat in self._new if place is None or seat.behind < place]:
            self._new.discard(seat)
            self._told.setdefault(seat.shape, {})[seat] = seat.sink

    def end(self) -> None:
        """End every seat."""
        for seat in tuple(self._seats):
            seat.end()


def _pieces(answers: Sequence[Answer]) -> Iterator[Sequence[Answer]]:
    """The answers in a row, in pieces of so many bytes at most, or of one answer."""
    start = size = 0
    for n, answer in enumerate(answers):
        size += len(answer.body)
        if size > JOINED_BYTES and n > start:
            yield answers[start:n]
            start, size = n, len(answer.body)
    if start < len(answers):
        yield answers[start:]
