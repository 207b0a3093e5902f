"""How much may wait, until when, and who is served first."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.backorders.decisions import PROMISED_WITHIN, Arrival, may_wait, promise, served, share
from domain.catalog.decisions import is_released

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TUESDAY, FRIDAY = NOW + timedelta(days=1), NOW + timedelta(days=4)


@pytest.mark.parametrize(
    ("units", "waiting", "promised"),
    [(3, 0, TUESDAY), (5, 0, TUESDAY), (6, 0, FRIDAY), (1, 5, FRIDAY), (8, 7, FRIDAY), (9, 7, NOW + PROMISED_WITHIN)],
)
def test_units_are_promised_with_the_first_arrival_that_covers_them_and_all_before_them(
    units: int, waiting: int, promised: datetime
) -> None:
    assert promise(units, waiting, [Arrival(FRIDAY, 10), Arrival(TUESDAY, 5)], NOW) == promised


def test_without_an_arrival_units_are_promised_in_two_weeks_and_a_late_one_is_promised_for_now() -> None:
    assert promise(1, 0, [], NOW) == NOW + timedelta(days=14)
    assert promise(1, 0, [Arrival(NOW - timedelta(days=3), 1)], NOW) == NOW


def test_a_limit_is_for_all_that_wait_and_without_one_any_number_may() -> None:
    assert (may_wait(None, 900), may_wait(5, 0), may_wait(5, 4), may_wait(5, 5), may_wait(5, 9)) == (None, 5, 1, 0, 0)


@given(st.lists(st.integers(1, 9), max_size=12), st.integers(-5, 60))
def test_shares_hand_out_what_there_is_to_whoever_is_first_and_no_more(waiting: list[int], units: int) -> None:
    shares = [share(count, sum(waiting[:n]), units) for n, count in enumerate(waiting)]
    assert sum(shares) == min(max(units, 0), sum(waiting))
    assert all(given <= count for given, count in zip(shares, waiting, strict=True))
    assert served(waiting, units) == sum(1 for given in shares if given)
    first_short = next((n for n, count in enumerate(waiting) if shares[n] < count), len(waiting))
    assert not any(shares[first_short + 1 :])


def test_a_variant_is_released_from_its_moment_on() -> None:
    assert is_released(None, NOW)
    assert is_released(NOW, NOW)
    assert not is_released(NOW + timedelta(microseconds=1), NOW)
