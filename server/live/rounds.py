"""Rounds: the orders whose bells rang in one moment. What is new of all of them is read together, and told in one go.

A channel whose order is told so has nothing to do itself, and sleeps. It is woken for what only it can tell.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from domain.kernel.doorbell import OrderEars
from domain.kernel.streams import PAGE_ROWS
from schema.compiled import TailPlan, Told
from schema.compiled.plan import Request
from server.answers import note_bug
from server.live.rooms import Room
from server.live.telling import CompiledTellings, Tail

# Orders in a statement, as many as one message of the bell names: the next are read while these are told.
READ_TOGETHER = 150
# Answers that are written in one turn of the loop, where readers cannot empty their sockets.
TOLD_AT_ONCE = 20


class OrderChannel(Protocol):
    """The channel of an order, as rounds see it."""

    place: int
    only_room: Room | None  # the room, if there is one and no other

    def tail_of(self, room: Room) -> Tail | None:
        """How the room is told what is new of an order without reading it first; None if it cannot be."""


@dataclass(eq=False, slots=True)
class _Resting:
    """An order whose channel rests, the room that is told meanwhile, and what its document says."""

    order_id: UUID
    channel: OrderChannel
    ears: OrderEars
    woken: "asyncio.Future[None]"
    room: Room | None = None
    tail: Tail | None = None
    rung: Callable[[], None] = lambda: None

    @property
    def place(self) -> int:
        return self.channel.place

    @property
    def request(self) -> Request:
        assert self.tail is not None
        return self.tail.request

    @property
    def parameters(self) -> Sequence[Any]:
        assert self.tail is not None
        return self.tail.parameters

    def begin(self) -> Tail | None:
        """What is to be told in this round; None when the channel must read for itself."""
        room = None if self.ears.is_closed else self.channel.only_room
        if room is not self.room:
            self.room, self.tail = room, self.channel.tail_of(room) if room is not None else None
        return self.tail

    def tell(self, told: Told) -> bool:
        """Tell the room these events; False when it is not the only one any more, or everybody has left."""
        room, tail = self.room, self.tail
        if room is None or tail is None or self.channel.only_room is not room:
            return False
        places = [place for place, _ in told]
        room.send([tail.answer(place, event) for place, event in told], places)
        self.channel.place = places[-1]
        return True

    def wake(self) -> None:
        """Let the channel read for itself, from where it is told."""
        if not self.woken.done():
            self.woken.set_result(None)


class Rounds:
    """Tells the orders that rest."""

    def __init__(self, tellings: CompiledTellings) -> None:
        self._tellings = tellings
        self._rung: list[_Resting] = []
        self._telling: set[asyncio.Task[None]] = set()

    async def rest(self, order_id: UUID, channel: OrderChannel, ears: OrderEars) -> bool:
        """Until there is something that the channel has to read for itself; False when nothing will ring any more."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        resting = _Resting(order_id, channel, ears, woken)
        resting.rung = partial(self._ring, resting)
        self._listen(resting)
        await woken
        return not ears.is_closed

    async def close(self) -> None:
        """Tell nothing more."""
        for task in self._telling:
            task.cancel()
        if self._telling:
            await asyncio.wait(self._telling)

    def _listen(self, resting: _Resting) -> None:
        resting.ears.call(resting.rung)

    def _ring(self, resting: _Resting) -> None:
        if not self._rung:
            asyncio.get_running_loop().call_soon(self._begin, context=Context())
        self._rung.append(resting)

    def _begin(self) -> None:
        """A round: what one plan reads is read together, whoever watches."""
        rung, self._rung = self._rung, []
        alike: dict[TailPlan, list[_Resting]] = {}
        for each in rung:
            if (tail := each.begin()) is None:
                each.wake()
            else:
                alike.setdefault(tail.plan, []).append(each)
        for plan, some in alike.items():
            for start in range(0, len(some), READ_TOGETHER):
                told = self._tell_or_wake(plan, some[start : start + READ_TOGETHER])
                task = asyncio.get_running_loop().create_task(told)
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)

    async def _tell_or_wake(self, plan: TailPlan, some: Sequence[_Resting]) -> None:
        left = deque(some)
        try:
            await self._tell(plan, left)
        except Exception as error:
            # Their channels go on behind what was told, and find out whose fault it is.
            note_bug(error, path="round")
        finally:
            for each in left:
                each.wake()

    async def _tell(self, plan: TailPlan, left: deque[_Resting]) -> None:
        count = 0
        for told in await self._tellings.read(plan, list(left)):
            each = left[0]
            # Nothing that may be seen, or more than was looked at: the channel reads on.
            head = each.ears.head
            is_whole = bool(told) and head is not None and head <= each.place + PAGE_ROWS
            for start in range(0, len(told) if is_whole else 0, TOLD_AT_ONCE):
                some = told[start : start + TOLD_AT_ONCE]
                if not each.tell(some):
                    is_whole = False
                    break
                count += len(some)
                if count >= TOLD_AT_ONCE:
                    count = 0
                    await asyncio.sleep(0)
            left.popleft()
            if is_whole:
                self._listen(each)
            else:
                each.wake()
