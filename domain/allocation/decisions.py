"""Choosing the locations for a demand: plain values in, a plan out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Source:
    """A location that could serve, and the units it can promise (ATP) per SKU."""

    location_id: UUID
    available: Mapping[str, int]

    def has(self, demand: Mapping[str, int]) -> bool:
        """Whether it can serve all of it alone."""
        return all(self.available.get(sku, 0) >= units for sku, units in demand.items())


@dataclass(frozen=True)
class Take:
    """Units of a SKU that a location sets aside."""

    location_id: UUID
    sku: str
    units: int


@dataclass(frozen=True)
class Plan:
    """What each location sets aside, and what nobody can promise."""

    takes: tuple[Take, ...]
    short: Mapping[str, int]

    @property
    def is_complete(self) -> bool:
        """Whether every unit found its location."""
        return not self.short

    def and_then(self, plan: "Plan") -> "Plan":
        """This plan, and another one for what it leaves short: what one location sets aside of a SKU is one take."""
        units: Counter[tuple[UUID, str]] = Counter()
        for take in (*self.takes, *plan.takes):
            units[take.location_id, take.sku] += take.units
        return Plan(tuple(Take(place, sku, count) for (place, sku), count in units.items()), plan.short)


def plan_allocation(demand: Mapping[str, int], sources: Sequence[Source]) -> Plan:
    """Serve `demand` from the first source that has all of it, else from several in the order given.

    Units are whole items. Conserves units: taken + short == demanded, for every SKU. Never takes more than there is.
    """
    assert all(units > 0 for units in demand.values()), "a demand of nothing"
    alone = next((source for source in sources if source.has(demand)), None)
    left = dict(demand)
    takes = []
    for source in [alone] if alone else sources:
        for sku in sorted(left):
            units = min(left[sku], max(source.available.get(sku, 0), 0))
            if units:
                takes.append(Take(source.location_id, sku, units))
                left[sku] -= units
    return Plan(tuple(takes), {sku: units for sku, units in left.items() if units})


def take_held(demand: Mapping[str, int], held: Mapping[tuple[UUID, str], int]) -> Plan:
    """Serve `demand` from units that are held for it at a location, in the order given.

    Conserves units: taken + short == demanded, for every SKU. Never takes more than is held.
    """
    left, takes = dict(demand), []
    for (location_id, sku), count in held.items():
        units = min(left.get(sku, 0), count)
        if units:
            takes.append(Take(location_id, sku, units))
            left[sku] -= units
    return Plan(tuple(takes), {sku: units for sku, units in left.items() if units})


def hand_out(takes: Sequence[Take], wanted: Sequence[tuple[UUID, str, int]]) -> list[tuple[UUID, UUID, int]]:
    """Which location serves which requirement with how many units.

    `wanted` are requirements with their SKU and units, served in their order; the answer is (requirement, location,
    units). Conserves units: each requirement gets no more than it wants, and each take is handed out to the end.
    """
    left = {requirement_id: units for requirement_id, _, units in wanted}
    given = []
    for take in takes:
        units = take.units
        for requirement_id, sku, _ in wanted:
            count = min(units, left[requirement_id]) if sku == take.sku else 0
            if count:
                units, left[requirement_id] = units - count, left[requirement_id] - count
                given.append((requirement_id, take.location_id, count))
        assert units == 0, "a plan takes no more than is wanted"
    return given
