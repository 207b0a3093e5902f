"""What a channel can promise of SKUs, now and by date: read across stock, supplies and transfers at one moment."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.catalog.models import ComponentRow, Composition, VariantRow
from domain.catalog.queries import visible_variants
from domain.channels.decisions import Arrival, Step, by_date, of_bundle, seen_units
from domain.channels.models import ChannelRow
from domain.channels.queries import sight_of, visible_channels
from domain.kernel.actor import Actor, Permission
from domain.kernel.database import current_connection, database_now
from domain.kernel.lookups import look_up
from domain.locations.models import LocationRow

# In one statement, which sees one moment: units that arrive meanwhile are counted once, as expected or as there.
_UNITS = """
    SELECT variant_id, location_id, NULL AS at, 0 AS expected,
        on_hand - allocated - reserved - waiting - damaged - quarantined - safety_stock AS units
    FROM stock_levels WHERE variant_id {0}
    UNION ALL
    SELECT variant_id, location_id, expected_at, 1, expected FROM supply_lines WHERE variant_id {1} AND expected > 0
    UNION ALL
    SELECT line.variant_id, transfer.destination_id, transfer.expected_at, 1,
        line.dispatched - line.received - line.written_off
    FROM transfers AS transfer JOIN transfer_lines AS line ON line.transfer_id = transfer.id
    WHERE transfer.status NOT IN ('RECEIVED', 'CANCELED') AND line.variant_id {2}
        AND line.dispatched > line.received + line.written_off
"""


@dataclass(frozen=True)
class AvailableAt:
    """Units that a channel may promise of one location."""

    location: LocationRow
    available: int


@dataclass(frozen=True)
class Available:
    """What a channel may promise of one SKU: `steps` from now on, or none where units of it are not counted."""

    sku: str
    steps: tuple[Step, ...] | None
    locations: tuple[AvailableAt, ...]


@dataclass
class _Shelves:
    """What there is of each variant at each location, and what will come."""

    atp: dict[UUID, dict[UUID, int]] = field(default_factory=lambda: defaultdict(dict))
    arrivals: dict[UUID, list[Arrival]] = field(default_factory=lambda: defaultdict(list))


async def what_is_available(actor: Actor, channel: str, skus: Sequence[str]) -> list[Available] | None:
    """What the channel can promise of each of these SKUs that is on sale to the actor; None if there is no channel.

    Incoming counts from the day on which it should arrive, at the locations that the channel sees: what suppliers will
    bring, and what is on its way from another location, seen or not, for it has left that one's stock already.
    """
    actor.require(Permission.READ_CATALOG)
    found = await ChannelRow.filter(visible_channels(actor.scope), code=channel).get_or_none()
    if found is None:
        return None
    wanted = await VariantRow.filter(visible_variants(actor.scope), sku__in=set(skus))
    available = {each.sku: each for each in await available_of(found.id, wanted)}
    return [available[sku] for sku in dict.fromkeys(skus) if sku in available]


async def available_of(channel_id: UUID, variants: Sequence[VariantRow]) -> list[Available]:
    """What the channel can promise of these variants, in their order."""
    parts = await _parts([each.id for each in variants if each.composition == Composition.BUNDLE])
    places = await LocationRow.filter(is_active=True).order_by("priority", "code")
    sight = await sight_of(channel_id)
    buffers = {place.id: sight.buffers.get(place.id, 0) for place in places if sight.sees(place.id)}
    now = await database_now(current_connection())
    counted = {each.id for each in variants} | {part.part_id for each in parts.values() for part in each}
    network = _Network(now, places, buffers, await _shelves(counted), parts)
    return [network.of(variant) for variant in variants]


@dataclass(frozen=True)
class _Network:
    """The locations that a channel sees, with what is on their shelves."""

    now: datetime
    places: Sequence[LocationRow]
    buffers: Mapping[UUID, int]
    shelves: _Shelves
    parts: Mapping[UUID, Sequence[ComponentRow]]

    def of(self, variant: VariantRow) -> Available:
        """What can be promised of the variant: of a bundle, what its counted parts allow; nothing where it has none."""
        if variant.composition == Composition.BUNDLE:
            if variant.id not in self.parts:
                return Available(variant.sku, (Step(self.now, 0),), ())
            parts = [(each.units, each.part_id) for each in self.parts[variant.id] if each.part.is_stock_tracked]
        else:
            parts = [(1, variant.id)] if variant.is_stock_tracked else []
        if not parts:
            return Available(variant.sku, None, ())
        steps = of_bundle([(units, self._steps(part)) for units, part in parts])
        whole = {place: min(self._units(part, place) // units for units, part in parts) for place in self.buffers}
        at = tuple(AvailableAt(place, whole[place.id]) for place in self.places if whole.get(place.id))
        return Available(variant.sku, steps, at)

    def _steps(self, variant_id: UUID) -> tuple[Step, ...]:
        return by_date(self.now, self.buffers, self.shelves.atp[variant_id], self.shelves.arrivals[variant_id])

    def _units(self, variant_id: UUID, place: UUID) -> int:
        return seen_units(self.shelves.atp[variant_id].get(place, 0), self.buffers[place])


async def _parts(wholes: Collection[UUID]) -> dict[UUID, list[ComponentRow]]:
    """The parts of these bundles."""
    found: dict[UUID, list[ComponentRow]] = {}
    for row in await ComponentRow.filter(whole_id__in=list(wholes)).prefetch_related("part") if wholes else []:
        found.setdefault(row.whole_id, []).append(row)
    return found


async def _shelves(variant_ids: Collection[UUID]) -> _Shelves:
    found = _Shelves()
    for row in await look_up(_UNITS, variant_ids, variant_ids, variant_ids) if variant_ids else []:
        variant_id, place = row["variant_id"], row["location_id"]
        if row["expected"]:
            found.arrivals[variant_id].append(Arrival(place, _time(row["at"]), row["units"]))
        else:
            found.atp[variant_id][place] = row["units"]
    return found


def _time(at: Any) -> datetime | None:
    """SQLite gives times as texts."""
    read = datetime.fromisoformat(at) if isinstance(at, str) else at
    return read.astimezone(UTC) if read is not None else None
