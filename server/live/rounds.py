"""Rounds: the orders whose bells rang in one moment. What is new of all of them is read together, and told in one go.

A channel whose order is told so has nothing to do itself, and sleeps. It is woken for what only it can tell.
"""

import asyncio
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from domain.kernel.doorbell import OrderEars
from domain.kernel.streams import PAGE_ROWS
from server.live.rooms import Room
from server.live.telling import Tail

# Orders in a statement: the next are read while these are told.
READ_TOGETHER = 100
# Answers that are written in one turn of the loop, where readers cannot empty their sockets.
TOLD_AT_ONCE = 20


class OrderChannel(Protocol):
    """The channel of an order, as rounds see it."""

    place: int

    def only_room(self) -> Room | None:
        """The room, if there is one and no other."""

    def message_at(self, place: int) -> Any:
        """The message of the event at a place, as far as it is known before it is read."""


@dataclass(eq=False, slots=True)
class _Resting:
    """An order whose channel rests, and the room that is told meanwhile."""

    order_id: UUID
    name: bytes  # of the order, as statements give it back
    channel: OrderChannel
    ears: OrderEars
    woken: "asyncio.Future[None]"
    room: Room | None = None

    def wake(self) -> None:
        """Let the channel read for itself, from where it is told."""
        if not self.woken.done():
            self.woken.set_result(None)


class Rounds:
    """Tells the orders that rest."""

    def __init__(self) -> None:
        self._rung: list[_Resting] = []
        self._telling: set[asyncio.Task[None]] = set()

    async def rest(self, order_id: UUID, channel: OrderChannel, ears: OrderEars) -> bool:
        """Until there is something that the channel has to read for itself; False when nothing will ring any more."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listen(_Resting(order_id, order_id.hex.encode(), channel, ears, woken))
        await woken
        return not ears.is_closed

    async def close(self) -> None:
        """Tell nothing more."""
        for task in self._telling:
            task.cancel()
        if self._telling:
            await asyncio.wait(self._telling)

    def _listen(self, resting: _Resting) -> None:
        resting.ears.call(partial(self._ring, resting))

    def _ring(self, resting: _Resting) -> None:
        if not self._rung:
            asyncio.get_running_loop().call_soon(self._begin, context=Context())
        self._rung.append(resting)

    def _begin(self) -> None:
        """A round: what is asked in the same words is read together."""
        rung, self._rung = self._rung, []
        alike: dict[Any, tuple[Tail, list[_Resting]]] = {}
        for each in rung:
            room = each.room = None if each.ears.is_closed else each.channel.only_room()
            tail = room.teller.tail(each.channel.message_at) if room is not None else None
            if tail is None:
                each.wake()
            else:
                alike.setdefault(tail.words, (tail, []))[1].append(each)
        for tail, some in alike.values():
            for start in range(0, len(some), READ_TOGETHER):
                told = self._tell(tail, some[start : start + READ_TOGETHER])
                task = asyncio.get_running_loop().create_task(told)
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)

    async def _tell(self, tail: Tail, some: Sequence[_Resting]) -> None:
        found = await tail.read([(each.order_id, each.channel.place) for each in some])
        count = 0
        for each in some:
            told = found.get(each.name, ())
            # Nothing, and a whole page: there may be more, or what is hidden, or a log that was never so long.
            is_whole = 0 < len(told) < PAGE_ROWS
            for place, json in told if is_whole else ():
                # Nobody came with another document meanwhile, and somebody is left.
                if (room := each.channel.only_room()) is None or room is not each.room:
                    is_whole = False
                    break
                each.channel.place = place
                room.send(tail.answer(each.channel.message_at(place), json), place)
                count += 1
                if not count % TOLD_AT_ONCE:
                    await asyncio.sleep(0)
            if is_whole:
                self._listen(each)
            else:
                each.wake()
