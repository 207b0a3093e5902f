"""What a channel may promise of the locations that it sees, now and later: plain values in, plain values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.kernel.errors import InvalidInput, Path

MOST_LOCATIONS = 100
MOST_BUFFER_UNITS = 1_000_000


@dataclass(frozen=True)
class Arrival:
    """Units that are expected at a location; `at` is None when nobody knows when."""

    location_id: UUID
    at: datetime | None
    units: int


@dataclass(frozen=True)
class Step:
    """From this moment on so many units can be promised, until the next step."""

    at: datetime
    available: int


def seen_units(atp: int, buffer_units: int) -> int:
    """What a channel may promise of a location's units: less its buffer, and never below nothing."""
    return max(atp - buffer_units, 0)


@dataclass(frozen=True)
class Sight:
    """What a channel sees: the locations that it names, with the units that it leaves alone there; naming none, all."""

    buffers: Mapping[UUID, int]

    def sees(self, location_id: UUID) -> bool:
        """Whether it sells the location's stock."""
        return not self.buffers or location_id in self.buffers

    def units(self, location_id: UUID, atp: int) -> int:
        """What it may promise of the location's units; nothing where it does not see them."""
        return seen_units(atp, self.buffers.get(location_id, 0)) if self.sees(location_id) else 0


EVERY_LOCATION = Sight({})


def by_date(
    now: datetime, buffers: Mapping[UUID, int], atp: Mapping[UUID, int], arrivals: Sequence[Arrival]
) -> tuple[Step, ...]:
    """What can be promised of one SKU: now first, then as often as an arrival changes it.

    `buffers` are of the locations that the channel sees; `atp` may be negative where facts took more than was free, or
    more waits than came: an arrival makes that good first. What is overdue, or has no date, counts only once it is
    there. Buffers are taken off each location, so that none lends its units to another's.
    """
    there = {place: atp.get(place, 0) for place in buffers}
    steps = [Step(now, _total(there, buffers))]
    to_come = [(each.at, each) for each in arrivals if each.at is not None and each.at > now]
    for at, each in sorted(to_come, key=lambda dated: dated[0]):
        if each.location_id in there:
            there[each.location_id] += each.units
            steps.append(Step(at, _total(there, buffers)))
    return _changes(steps)


def _total(units: Mapping[UUID, int], buffers: Mapping[UUID, int]) -> int:
    return sum(seen_units(count, buffers[place]) for place, count in units.items())


def of_bundle(parts: Sequence[tuple[int, Sequence[Step]]]) -> tuple[Step, ...]:
    """What can be promised of a bundle: as many as the scarcest of its parts allows, at every moment.

    `parts` are the units in one bundle, and what can be promised of the part, all from the same moment on. Parts may
    come from several locations, as those of any order may.
    """
    assert parts, "a bundle of nothing"
    moments = sorted({step.at for _, steps in parts for step in steps})
    return _changes([Step(at, min(_at(steps, at) // units for units, steps in parts)) for at in moments])


def _at(steps: Sequence[Step], moment: datetime) -> int:
    return [step.available for step in steps if step.at <= moment][-1]


def at_most(steps: Sequence[Step], most: int) -> tuple[Step, ...]:
    """The same, for whoever is not told of more units than so many."""
    return _changes([Step(step.at, min(step.available, most)) for step in steps])


def _changes(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The last step of each moment, and of these the first, and those that change what can be promised."""
    last = list({step.at: step for step in steps}.values())
    return tuple(step for n, step in enumerate(last) if n == 0 or step.available != last[n - 1].available)


def checked_buffer(units: int, *, path: Path) -> int:
    """The same units; raises InvalidInput when they are not 0 to 1,000,000."""
    if not 0 <= units <= MOST_BUFFER_UNITS:
        raise InvalidInput(f"A buffer is 0 to {MOST_BUFFER_UNITS:,} units.", path=path)
    return units
