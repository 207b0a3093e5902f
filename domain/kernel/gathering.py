"""Gathering: what is asked for in one turn of the loop is read together, whoever asks."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
FoundT = TypeVar("FoundT")

Read = Callable[[Sequence[KeyT]], Awaitable[Mapping[KeyT, FoundT]]]
_Waiting = dict[KeyT, list[asyncio.Future[FoundT | None]]]


@dataclass
class Gathering(Generic[KeyT, FoundT]):
    """Gathers the keys that are asked for. At most so many are read together, and so many parts of them at once."""

    most_together: int
    parts_at_once: int = 1
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
        asked = self._asked.pop(alike)
        keys = list(asked)
        starts = range(0, len(keys), self.most_together)
        parts = ({key: asked[key] for key in keys[start : start + self.most_together]} for start in starts)
        for _ in starts[: self.parts_at_once]:
            # Tasks of their own, for whoever asked first may go while the others wait.
            task = asyncio.get_running_loop().create_task(self._answer_all(parts, read))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

    async def _answer_all(self, parts: Iterator[_Waiting[KeyT, FoundT]], read: Read[KeyT, FoundT]) -> None:
        for part in parts:
            await self._answer(part, read)

    async def _answer(self, asked: _Waiting[KeyT, FoundT], read: Read[KeyT, FoundT]) -> None:
        try:
            found = await read(list(asked))
            for key, all_waiting in asked.items():
                for waiting in all_waiting:
                    if not waiting.done():
                        waiting.set_result(found.get(key))
        except Exception as error:
            for waiting in chain.from_iterable(asked.values()):
                if not waiting.done():
                    waiting.set_exception(error)
