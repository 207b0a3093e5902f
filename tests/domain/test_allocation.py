"""Choosing locations for a demand."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.allocation.decisions import Source, Take, hand_out, plan_allocation
from domain.kernel.ids import new_id

NORTH, SOUTH = UUID(int=1), UUID(int=2)
skus = st.sampled_from(["CAP", "MUG", "TEE"])
demands = st.dictionaries(skus, st.integers(1, 40), min_size=1)
shelves = st.lists(st.dictionaries(skus, st.integers(-5, 40)), max_size=5)


def sources_of(stock: list[dict[str, int]]) -> list[Source]:
    return [Source(UUID(int=n), available) for n, available in enumerate(stock)]


@given(demands, shelves)
def test_no_unit_is_made_or_lost_and_no_location_gives_more_than_it_has(
    demand: dict[str, int], stock: list[dict[str, int]]
) -> None:
    sources = sources_of(stock)
    plan = plan_allocation(demand, sources)
    for sku, units in demand.items():
        taken = sum(take.units for take in plan.takes if take.sku == sku)
        there = sum(max(source.available.get(sku, 0), 0) for source in sources)
        assert taken + plan.short.get(sku, 0) == units
        assert taken == min(units, there), "short only when nobody has more"
    for take in plan.takes:
        assert 0 < take.units <= sources[take.location_id.int].available[take.sku]
    assert len({(take.location_id, take.sku) for take in plan.takes}) == len(plan.takes)
    assert plan.is_complete == (not plan.short)


@given(demands, shelves)
def test_the_first_location_that_has_everything_serves_alone(
    demand: dict[str, int], stock: list[dict[str, int]]
) -> None:
    able = [n for n, shelf in enumerate(stock) if all(shelf.get(sku, 0) >= units for sku, units in demand.items())]
    used = {take.location_id.int for take in plan_allocation(demand, sources_of(stock)).takes}
    if able:
        assert used == {able[0]}


@given(demands, shelves)
def test_the_same_question_has_the_same_answer(demand: dict[str, int], stock: list[dict[str, int]]) -> None:
    backwards = dict(reversed(demand.items()))
    assert plan_allocation(demand, sources_of(stock)) == plan_allocation(backwards, sources_of(stock))


def test_thirteen_units_over_two_locations_are_ten_and_three_and_never_ten_and_thirteen() -> None:
    plan = plan_allocation({"MUG": 13}, [Source(NORTH, {"MUG": 10}), Source(SOUTH, {"MUG": 12})])
    assert plan.takes == (Take(NORTH, "MUG", 10), Take(SOUTH, "MUG", 3))


def test_one_parcel_is_better_than_two_even_from_a_later_location() -> None:
    plan = plan_allocation({"MUG": 1, "TEE": 1}, [Source(NORTH, {"MUG": 5}), Source(SOUTH, {"MUG": 1, "TEE": 1})])
    assert plan.takes == (Take(SOUTH, "MUG", 1), Take(SOUTH, "TEE", 1))


def test_units_that_no_location_can_promise_are_short() -> None:
    plan = plan_allocation({"MUG": 5}, [Source(NORTH, {"MUG": 2}), Source(SOUTH, {"MUG": -3})])
    assert plan.takes == (Take(NORTH, "MUG", 2),)
    assert plan.short == {"MUG": 3}
    assert plan_allocation({"MUG": 5}, []).short == {"MUG": 5}


def test_a_demand_of_nothing_is_a_mistake() -> None:
    with pytest.raises(AssertionError):
        plan_allocation({"MUG": 0}, [])


def test_planned_units_are_handed_to_the_requirements_of_their_sku_in_their_order() -> None:
    north, south, first, second, other = (new_id() for _ in range(5))
    takes = [Take(north, "MUG", 3), Take(north, "TEE", 1), Take(south, "MUG", 2)]
    wanted = [(first, "MUG", 1), (second, "MUG", 4), (other, "TEE", 1)]
    assert hand_out(takes, wanted) == [(first, north, 1), (second, north, 2), (other, north, 1), (second, south, 2)]
