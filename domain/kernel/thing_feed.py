"""Feeds of things: of the feed of all orders the events that are about things of one sort, each with its thing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.expressions import Q
from tortoise.models import Model

from domain.kernel.doorbell import Doorbell, Ears
from domain.kernel.events import OrderFact
from domain.kernel.models import LogRow
from domain.kernel.streams import FeedStream, Page, Present
from domain.kernel.visibility import EVERYTHING


@dataclass(frozen=True)
class Change:
    """An event, and what it is about, as it is when the event is read."""

    event: LogRow
    thing: Model


@dataclass(frozen=True)
class Things:
    """Things of one sort: the facts about them, and their rows.

    `wholes` leads from the subjects of events that are about a part of a thing to the thing.
    """

    facts: Sequence[type[OrderFact]]
    rows: type[Model]
    wholes: Callable[[Sequence[LogRow]], Awaitable[Mapping[Any, UUID]]] | None = None

    async def of(self, events: Sequence[LogRow], which: Q) -> Sequence[Change]:
        """The events that are about a thing which fulfils the condition."""
        wholes = await self.wholes(events) if self.wholes else {}
        keys = {event.id: wholes.get(event.subject_id, event.subject_id) for event in events}
        found = {row.pk: row for row in await self.rows.filter(which, id__in=sorted(set(keys.values())))}
        return [Change(event, found[key]) for event in events if (key := keys[event.id]) in found]


@dataclass(frozen=True)
class ThingFeedStream:
    """The events about things of one sort, by their `position` in the feed of all orders.

    `which` selects by the thing as it is when its event is read.
    """

    things: Things
    events: Q
    which: Q

    def listen(self, doorbell: Doorbell) -> AbstractAsyncContextManager[Ears]:
        return self._feed.listen(doorbell)

    async def keeps(self, place: int) -> bool:
        return await self._feed.keeps(place)

    async def read(self, place: int) -> Page[Change] | None:
        page = await self._feed.read(place)
        if page is None:
            return None
        changes = await self.things.of(page.events, self.which) if page.events else ()
        return Page(changes, page.place, page.is_last)

    async def present(self) -> Present:
        return await self._feed.present()

    def place_of(self, event: Change) -> int:
        assert event.event.position is not None, "an event of the feed has a position"
        return int(event.event.position)

    @property
    def _feed(self) -> FeedStream:
        names = [each.__name__ for each in self.things.facts]
        return FeedStream(Q(self.events, type__in=names), EVERYTHING)
