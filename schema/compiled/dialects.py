"""How PostgreSQL and SQLite write the few things of a plan that they write differently."""

from datetime import UTC, date, datetime
from typing import Any, Protocol
from uuid import UUID

from domain.kernel.currencies import EXPONENTS
from domain.kernel.database import Dialect
from schema.compiled.plan import quoted


class Writer(Protocol):
    """Expressions of one dialect. All of them give texts; those of JSON are never null for what is not null."""

    def answer(self, sql: str) -> str:
        """A text as the whole answer: in UTF-8, where a driver would else decode it and we encode it again."""

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

    def joined(self, json: str, *, between: str = ",") -> str:
        """The aggregate of the texts of a subquery, in its order, with this between them; nulls are left out."""

    def amount(self, minor: str, currency: str) -> str:
        """The JSON string of an amount of minor units: with exactly its currency's digits (domain.kernel.money)."""

    def page(self, columns: str, alias: str, source: str, order: str, limit: int) -> str:
        """The first rows of `source` in this order; what is selected of them is not reckoned for the others."""

    def begins(self, sql: str, start: str) -> str:
        """The condition that a text begins with another."""

    def parameter(self, n: int) -> str:
        """The n-th parameter, from 1."""

    def lists(self, *columns: tuple[str, str], behind: int = 0) -> str | None:
        """The table `asked` of the rows that lists make, which are the parameters behind so many others: one for each
        column (its name, its type); `n` counts the rows. None where lists are no parameters.
        """

    def bound(self, value: Any) -> Any:
        """The value as the driver wants it."""


class Postgres:
    """PostgreSQL: the parameters keep their types."""

    def answer(self, sql: str) -> str:
        return f"convert_to({sql}, 'UTF8')"

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

    def joined(self, json: str, *, between: str = ",") -> str:
        return f"string_agg({json}, '{between}')"

    def amount(self, minor: str, currency: str) -> str:
        whole = f"FM{'9' * 18}0"
        cases = " ".join(f"when {_is_of(currency, n)} then '{whole}{_fraction(n)}'" for n in _CODES)
        # Most currencies have two digits: for them one look into one list.
        format_of = f"case when not {_is_of(currency)} then '{whole}{_fraction(2)}' {cases} end"
        return f"""('"' || to_char({minor}, {format_of}) || '"')"""

    def page(self, columns: str, alias: str, source: str, order: str, limit: int) -> str:  # noqa: ARG002
        # Where it sorts before it limits, PostgreSQL itself puts off what is expensive.
        return f"select {columns} {source} order by {order} limit {limit}"

    def begins(self, sql: str, start: str) -> str:
        return f"{sql} ^@ {start}"

    def parameter(self, n: int) -> str:
        return f"${n}"

    def lists(self, *columns: tuple[str, str], behind: int = 0) -> str | None:
        lists = ", ".join(f"${n}::{kind}[]" for n, (_, kind) in enumerate(columns, behind + 1))
        return f"unnest({lists}) with ordinality as asked({', '.join(name for name, _ in columns)}, n)"

    def bound(self, value: Any) -> Any:
        return value


class Sqlite:
    """SQLite: everything is a text or a number, as Tortoise writes it."""

    def answer(self, sql: str) -> str:
        return sql

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

    def joined(self, json: str, *, between: str = ",") -> str:
        return f"group_concat({json}, '{between}')"

    def amount(self, minor: str, currency: str) -> str:
        cases = " ".join(f"when {_is_of(currency, n)} then {_digits(minor, n)}" for n in _CODES)
        sign = f"""case when {minor} < 0 then '"-' else '"' end"""
        return f"""({sign} || case {cases} else {_digits(minor, 2)} end || '"')"""

    def page(self, columns: str, alias: str, source: str, order: str, limit: int) -> str:
        return f"select {columns} from (select {alias}.* {source} order by {order} limit {limit}) {alias}"

    def begins(self, sql: str, start: str) -> str:
        return f"substr({sql}, 1, length({start})) = {start}"

    def parameter(self, n: int) -> str:
        return f"?{n}"

    def lists(self, *columns: tuple[str, str], behind: int = 0) -> str | None:  # noqa: ARG002
        return None

    def bound(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat(" ")
        return str(value) if isinstance(value, UUID | date) else value


def writer_of(dialect: Dialect) -> Writer:
    """The writer for this database."""
    return Postgres() if dialect is Dialect.POSTGRES else Sqlite()


_CODES = {
    digits: sorted(code for code, exponent in EXPONENTS.items() if exponent == digits)
    for digits in sorted(set(EXPONENTS.values()) - {2})
}


def _is_of(currency: str, *digits: int) -> str:
    """Whether a currency has so many digits; without `digits`, whether it has any number but two."""
    codes = [code for each in digits or _CODES for code in _CODES[each]]
    return f"{currency} in ({', '.join(map(quoted, codes))})"


def _fraction(digits: int) -> str:
    return f'"."{"0" * digits}' if digits else ""


def _digits(minor: str, digits: int) -> str:
    if digits == 0:
        return f"cast(abs({minor}) as text)"
    # 10**digits + rest, less its first digit: padded with zeros.
    rest = f"substr(cast({10**digits} + abs({minor}) % {10**digits} as text), 2)"
    return f"cast(abs({minor}) / {10**digits} as text) || '.' || {rest}"
