"""What a sales channel sees of the feed of stock: the SKUs that changed, and what may be promised of each now."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import Q

from domain.catalog.models import ComponentRow, Composition, VariantRow
from domain.catalog.queries import visible_variants
from domain.channels.models import ChannelLocationRow, ChannelRow
from domain.channels.queries import visible_channels
from domain.kernel.actor import Scope
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.models import StockLogRow
from domain.kernel.stock_stream import StockFeedStream
from domain.kernel.streams import Doorbell, Ears, Page, Present
from domain.kernel.visibility import EVERYTHING
from domain.locations.models import LocationRow
from domain.stock.events import StockLevelChanged
from domain.stock.models import StockLevelRow
from domain.stock.queries import atp, visible_stock

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

    async def read(self, place: int) -> Page[Changed] | None:
        page = await self.feed.read(place)
        if page is None:
            return None
        variants = await self._concerned({each.level_id for each in page.events if each.level_id and _is_felt(each)})
        available = await available_now(self.channel_id, variants) if variants else {}
        return Page([Changed(page.place, available)] if available else (), page.place, page.is_last)

    async def _concerned(self, level_ids: Collection[UUID]) -> list[VariantRow]:
        """The variants of these levels, where the channel sees them, and bundles of which they are parts."""
        if not level_ids:
            return []
        seen = await _buffers(self.channel_id)
        levels = await StockLevelRow.filter(id__in=list(level_ids)).only("id", "variant_id", "location_id")
        changed = [level.variant_id for level in levels if level.location_id in seen]
        wholes = await ComponentRow.filter(part_id__in=changed).values_list("whole_id", flat=True) if changed else []
        is_bundle = Q(id__in=wholes, composition=Composition.BUNDLE)
        found = await VariantRow.filter(visible_variants(self.scope), Q(Q(id__in=changed), is_bundle, join_type=Q.OR))
        return [variant for variant in found if self.skus is None or variant.sku in self.skus]


def _is_felt(fact: StockLogRow) -> bool:
    """Whether other units can be promised: a shipment takes what was set aside for it, which no channel feels."""
    felt: bool = fact.data["available"] != fact.data["available_before"]
    return felt


async def available_now(channel_id: UUID, variants: Sequence[VariantRow]) -> dict[str, int]:
    """Network ATP: units of each SKU that the channel may promise, from all locations that it sees, less its buffers.

    Of a bundle, as many as the scarcest of its parts allows.
    """
    bundles = [variant.id for variant in variants if variant.composition == Composition.BUNDLE]
    parts = await ComponentRow.filter(whole_id__in=bundles) if bundles else []
    counted = {variant.id for variant in variants} | {part.part_id for part in parts}
    buffers, units = await _buffers(channel_id), dict.fromkeys(counted, 0)
    for level in await StockLevelRow.filter(variant_id__in=list(counted)):
        if level.location_id in buffers:
            units[level.variant_id] += max(atp(level) - buffers[level.location_id], 0)
    of_bundle = {
        whole: min((units[part.part_id] // part.units for part in parts if part.whole_id == whole), default=0)
        for whole in bundles
    }
    return {variant.sku: of_bundle.get(variant.id, units[variant.id]) for variant in variants}


async def _buffers(channel_id: UUID) -> dict[UUID, int]:
    """The locations that the channel sees, with the units of each SKU there that it leaves alone."""
    named = dict(await ChannelLocationRow.filter(channel_id=channel_id).values_list("location_id", "buffer_units"))
    places = await LocationRow.filter(is_active=True).only("id")
    return {place.id: named.get(place.id, 0) for place in places if not named or place.id in named}
