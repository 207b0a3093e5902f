"""Views: an order as a whole, again after each change, for whoever does not care what happened to it."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from domain.kernel.doorbell import Doorbell, Ears
from domain.kernel.models import LogRow
from domain.kernel.streams import OrderStream, Page, Present, visible_log


@dataclass(frozen=True)
class ViewStream:
    """An order as it is now, again whenever there are events of it: once for all that came since it was last told.

    Places are those of its events. A view has no history, so a place that is not the present one is answered with the
    present. What an event that is hidden has changed is told with the next one that is not: the time of a message
    would tell of the event.
    """

    order: OrderStream

    def listen(self, doorbell: Doorbell) -> AbstractAsyncContextManager[Ears]:
        return self.order.listen(doorbell)

    async def keeps(self, place: int) -> bool:
        return await self.order.keeps(place)

    async def read(self, place: int) -> Page[Present] | None:
        # The row and its version are of one read. Whatever else is shown of the order is read after it: what it has
        # from later events is told again, because these are behind the place.
        now = await self.present()
        if place > now.place:
            return None
        return Page([now] if await self._has_news(place, now.place) else (), now.place, is_last=True)

    async def present(self) -> Present:
        return await self.order.present()

    def place_of(self, event: Present) -> int:
        return event.place

    async def _has_news(self, after: int, until: int) -> bool:
        """Whether there is a visible event behind the first place, and not behind the other."""
        those = {"order_id": self.order.order_id, "sequence__gt": after, "sequence__lte": until}
        return after < until and await LogRow.filter(visible_log(self.order.scope), **those).exists()
