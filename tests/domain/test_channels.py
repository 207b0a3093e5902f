"""What a channel may promise of the locations that it sees, now and by date."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.channels.decisions import Arrival, Step, at_most, by_date, checked_buffer, of_bundle, seen_units
from domain.kernel.errors import InvalidInput

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NORTH, SOUTH, FAR = UUID(int=1), UUID(int=2), UUID(int=3)
places = st.sampled_from([NORTH, SOUTH, FAR])
moments = st.one_of(st.none(), st.integers(-3, 6).map(lambda days: NOW + timedelta(days=days)))
arrival_lists = st.lists(st.builds(Arrival, places, moments, st.integers(1, 30)), max_size=8)
shelves = st.dictionaries(places, st.integers(-20, 30))
buffer_maps = st.dictionaries(places, st.integers(0, 15))


def after(days: int) -> datetime:
    return NOW + timedelta(days=days)


def at(steps: tuple[Step, ...], moment: datetime) -> int:
    return [each.available for each in steps if each.at <= moment][-1]


@given(buffer_maps, shelves, arrival_lists)
def test_at_every_moment_each_seen_location_gives_what_it_has_then_less_its_buffer(
    buffers: dict[UUID, int], atp: dict[UUID, int], arrivals: list[Arrival]
) -> None:
    steps = by_date(NOW, buffers, atp, arrivals)
    for moment in [after(days) for days in range(8)]:
        there = {
            place: atp.get(place, 0)
            + sum(each.units for each in arrivals if each.location_id == place and each.at and NOW < each.at <= moment)
            for place in buffers
        }
        assert at(steps, moment) == sum(max(there[place] - buffers[place], 0) for place in buffers)


@given(buffer_maps, shelves, arrival_lists)
def test_the_first_step_is_now_and_every_other_one_is_later_and_brings_more(
    buffers: dict[UUID, int], atp: dict[UUID, int], arrivals: list[Arrival]
) -> None:
    steps = by_date(NOW, buffers, atp, arrivals)
    assert steps[0].at == NOW
    for earlier, later in itertools.pairwise(steps):
        assert earlier.at < later.at
        assert earlier.available < later.available


@given(st.lists(st.tuples(st.integers(1, 4), shelves, arrival_lists), min_size=1, max_size=3))
def test_a_bundle_is_promised_as_often_as_its_scarcest_part_allows(
    parts: list[tuple[int, dict[UUID, int], list[Arrival]]],
) -> None:
    buffers = {NORTH: 0, SOUTH: 2}
    each = [(units, by_date(NOW, buffers, atp, arrivals)) for units, atp, arrivals in parts]
    bundle = of_bundle(each)
    for moment in [after(days) for days in range(8)]:
        made = at(bundle, moment)
        assert all(made * units <= at(steps, moment) for units, steps in each), "no part is promised twice"
        assert any((made + 1) * units > at(steps, moment) for units, steps in each), "one more would lack a part"
    assert all(one.available != two.available for one, two in itertools.pairwise(bundle))


@given(shelves, arrival_lists, st.integers(0, 40))
def test_whoever_is_told_less_is_told_the_same_up_to_that(
    atp: dict[UUID, int], arrivals: list[Arrival], most: int
) -> None:
    steps = by_date(NOW, {NORTH: 0, SOUTH: 0}, atp, arrivals)
    told = at_most(steps, most)
    for moment in [after(days) for days in range(8)]:
        assert at(told, moment) == min(at(steps, moment), most)
    assert len(told) <= len(steps)


def test_steps_are_added_up_location_by_location() -> None:
    arrivals = [
        Arrival(SOUTH, after(3), 4),
        Arrival(NORTH, after(1), 5),
        Arrival(SOUTH, after(1), 1),
        Arrival(FAR, after(2), 50),
        Arrival(NORTH, None, 100),
        Arrival(NORTH, after(-1), 100),
    ]
    assert by_date(NOW, {NORTH: 2, SOUTH: 0}, {NORTH: 10, SOUTH: -2, FAR: 7}, arrivals) == (
        Step(NOW, 8),
        Step(after(1), 13),
        Step(after(3), 16),
    )


def test_a_location_below_its_buffer_takes_nothing_from_another() -> None:
    assert seen_units(3, 5) == 0
    assert by_date(NOW, {NORTH: 5, SOUTH: 1}, {NORTH: 3, SOUTH: 4}, []) == (Step(NOW, 3),)


def test_a_channel_that_sees_no_location_promises_nothing() -> None:
    assert by_date(NOW, {}, {NORTH: 3}, [Arrival(NORTH, after(1), 5)]) == (Step(NOW, 0),)


@pytest.mark.parametrize("units", [-1, 1_000_001])
def test_a_buffer_is_a_number_of_units(units: int) -> None:
    assert checked_buffer(0, path=()) == 0
    with pytest.raises(InvalidInput) as refused:
        checked_buffer(units, path=("locations", "0", "bufferUnits"))
    assert refused.value.path == ("locations", "0", "bufferUnits")
