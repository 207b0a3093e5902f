"""What goes in and out of the scalars, exactly."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from graphql import GraphQLError

from schema.scalars import parse_amount, parse_cursor, parse_day, parse_time, print_time
from tests.api.sample_views import ask, code, data

ECHO = "query ($amount: Amount!, $at: DateTime!) { echo(amount: $amount, at: $at) }"


def test_a_time_is_printed_in_utc_with_milliseconds_that_are_cut_and_not_rounded() -> None:
    at = datetime(2026, 11, 22, 2, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert print_time(at) == "2026-11-22T00:30:00.999Z"


def test_a_time_of_the_year_999_keeps_four_digits() -> None:
    assert print_time(datetime(999, 1, 1, tzinfo=UTC)) == "0999-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T10:30:00Z",
        "2026-11-22T10:30:00.000+00:00",
        "2026-11-22T12:30:00+02:00",
        "2026-11-22T05:00:00-05:30",
        "20261122T103000Z",
    ],
)
def test_a_time_with_any_offset_is_the_same_instant_in_utc_at_once(text: str) -> None:
    parsed = parse_time(text)
    assert parsed == datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-22T10:30:00",
        "2026-11-22",
        "soon",
        "",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        1763807400,
        12.5,
        True,
        None,
    ],
)
def test_what_is_no_instant_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError) as refusal:
        parse_time(value)
    assert refusal.value.extensions == {"code": "BAD_REQUEST"}


def test_a_day_is_a_day() -> None:
    assert parse_day("2026-11-22") == date(2026, 11, 22)


@pytest.mark.parametrize("value", ["2026-11-31", "20261122", "2026-11-22T00:00:00Z", "٢٠٢٦-11-22", 20261122, None])
def test_what_is_no_day_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError) as refusal:
        parse_day(value)
    assert refusal.value.extensions == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize("value", [12, 12.34, True, None, {"amount": "1"}])
def test_an_amount_that_is_no_string_is_refused_with_a_reason(value: object) -> None:
    with pytest.raises(GraphQLError, match="never a JSON number: numbers round"):
        parse_amount(value)


@pytest.mark.parametrize("value", [7, None])
def test_a_cursor_that_is_no_string_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError):
        parse_cursor(value)


async def test_an_amount_and_a_time_pass_through_the_api() -> None:
    at = "2026-11-22T12:30:00+02:00"
    assert await data(ECHO, amount="12.34", at=at) == {"echo": "12.34 2026-11-22T10:30:00+00:00"}


@pytest.mark.parametrize("amount", [12.34, 12])
async def test_an_amount_sent_as_a_json_number_is_a_bad_request(amount: float) -> None:
    assert await code(ECHO, amount=amount, at="2026-11-22T12:30:00Z") == "BAD_REQUEST"


@pytest.mark.parametrize("amount", ["12.34", "12"])
async def test_an_amount_written_as_a_number_in_the_document_is_refused(amount: str) -> None:
    result = await ask(f'{{ echo(amount: {amount}, at: "2026-11-22T12:30:00Z") }}')
    assert result.errors
    assert "never a JSON number" in result.errors[0].message


async def test_a_time_without_an_offset_is_a_bad_request() -> None:
    assert await code(ECHO, amount="1", at="2026-11-22T12:30:00") == "BAD_REQUEST"
