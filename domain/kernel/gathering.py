"""Gathering: what is asked for in one turn of the loop is read together, whoever asks."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
FoundT = TypeVar("FoundT")

Read = Callable[[Sequence[KeyT]], Awaitable[Mapping[KeyT, FoundT]]]
_Waiting = dict[KeyT, list[asyncio.Future[FoundT | None]]]


@dataclass
class Gathering(Generic[KeyT, FoundT]):
    """Gathers the keys that are asked for, and reads at most so many of them at a time."""

    most_at_once: int
    _asked: dict[Hashable, _Waiting[KeyT, FoundT]] = field(default_factory=dict)
    _reading: set[asyncio.Task[None]] = field(default_factory=set)

    def ask(self, key: KeyT, read: Read[KeyT, FoundT], *, alike: Hashable = None) -> asyncio.Future[FoundT | None]:
        """What `read` will find for the key, or None; or what it raises.

        Of those who ask alike, the first one's `read` serves all.
        """
        loop = asyncio.get_running_loop()
        asked = self._asked.get(alike)
        if asked is None:
            asked = self._asked[alike] = {}
            loop.call_soon(self._begin, alike, read)
        # A future for each: whoever gives up cancels no other's.
        waiting: asyncio.Future[FoundT | None] = loop.create_future()
        asked.setdefault(key, []).append(waiting)
        return waiting

    def _begin(self, alike: Hashable, read: Read[KeyT, FoundT]) -> None:
        # A task of its own, for whoever asked first may go while the others wait.
        task = asyncio.get_running_loop().create_task(self._answer(self._asked.pop(alike), read))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _answer(self, asked: _Waiting[KeyT, FoundT], read: Read[KeyT, FoundT]) -> None:
        keys = list(asked)
        try:
            for start in range(0, len(keys), self.most_at_once):
                some = keys[start : start + self.most_at_once]
                found = await read(some)
                for key in some:
                    for waiting in asked[key]:
                        if not waiting.done():
                            waiting.set_result(found.get(key))
        except Exception as error:
            for waiting in chain.from_iterable(asked.values()):
                if not waiting.done():
                    waiting.set_exception(error)
