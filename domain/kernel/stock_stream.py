"""The feed of stock: facts about all levels in one sequence, kept for 30 days."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from tortoise.expressions import Q
from tortoise.models import Model

from domain.kernel.doorbell import Doorbell, Ears
from domain.kernel.log import STOCK_FEED, feed_head
from domain.kernel.models import StockLogRow
from domain.kernel.streams import Page, Present, page_of


@dataclass(frozen=True)
class StockFeedStream:
    """The facts about stock by their `position`; `levels` selects by the level as it is when its fact is read."""

    events: Q
    levels: Q

    def listen(self, doorbell: Doorbell) -> AbstractAsyncContextManager[Ears]:
        return doorbell.listen_stock()

    async def keeps(self, place: int) -> bool:
        head = await feed_head(STOCK_FEED)
        first = await StockLogRow.filter(position__isnull=False).order_by("position").first().values_list("position")
        return bool(place >= (head if first is None else first[0] - 1))

    async def read(self, place: int) -> Page[StockLogRow] | None:
        head = await feed_head(STOCK_FEED)
        if place > head:
            return None
        page = await page_of(StockLogRow, self.events, "position", place, head)
        has_skipped = len(page.events) < page.place - place
        if has_skipped and not await self.keeps(place):  # what is not here was not hidden: it was swept away meanwhile
            return None
        if not page.events or not self.levels:
            return page
        concerned = sorted({event.level_id for event in page.events if event.level_id})
        wanted = set(await _levels().filter(self.levels, id__in=concerned).values_list("id", flat=True))
        return Page([event for event in page.events if event.level_id in wanted], page.place, page.is_last)

    async def present(self) -> Present:
        return Present(await feed_head(STOCK_FEED))

    def place_of(self, event: StockLogRow) -> int:
        assert event.position is not None, "an event of the feed has a position"
        return int(event.position)


async def place_before(events: Q) -> int:
    """The place before the first of these facts that is kept; where the feed stands when there is none."""
    head = await feed_head(STOCK_FEED)
    those = StockLogRow.filter(events, position__isnull=False)
    first = await those.order_by("position").first().values_list("position")
    return head if first is None else int(first[0]) - 1


def _levels() -> type[Model]:
    """The row that facts about stock are about: named by the log's own foreign key."""
    related: type[Model] = StockLogRow._meta.fields_map["level"].related_model  # type: ignore[attr-defined]
    return related
