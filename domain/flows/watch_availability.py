"""What a sales channel sees of the feed of stock: the SKUs that changed, and what may be promised of each now."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import Q

from domain.catalog.models import ComponentRow, Composition, VariantRow
from domain.catalog.queries import visible_variants
from domain.channels.models import ChannelRow
from domain.channels.queries import sight_of, visible_channels
from domain.flows.availability import available_of
from domain.kernel.actor import Scope
from domain.kernel.doorbell import Doorbell, Ears
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.models import StockLogRow
from domain.kernel.stock_stream import StockFeedStream
from domain.kernel.streams import Page, Present
from domain.kernel.visibility import EVERYTHING
from domain.stock.events import StockLevelChanged
from domain.stock.models import StockLevelRow
from domain.stock.queries import visible_stock

MOST_SKUS = 100


@dataclass(frozen=True)
class Changed:
    """Units that may be promised now, by SKU, of what changed up to this place of the feed."""

    place: int
    available: Mapping[str, int]


async def watch_availability(scope: Scope, channel: str, skus: Sequence[str] | None) -> "AvailabilityStream":
    """The stream of what a channel may promise. Raises NotFound for a channel, InvalidInput for too many SKUs."""
    if skus is not None and len(skus) > MOST_SKUS:
        raise InvalidInput(f"Watch at most {MOST_SKUS} SKUs at once, or all.", path=("skus",))
    found = await ChannelRow.filter(visible_channels(scope), code=channel).get_or_none()
    if found is None:
        raise NotFound("channel", channel[:60], path=("channel",))
    feed = StockFeedStream(Q(visible_stock(scope), type=StockLevelChanged.__name__), EVERYTHING)
    return AvailabilityStream(scope, found.id, None if skus is None else frozenset(skus), feed)


@dataclass(frozen=True)
class AvailabilityStream:
    """The feed of stock as a channel sees it. What changed in one reading of it is told at once, each SKU once."""

    scope: Scope
    channel_id: UUID
    skus: frozenset[str] | None
    feed: StockFeedStream

    def listen(self, doorbell: Doorbell) -> AbstractAsyncContextManager[Ears]:
        return self.feed.listen(doorbell)

    async def keeps(self, place: int) -> bool:
        return await self.feed.keeps(place)

    async def present(self) -> Present:
        return await self.feed.present()

    def place_of(self, event: Changed) -> int:
        return event.place

    async def read(self, place: int) -> Page[Changed] | None:
        page = await self.feed.read(place)
        if page is None:
            return None
        variants = await self._concerned({each.level_id for each in page.events if each.level_id and _is_felt(each)})
        found = await available_of(self.channel_id, variants) if variants else []
        available = {each.sku: each.steps[0].available for each in found if each.steps}
        return Page([Changed(page.place, available)] if available else (), page.place, page.is_last)

    async def _concerned(self, level_ids: Collection[UUID]) -> list[VariantRow]:
        """The variants of these levels, where the channel sees them, and bundles of which they are parts."""
        if not level_ids:
            return []
        sight = await sight_of(self.channel_id)
        levels = await StockLevelRow.filter(id__in=list(level_ids)).only("id", "variant_id", "location_id")
        changed = [level.variant_id for level in levels if sight.sees(level.location_id)]
        wholes = await ComponentRow.filter(part_id__in=changed).values_list("whole_id", flat=True) if changed else []
        is_bundle = Q(id__in=wholes, composition=Composition.BUNDLE)
        found = await VariantRow.filter(visible_variants(self.scope), Q(Q(id__in=changed), is_bundle, join_type=Q.OR))
        return [variant for variant in found if self.skus is None or variant.sku in self.skus]


def _is_felt(fact: StockLogRow) -> bool:
    """Whether other units can be promised: a shipment takes what was set aside for it, which no channel feels."""
    felt: bool = fact.data["available"] != fact.data["available_before"]
    return felt
