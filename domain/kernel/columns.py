"""Columns: how rows of a table are given to PostgreSQL, a column at a time, by a statement for any number of rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Any

import orjson
from tortoise import fields
from tortoise.fields.base import Field

from domain.kernel.rows import Row

Kind = type[Row]
# PostgreSQL's type of a column's values; a CharField's length is checked when its text is assigned.
_TYPES: Mapping[type[Field[Any]], str] = {
    fields.UUIDField: "uuid",
    fields.BigIntField: "bigint",
    fields.SmallIntField: "smallint",
    fields.IntField: "int",
    fields.BooleanField: "boolean",
    fields.DatetimeField: "timestamptz",
    fields.DateField: "date",
    fields.JSONField: "jsonb",
    fields.CharField: "text",
    fields.TextField: "text",
}


@dataclass(frozen=True)
class Given:
    """The columns of some rows, the first of which is the key, and which of them have a value for each row.

    Of the others all rows have the same: it is sent once. Equal for those that one statement serves.
    """

    table: "Table"
    listed: tuple[bool, ...]

    def insert(self, bound: int) -> str:
        """The statement of new rows, whose parameters follow the bound ones."""
        names = ", ".join(f'"{name}"' for name in self.table.columns)
        return f'INSERT INTO "{self.table.name}" ({names}) SELECT {", ".join(self._values(bound))} {self._rows(bound)}'

    def update(self, bound: int) -> str:
        """The statement that writes these columns of rows that are there; the first one is the id."""
        written = list(zip(self.table.columns, self._values(bound), strict=True))[1:]
        changed, name = ", ".join(f'"{column}" = {value}' for column, value in written), self.table.name
        return f'UPDATE "{name}" SET {changed} {self._rows(bound)} WHERE "{name}".id = given.id'

    def _values(self, bound: int) -> list[str]:
        found = []
        for n, (name, kind) in enumerate(zip(self.table.columns, self.table.types, strict=True)):
            value = f'given."{name}"' if self.listed[n] else f"${bound + n + 1}::{_sent_as(kind)}"
            found.append(f"{value}::jsonb" if kind == "jsonb" else value)
        return found

    def _rows(self, bound: int) -> str:
        listed = [n for n, is_listed in enumerate(self.listed) if is_listed]
        places = ", ".join(f"${bound + n + 1}::{_sent_as(self.table.types[n])}[]" for n in listed)
        names = ", ".join(f'"{self.table.columns[n]}"' for n in listed)
        return f"FROM unnest({places}) AS given ({names})"


@dataclass(eq=False)
class Table:
    """Columns of a table, all of them or some; the first one is the key.

    It remembers which of them ever had several values in one statement: those are listed from then on. So there are
    few different statements in the life of a process, and most of a row, which is the same in all, is sent once.
    """

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    get: Callable[[Row], tuple[Any, ...]]
    jsons: tuple[int, ...]
    listed: list[bool] = field(init=False)

    def __post_init__(self) -> None:
        self.listed = [True, *(False for _ in self.columns[1:])]

    def given(self, rows: Sequence[Row]) -> tuple[Given, list[Any]]:
        """How the rows are given, and the values: of each column a list, or the one value."""
        columns: list[Any] = list(zip(*map(self.get, rows), strict=True))
        for n in self.jsons:
            columns[n] = [None if each is None else orjson.dumps(each).decode() for each in columns[n]]
        listed, count = self.listed, len(rows)
        for n, column in enumerate(columns):
            if not listed[n]:
                if column.count(column[0]) == count:
                    columns[n] = column[0]
                else:
                    listed[n] = True
        return Given(self, tuple(listed)), columns


@cache
def table_of(kind: Kind, columns: tuple[str, ...] | None = None) -> Table:
    """Of these columns, or of all."""
    meta = kind._meta
    names = columns or tuple(meta.fields_db_projection)
    types = tuple(_type_of(meta.fields_map[name]) for name in names)
    shown = tuple(meta.fields_db_projection[name] for name in names)
    jsons = tuple(n for n, each in enumerate(types) if each == "jsonb")
    return Table(meta.db_table, shown, types, attrgetter(*names), jsons)


def _type_of(field: Field[Any]) -> str:
    return next(_TYPES[kind] for kind in type(field).__mro__ if kind in _TYPES)


def _sent_as(kind: str) -> str:
    """JSON is sent as the text that it is."""
    return "text" if kind == "jsonb" else kind
