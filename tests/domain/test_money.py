"""Money: exact digits, exact sums."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.currencies import EXPONENTS
from domain.kernel.errors import InvalidInput
from domain.kernel.money import LARGEST_MINOR, Money, exponent, format_minor, parse_minor, share, split

amounts = st.integers(-LARGEST_MINOR, LARGEST_MINOR)
currencies = st.sampled_from(sorted(EXPONENTS))


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("EUR", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("ISK", 0), ("HUF", 2), ("BHD", 3), ("TND", 3), ("CLF", 4)],
)
def test_a_currency_has_the_digits_that_iso_4217_gives_it(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize("code", ["eur", "EURO", "", "XXX", "DEM", "HRK"])
def test_a_code_that_iso_4217_does_not_list_as_active_is_no_currency(code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        exponent(code, path=("currency",))
    assert refused.value.path == ("currency",)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1234, "EUR", "12.34"),
        (5, "EUR", "0.05"),
        (-5, "EUR", "-0.05"),
        (0, "EUR", "0.00"),
        (1234, "JPY", "1234"),
        (1234, "BHD", "1.234"),
        (1234, "CLF", "0.1234"),
    ],
)
def test_an_amount_is_written_with_exactly_the_digits_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert format_minor(minor, currency) == text
    assert parse_minor(text, currency) == minor
    assert str(Money(minor, currency)) == f"{text} {currency}"


@given(amounts, currencies)
def test_what_is_written_is_read_as_the_same_amount(minor: int, currency: str) -> None:
    assert parse_minor(format_minor(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("12.345", "EUR"),
        ("1.0", "JPY"),
        ("1e3", "EUR"),
        ("1,000.00", "EUR"),
        ("+1", "EUR"),
        (" 1", "EUR"),
        ("1\n", "EUR"),
        ("01", "EUR"),
        (".5", "EUR"),
        ("5.", "EUR"),
        ("", "EUR"),
        ("NaN", "EUR"),
        ("1٢", "EUR"),
        ("10000000000000.01", "EUR"),
    ],
)
def test_what_is_no_plain_decimal_of_the_currency_is_refused(text: str, currency: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_minor(text, currency, path=("amount",))
    assert refused.value.path == ("amount",)


def test_fewer_digits_than_the_currency_has_are_filled_up() -> None:
    assert parse_minor("12.5", "EUR") == 1250
    assert parse_minor("12", "BHD") == 12000


def test_money_of_one_currency_is_added_and_of_two_never() -> None:
    assert Money(100, "EUR") + Money(5, "EUR") - Money(1, "EUR") == Money(104, "EUR")
    assert -Money(5, "EUR") == Money(-5, "EUR")
    with pytest.raises(AssertionError):
        Money(1, "EUR") + Money(1, "USD")


weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=20)


@given(amounts, weights)
def test_the_parts_of_a_split_sum_to_the_whole_each_within_one_unit_of_its_exact_share(
    amount: int, parts: list[int]
) -> None:
    found = split(amount, parts)
    assert sum(found) == amount
    if total := sum(parts):
        for part, weight in zip(found, parts, strict=True):
            assert abs(part - Fraction(amount * weight, total)) < 1
            assert part == 0 or weight > 0


@given(amounts, st.integers(1, 12))
def test_among_equal_weights_the_earlier_part_is_never_the_smaller(amount: int, count: int) -> None:
    sizes = [abs(part) for part in split(amount, [7] * count)]
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) - min(sizes) <= 1


def test_a_split_gives_what_is_left_over_to_the_largest_remainders() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(-100, [1, 1, 1]) == [-34, -33, -33]
    assert split(10, [3, 3, 1]) == [4, 4, 2]
    assert split(7, [0, 0]) == [7, 0]
    assert split(0, [1, 2]) == [0, 0]


@given(amounts, st.lists(st.integers(0, 1000), min_size=1, max_size=30))
def test_any_sequence_of_partial_takes_sums_to_the_whole(amount: int, takes: list[int]) -> None:
    remaining_minor, remaining_units, taken = amount, sum(takes), 0
    for units in takes:
        part = share(remaining_minor, units, remaining_units)
        assert part == 0 or (part < 0) == (amount < 0)
        assert abs(part) <= abs(remaining_minor)
        taken, remaining_minor, remaining_units = taken + part, remaining_minor - part, remaining_units - units
    assert taken == (amount if sum(takes) else 0)


def test_a_share_is_rounded_half_away_from_zero() -> None:
    assert share(1000, 1, 3) == 333
    assert share(5, 1, 2) == 3
    assert share(-5, 1, 2) == -3
    assert share(5, 0, 2) == 0
    with pytest.raises(AssertionError):
        share(5, 3, 2)
