"""How PostgreSQL and SQLite write the few things of a plan that they write differently."""

from datetime import UTC, date, datetime
from typing import Any, Protocol
from uuid import UUID

from domain.kernel.currencies import EXPONENTS
from domain.kernel.database import Dialect
from schema.compiled.plan import quoted


class Writer(Protocol):
    """Expressions of one dialect. All of them give texts; those of JSON are never null for what is not null."""

    def json_text(self, sql: str) -> str:
        """A text as JSON."""

    def hex_id(self, sql: str) -> str:
        """The 32 hex digits of a UUID."""

    def hex(self, sql: str) -> str:
        """A text's UTF-8 bytes in hex."""

    def time(self, sql: str, digits: int) -> str:
        """An instant in UTC with Z, cut (not rounded) to so many digits of a second."""

    def day(self, sql: str) -> str:
        """A day of the calendar."""

    def listed(self, json: str, source: str, order: str) -> str:
        """The JSON of all rows of `source` (FROM and WHERE) in this order, with commas between, or null."""

    def joined(self, json: str, order: str) -> str:
        """The aggregate of texts that are in this order already, with commas between; nulls are left out."""

    def parameter(self, n: int) -> str:
        """The n-th parameter, from 1."""

    def bound(self, value: Any) -> Any:
        """The value as the driver wants it."""


class Postgres:
    """PostgreSQL: the parameters keep their types."""

    def json_text(self, sql: str) -> str:
        return f"to_json({sql})::text"

    def hex_id(self, sql: str) -> str:
        return f"encode(uuid_send({sql}), 'hex')"

    def hex(self, sql: str) -> str:
        return f"encode(convert_to({sql}, 'UTF8'), 'hex')"

    def time(self, sql: str, digits: int) -> str:
        fraction = "MS" if digits == 3 else "US"
        return f"""to_char({sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.{fraction}"Z"')"""

    def day(self, sql: str) -> str:
        return f"to_char({sql}, 'YYYY-MM-DD')"

    def listed(self, json: str, source: str, order: str) -> str:
        return f"(select string_agg({json}, ',' order by {order}) {source})"

    def joined(self, json: str, order: str) -> str:
        return f"string_agg({json}, ',' order by {order})"

    def parameter(self, n: int) -> str:
        return f"${n}"

    def bound(self, value: Any) -> Any:
        return value


class Sqlite:
    """SQLite: everything is a text or a number, as Tortoise writes it."""

    def json_text(self, sql: str) -> str:
        return f"json_quote({sql})"

    def hex_id(self, sql: str) -> str:
        return f"replace({sql}, '-', '')"

    def hex(self, sql: str) -> str:
        return f"lower(hex({sql}))"

    def time(self, sql: str, digits: int) -> str:
        # Not strftime('%f'), which rounds. Tortoise writes no fraction at all when it is zero.
        cut = f"substr({sql}, 21, {digits})"
        fraction = f"case when substr({sql}, 20, 1) = '.' then {cut} else '{'0' * digits}' end"
        return f"(substr({sql}, 1, 10) || 'T' || substr({sql}, 12, 8) || '.' || {fraction} || 'Z')"

    def day(self, sql: str) -> str:
        return f"substr({sql}, 1, 10)"

    def listed(self, json: str, source: str, order: str) -> str:
        # Before 3.44 an aggregate has no ORDER BY: the subquery's is kept, which its documentation does not promise.
        return f"(select group_concat(j, ',') from (select {json} as j {source} order by {order}))"

    def joined(self, json: str, order: str) -> str:  # noqa: ARG002
        return f"group_concat({json}, ',')"

    def parameter(self, n: int) -> str:
        return f"?{n}"

    def bound(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat(" ")
        return str(value) if isinstance(value, UUID | date) else value


def writer_of(dialect: Dialect) -> Writer:
    """The writer for this database."""
    return Postgres() if dialect is Dialect.POSTGRES else Sqlite()


_OTHERS = {
    digits: sorted(code for code, exponent in EXPONENTS.items() if exponent == digits)
    for digits in sorted(set(EXPONENTS.values()) - {2})
}


def amount(minor: str, currency: str) -> str:
    """The JSON string of an amount of minor units: with exactly the digits of its currency (domain.kernel.money)."""
    # Most currencies have two digits: for them one look into one list.
    others = [code for codes in _OTHERS.values() for code in codes]
    cases = " ".join(f"when {currency} in {_codes(codes)} then {_digits(minor, n)}" for n, codes in _OTHERS.items())
    plain = _digits(minor, 2)
    size = f"case when {currency} not in {_codes(others)} then {plain} {cases} end"
    sign = f"""case when {minor} < 0 then '"-' else '"' end"""
    return f"""({sign} || {size} || '"')"""


def _codes(codes: list[str]) -> str:
    return f"({', '.join(map(quoted, codes))})"


def _digits(minor: str, digits: int) -> str:
    if digits == 0:
        return f"cast(abs({minor}) as text)"
    # 10**digits + rest, less its first digit: padded with zeros.
    rest = f"substr(cast({10**digits} + abs({minor}) % {10**digits} as text), 2)"
    return f"cast(abs({minor}) / {10**digits} as text) || '.' || {rest}"
