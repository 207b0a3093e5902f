"""The scalars of the API: one formatter and one parser each, and nothing that a JSON number could round."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

Amount = NewType("Amount", str)
Cursor = NewType("Cursor", str)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def print_time(at: datetime) -> str:
    """The instant in UTC, cut (not rounded) to milliseconds, with Z: 2026-11-22T09:30:00.000Z."""
    assert at.tzinfo, "a time without an offset"
    # Not strftime: it writes the year 999 with three digits.
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def parse_time(text: Any) -> datetime:
    """The instant, in UTC at once: Tortoise on SQLite compares the texts it is given, offset and all."""
    expected = 'A DateTime is a string with an offset, such as "2026-11-22T09:30:00Z".'
    try:
        at = datetime.fromisoformat(_text(text, expected))
        if at.tzinfo is None:
            raise _refused(f'"{text[:40]}" has no offset from UTC. {expected}')
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refused(f'"{text[:40]}" is not a time. {expected}') from None


def parse_day(text: Any) -> date:
    """A day of the calendar, in no particular time zone."""
    expected = 'A Date is a string such as "2026-11-22".'
    try:
        if _DAY.fullmatch(_text(text, expected)):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _refused(f'"{text[:40]}" is not a day. {expected}')


def parse_amount(text: Any) -> Amount:
    """The text as it was sent; whether it is an amount of its currency is the domain's question."""
    return Amount(_text(text, 'An Amount is a string such as "12.34", never a JSON number: numbers round.'))


def parse_cursor(text: Any) -> Cursor:
    """The text as it was sent; the list that it is given to judges it."""
    return Cursor(_text(text, "A Cursor is the opaque string that a page or a stream gave you."))


def _text(value: Any, expected: str) -> str:
    if not isinstance(value, str):
        raise _refused(expected)
    return value


def _refused(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant: ISO 8601 in UTC with milliseconds and `Z`. As input any offset will do.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=print_time,
        parse_value=parse_time,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day of the calendar, such as `2026-11-22`.",
        serialize=date.isoformat,
        parse_value=parse_day,
    ),
    Amount: strawberry.scalar(
        name="Amount",
        description='An amount of money: a string with exactly the digits of its currency, such as "12.34" for EUR.',
        serialize=str,
        parse_value=parse_amount,
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="A place in a list or a stream. Opaque: keep it as it is and hand it back.",
        serialize=str,
        parse_value=parse_cursor,
    ),
}
