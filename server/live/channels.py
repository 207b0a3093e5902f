"""Channels: one stream as one scope sees it, read once for all who watch it, and told to every room."""

import asyncio
import random
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

import structlog

from adapters.bell.owned import in_clean_context
from domain.kernel.doorbell import Doorbell, Ears, OrderEars, StreamLimits
from domain.kernel.streams import OrderStream, Page
from domain.kernel.tails import Tails
from resolvers.streaming import Messages
from server.answers import note_bug
from server.away import OF_THE_DATABASE
from server.live.frames import Answer
from server.live.rooms import Room, Seat, Sink
from server.live.rounds import TOLD_AT_ONCE, Rounds
from server.live.telling import Tail, Teller, Unreadable

SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 5.0
MOST_ATTEMPTS = 20

log = structlog.get_logger("waybill")


class Channel:
    """A stream and the place up to which its rooms were told. It lives as long as somebody sits in one of them."""

    def __init__(
        self, messages: Messages[Any, Any], place: int, tails: Tails, rounds: Rounds, closed: Callable[[], None]
    ) -> None:
        self.place = place
        self.rooms: dict[Hashable, Room] = {}
        self.only_room: Room | None = None
        self._messages, self._stream, self._context = messages, messages.stream, messages.context
        self._tails, self._rounds, self._closed = tails, rounds, closed
        self.task = in_clean_context(self._run(), "channel")

    def sit(
        self, key: Hashable, teller: Teller, sink: Sink, tail: bytes, *, behind: int, ended: Callable[[], None]
    ) -> Seat:
        """A seat in the room of this key, whose watcher was told everything up to `behind`, and nothing after it."""
        room = self.rooms.get(key)
        if room is None:
            room = self.rooms[key] = Room(teller.sharing(self._context), lambda: self._close(key))
            self._look_around()
        seat = Seat(room, sink, tail, behind, self._limits, ended)
        room.sit(seat)
        return seat

    def _close(self, key: Hashable) -> None:
        self.rooms.pop(key, None)
        self._look_around()
        if not self.rooms:
            self._closed()
            self.task.cancel()

    def _look_around(self) -> None:
        self.only_room = next(iter(self.rooms.values())) if len(self.rooms) == 1 else None

    @property
    def _limits(self) -> StreamLimits:
        return self._doorbell.limits

    @property
    def _doorbell(self) -> Doorbell:
        return self._context.hub

    # -- reading ----------------------------------------------------------------------------------------------------
    async def _run(self) -> None:
        try:
            await self._read()
        except Exception as error:
            # Whoever sits here comes back behind their last cursor, and finds a channel that is alive.
            note_bug(error, path="channel")
            self._end()

    async def _read(self) -> None:
        async with self._stream.listen(self._doorbell) as ears:
            while True:
                page = await self._page()
                if page is None:
                    present = await self._stream.present()
                    await self._tell([present], [present.place], is_present=True)
                    continue
                for start in range(0, len(page.events), TOLD_AT_ONCE):
                    some = page.events[start : start + TOLD_AT_ONCE]
                    await self._tell(some, [self._stream.place_of(event) for event in some])
                self.place = page.place
                if page.is_last and not await self._rung(ears):
                    return  # the server stops: whoever sits here is told so by their connections

    async def _rung(self, ears: Ears) -> bool:
        """Wait until there may be more to read here; False when the server stops. An order is told meanwhile."""
        if isinstance(self._stream, OrderStream):
            return await self._rounds.rest(self._stream.order_id, self, cast("OrderEars", ears))
        return await ears.wait(None)

    def tail_of(self, room: Room) -> Tail | None:
        """How the room is told what is new of an order without reading it first; None if it cannot be."""
        cursor_at = self._messages.cursor_at
        return None if cursor_at is None else room.teller.tail(type(self._messages.message(_At(0))), cursor_at)

    async def _page(self) -> Page[Any] | None:
        """What follows the place, however long the database is away."""
        pauses = _pauses()
        while True:
            try:
                if isinstance(self._stream, OrderStream):
                    return await self._tails.page(self._stream, self.place)
                return await self._stream.read(self.place)
            except OF_THE_DATABASE as error:
                log.warning("channel.read_failed", exception=type(error).__name__)
            await asyncio.sleep(next(pauses))

    def _end(self) -> None:
        for room in tuple(self.rooms.values()):
            room.end()

    # -- telling ----------------------------------------------------------------------------------------------------
    async def _tell(self, events: Sequence[Any], places: Sequence[int], *, is_present: bool = False) -> None:
        """Tell every room of some events, or of the present. A room that comes meanwhile reads them for itself."""
        self.place = places[-1]
        messages = [self._messages.message(event) for event in events]
        waiting: Sequence[Room] = list(self.rooms.values())
        for pause in islice(_pauses(), MOST_ATTEMPTS):
            self._context.reader.forget()  # what events lead to is read as it is now, once for all rooms
            if len(waiting) == 1:
                told = [await self._answers(waiting[0], messages)]
            else:
                told = await asyncio.gather(*(self._answers(room, messages) for room in waiting))
            for room, answers in zip(waiting, told, strict=True):
                if answers:
                    room.send(answers, [None] if is_present else places)
            waiting = [room for room, answers in zip(waiting, told, strict=True) if answers is None]
            if not waiting:
                await asyncio.sleep(0)  # a long page is not written in one turn of the loop
                return
            await asyncio.sleep(pause)
        for room in waiting:
            room.end()

    async def _answers(self, room: Room, messages: Sequence[Any]) -> Sequence[Answer] | None:
        """What the room's document says of the messages; None when the database is away."""
        try:
            if len(messages) == 1:
                return [await room.teller.tell(messages[0])]
            return await asyncio.gather(*(room.teller.tell(message) for message in messages))
        except Unreadable:
            return None
        except Exception as error:
            note_bug(error, path="channel")
            room.end()
            return []


@dataclass(frozen=True, slots=True)
class _At:
    """An event by its place alone."""

    sequence: int


def _pauses() -> Iterator[float]:
    """How long to wait for a database that is away: longer and longer, up to a bound, and no two the same."""
    pause = SHORTEST_PAUSE_SECONDS
    while True:
        yield pause * random.uniform(0.5, 1)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


@dataclass
class Channels:
    """The channels of one process, by what they show and to whom."""

    _rounds: Rounds
    _open: dict[Hashable, Channel] = field(default_factory=dict)
    _tails: Tails = field(default_factory=Tails)

    def get(self, key: Hashable) -> Channel | None:
        """The channel, if somebody watches it."""
        return self._open.get(key)

    def open(self, key: Hashable, messages: Messages[Any, Any], place: int) -> Channel:
        """A new one, which begins behind this place. Whoever opens it sits down before anything else happens."""

        def closed() -> None:
            if self._open.get(key) is channel:
                del self._open[key]

        channel = self._open[key] = Channel(messages, place, self._tails, self._rounds, closed)
        return channel

    async def close(self) -> None:
        """End what is still read: whoever watches is told so by their connections."""
        tasks = [channel.task for channel in self._open.values()]
        self._open.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._rounds.close()

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._open.values())
