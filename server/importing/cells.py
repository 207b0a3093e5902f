"""What a cell says: texts, whole units, money, times. Raises RowFault with the column and a sentence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from domain.kernel.money import LARGEST_MINOR
from server.importing.faults import RowFault


@dataclass(frozen=True)
class Cells:
    """How the file writes numbers and times, and the currency's digits."""

    decimal: str
    digits: int
    time: Callable[[str], datetime] = field(repr=False)

    def price(self, values: Mapping[str, Any], column: str) -> Decimal:
        """An amount with whatever digits it has. Raises RowFault when it is none."""
        text = cell(values, column)
        try:
            return number(text, self._point(values, column))
        except ValueError:
            raise RowFault("NOT_A_NUMBER", column, f'"{text[:40]}" is not an amount.') from None

    def _point(self, values: Mapping[str, Any], column: str) -> str:
        """JSON numbers have a point whatever the mapping says of texts."""
        return self.decimal if isinstance(values.get(column), str) else "."

    def minor(self, amount: Decimal, column: str) -> int:
        """Minor units, rounded half up (away from zero) to the currency's digits. Raises RowFault beyond 10^15."""
        minor = int(amount.scaleb(self.digits).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        if abs(minor) > LARGEST_MINOR:
            raise RowFault("TOO_LARGE", column, f"{amount} is more than can be booked.")
        return minor

    def amount(self, values: Mapping[str, Any], column: str) -> int:
        """Minor units; 0 where the column is not mapped or empty."""
        return self.minor(self.price(values, column), column) if column and cell(values, column) else 0

    def units(self, values: Mapping[str, Any], column: str) -> int:
        """Whole units, of either sign. Raises RowFault when they are not whole."""
        text = cell(values, column)
        try:
            return whole(text, self._point(values, column))
        except ValueError:
            raise RowFault("NOT_A_QUANTITY", column, f'"{text[:40]}" is not a whole number of units.') from None

    def moment(self, values: Mapping[str, Any], column: str) -> datetime | None:
        """A time in UTC; None where the column is not mapped or empty. Raises RowFault when it is none."""
        text = cell(values, column) if column else ""
        if not text:
            return None
        try:
            return self.time(text)
        except (ValueError, OverflowError):
            raise RowFault("NOT_A_TIME", column, f'"{text[:40]}" is not a time as the mapping writes it.') from None


def cell(values: Mapping[str, Any], column: str) -> str:
    """The trimmed text of a cell, "" where there is none. JSON numbers are texts here. Raises RowFault for the rest."""
    value = values.get(column)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise RowFault("NOT_A_TEXT", column, "A text or a number is expected here.")


def words(values: Mapping[str, Any], column: str, most: int) -> str:
    """A text of at most so many signs, all of them printable; "" where the column is not mapped or empty."""
    text = cell(values, column) if column else ""
    if len(text) > most:
        raise RowFault("TOO_LONG", column, f"It has {len(text)} signs; {most} is the most.")
    if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
        raise RowFault("NOT_IN_ENCODING", column, "It has bytes that are not in the encoding of the mapping.")
    if "\x00" in text:
        raise RowFault("NOT_A_TEXT", column, "It has a zero byte.")
    return text


@lru_cache(maxsize=10_000)
def number(text: str, decimal: str) -> Decimal:
    """A plain decimal: no exponent, no thousands. Raises ValueError when it is none."""
    plain = text.replace(decimal, ".") if decimal != "." else text
    if not plain or set(plain) - set("+-.0123456789") or (decimal != "." and "." in text):
        raise ValueError(text)
    try:
        return Decimal(plain)
    except InvalidOperation:
        raise ValueError(text) from None


@lru_cache(maxsize=10_000)
def whole(text: str, decimal: str) -> int:
    """A whole number, also when written with a zero fraction. Raises ValueError when it is none."""
    value = number(text, decimal)
    if value != value.to_integral_value() or abs(value) > 10**12:
        raise ValueError(text)
    return int(value)


def clock(date_format: str, time_zone: str) -> Callable[[str], datetime]:
    """How times are read: to UTC, from `time_zone` where they have no offset. Raises ValueError for what is no time."""
    zone = ZoneInfo(time_zone)

    @lru_cache(maxsize=10_000)
    def read(text: str) -> datetime:
        local = datetime.fromisoformat(text) if date_format == "iso" else datetime.strptime(text, date_format)
        return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)

    return read
