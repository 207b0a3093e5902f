"""Gathering: who asks in one turn of the loop is answered by one read, and nobody's fate is another's."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.kernel.gathering import Gathering


@dataclass
class Shelf:
    """Finds the length of a word, and nothing for an empty one; remembers what it was asked for."""

    reads: list[list[str]] = field(default_factory=list)
    is_read: asyncio.Event = field(default_factory=asyncio.Event)
    going_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, words: Sequence[str]) -> Mapping[str, int]:
        self.reads.append(list(words))
        self.is_read.set()
        await self.going_on.wait()
        if "wrong" in words:
            raise LookupError
        return {word: len(word) for word in words if word}


def shelf() -> Shelf:
    found = Shelf()
    found.going_on.set()
    return found


async def test_what_is_asked_for_in_one_turn_is_read_together_and_what_is_asked_twice_is_read_once() -> None:
    here, gathering = shelf(), Gathering[str, int](most_together=10)
    found = await asyncio.gather(*(gathering.ask(word, here.read) for word in ("a", "bcd", "a", "")))
    assert (found, here.reads) == ([1, 3, 1, None], [["a", "bcd", ""]])
    assert await gathering.ask("a", here.read) == 1
    assert here.reads[1:] == [["a"]]


async def test_those_who_do_not_ask_alike_are_read_apart() -> None:
    here, gathering = shelf(), Gathering[str, int](most_together=10)
    await asyncio.gather(*(gathering.ask(word, here.read, alike=len(word)) for word in ("a", "bc", "d")))
    assert here.reads == [["a", "d"], ["bc"]]


async def test_more_than_can_be_read_at_once_are_read_one_part_after_the_other() -> None:
    here, gathering = shelf(), Gathering[str, int](most_together=2)
    found = await asyncio.gather(*(gathering.ask(word, here.read) for word in ("a", "bb", "ccc")))
    assert (found, here.reads) == ([1, 2, 3], [["a", "bb"], ["ccc"]])


async def test_parts_are_read_side_by_side_as_far_as_they_may_be_and_fail_alone() -> None:
    here, gathering = Shelf(), Gathering[str, int](most_together=1, parts_at_once=2)
    asked = [gathering.ask(word, here.read) for word in ("a", "wrong", "ccc")]
    await here.is_read.wait()
    await asyncio.sleep(0)
    assert here.reads == [["a"], ["wrong"]]
    here.going_on.set()
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert (found[0], type(found[1]), found[2]) == (1, LookupError, 3)


async def test_whoever_gives_up_cancels_nobody_else() -> None:
    here, gathering = Shelf(), Gathering[str, int](most_together=10)

    async def asks() -> int | None:
        return await gathering.ask("a", here.read)

    first, second = asyncio.create_task(asks()), asyncio.create_task(asks())
    await here.is_read.wait()
    first.cancel()
    here.going_on.set()
    assert await second == 1
    assert first.cancelled()


async def test_an_error_is_told_to_all_who_asked_and_not_to_who_asks_later() -> None:
    here, gathering = shelf(), Gathering[str, int](most_together=10)
    found = await asyncio.gather(*(gathering.ask(word, here.read) for word in ("a", "wrong")), return_exceptions=True)
    assert [type(each) for each in found] == [LookupError, LookupError]
    assert await gathering.ask("a", here.read) == 1
