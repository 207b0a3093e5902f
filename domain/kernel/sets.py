"""Writes by the set: the rows of any tables in one statement, and counters of many rows in another.

SQLite answers in the same process: there the same is done row by row, at the same cost.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson
from tortoise import fields
from tortoise.fields.base import Field

from domain.kernel.database import Dialect, current_connection, dialect_of
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
_ADDED = re.compile(r"\bd_(\w+)")
_ROWS_AT_ONCE = 200  # of SQLite, whose statements have a bounded number of parameters


async def insert(rows: Sequence[Row]) -> None:
    """Insert rows of any tables, parents before their children; in one statement where the database can."""
    connection, by_kind = current_connection(), _by_kind(rows)
    if not by_kind:
        return
    if dialect_of(connection) is Dialect.SQLITE:
        for kind, those in by_kind.items():
            await kind.bulk_create(those, batch_size=_ROWS_AT_ONCE)
        return
    values = [column for kind, those in by_kind.items() for column in _table(kind).columns_of(those)]
    await connection.execute_query(_insertion(tuple(by_kind)), values)


@cache
def _insertion(kinds: tuple[Kind, ...]) -> str:
    """The statement that inserts rows of these tables, however many."""
    parts, bound = [], 0
    for table in map(_table, kinds):
        parts.append(table.insert(bound))
        bound += len(table.columns)
    # Foreign keys are checked when the whole statement has ended, so that the parts may refer to one another.
    head = ", ".join(f"part_{n} AS ({part})" for n, part in enumerate(parts[:-1]))
    return f"WITH {head} {parts[-1]}" if head else parts[-1]


async def insert_new(rows: Sequence[Row]) -> set[UUID]:
    """Insert rows of one table, in this order, unless a unique key is taken; the ids of those that were."""
    if not rows:
        return set()
    connection, [(kind, those)] = current_connection(), _by_kind(rows).items()
    if dialect_of(connection) is Dialect.SQLITE:
        await kind.bulk_create(those, batch_size=_ROWS_AT_ONCE, ignore_conflicts=True)
        found = await kind.filter(id__in=[row.id for row in those]).values_list("id")
        return {each for (each,) in found}
    table = _table(kind)
    sql = f"{table.insert(0)} ON CONFLICT DO NOTHING RETURNING id"
    return {found["id"] for found in await connection.execute_query_dict(sql, table.columns_of(those))}


async def add(
    kind: Kind,
    units: Mapping[UUID, Mapping[str, int]],
    *,
    guard: str = "",
    now: datetime | None = None,
    returning: Sequence[str] = (),
) -> dict[UUID, tuple[Any, ...]]:
    """Add to counters of rows, each in one guarded UPDATE that reads its own row alone; of those changed, by id,
    the columns `returning` as they are then. A row that is missing there did not fulfil the guard.

    `guard` is a condition over columns, in which `d_<counter>` is what is added to it; `now` goes to `updated_at`.
    """
    counters = sorted({name for changes in units.values() for name in changes} | set(_ADDED.findall(guard)))
    if not units:
        return {}
    changed = [f'"{name}" = "{name}" + d_{name}' for name in counters] + (["updated_at = d_now"] if now else [])
    statement = _Addition(kind, ", ".join(changed), f" AND ({guard})" if guard else "", tuple(returning), now)
    if dialect_of(current_connection()) is Dialect.SQLITE:
        return await statement.one_by_one(units, counters)
    return await statement.at_once(units, counters)


async def add_all(kind: Kind, units: Mapping[UUID, Mapping[str, int]]) -> None:
    """Add to counters of rows whose order is locked. Asserts that each is there, and that none falls below zero."""
    counters = sorted({name for changes in units.values() for name in changes})
    changed = await add(kind, units, guard=" AND ".join(f"{name} + d_{name} >= 0" for name in counters))
    assert changed.keys() == units.keys(), f"more was taken out of {kind._meta.db_table} than is in it: {units}"


@dataclass(frozen=True)
class _Addition:
    """UPDATE … SET counter = counter + d_counter WHERE … over some rows of one table."""

    kind: Kind
    changed: str
    guard: str
    returning: tuple[str, ...]
    now: datetime | None

    async def at_once(
        self, units: Mapping[UUID, Mapping[str, int]], counters: list[str]
    ) -> dict[UUID, tuple[Any, ...]]:
        ids = sorted(units)
        columns = ", ".join(f"${n}::bigint[]" for n in range(2, len(counters) + 2))
        names = ", ".join(f"d_{name}" for name in counters)
        now = f", (SELECT ${len(counters) + 2}::timestamptz AS d_now) AS clock" if self.now else ""
        sql = (
            f'UPDATE "{self.kind._meta.db_table}" SET {self.changed}'
            f" FROM unnest($1::uuid[], {columns}) AS change (changed_id, {names}){now}"
            f" WHERE id = changed_id{self.guard} RETURNING {', '.join(['id', *self.returning])}"
        )
        values: list[Any] = [ids, *([units[each].get(name, 0) for each in ids] for name in counters)]
        found = await current_connection().execute_query_dict(sql, [*values, self.now] if self.now else values)
        return {row["id"]: tuple(row[name] for name in self.returning) for row in found}

    async def one_by_one(
        self, units: Mapping[UUID, Mapping[str, int]], counters: list[str]
    ) -> dict[UUID, tuple[Any, ...]]:
        places = {f"d_{name}": f"?{n}" for n, name in enumerate(counters, 2)} | {"d_now": f"?{len(counters) + 2}"}
        sql = f'UPDATE "{self.kind._meta.db_table}" SET {self.changed} WHERE id = ?1{self.guard}'
        sql = _ADDED.sub(lambda name: places[name[0]], sql)
        done, connection = [], current_connection()
        for each in sorted(units):
            values = [str(each), *(units[each].get(name, 0) for name in counters)]
            if self.now:
                values.append(self.now.isoformat(" "))
            count, _ = await connection.execute_query(sql, values)
            done += [each] if count else []
        if not self.returning or not done:
            return dict.fromkeys(done, ())
        found = await self.kind.filter(id__in=done).values_list("id", *self.returning)
        return {each: tuple(rest) for each, *rest in found}


def _by_kind(rows: Sequence[Row]) -> dict[Kind, list[Row]]:
    found: dict[Kind, list[Row]] = defaultdict(list)
    for row in rows:
        found[type(row)].append(row)
    return found


@dataclass(frozen=True)
class _Table:
    """How rows of a table become arrays, one a column, and arrays become rows of PostgreSQL's table."""

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    get: Callable[[Row], tuple[Any, ...]]
    jsons: tuple[int, ...]

    def insert(self, bound: int) -> str:
        """The statement, whose parameters follow the bound ones."""
        places = ", ".join(
            f"${bound + n}::{'text' if kind == 'jsonb' else kind}[]" for n, kind in enumerate(self.types, 1)
        )
        names = ", ".join(f'"{name}"' for name in self.columns)
        shown = ", ".join(
            f'"{name}"::jsonb' if kind == "jsonb" else f'"{name}"'
            for name, kind in zip(self.columns, self.types, strict=True)
        )
        return f'INSERT INTO "{self.name}" ({names}) SELECT {shown} FROM unnest({places}) AS given ({names})'

    def columns_of(self, rows: Sequence[Row]) -> list[Sequence[Any]]:
        """The values of the rows, a column at a time."""
        columns: list[Sequence[Any]] = list(zip(*map(self.get, rows), strict=True))
        for n in self.jsons:
            columns[n] = [None if each is None else orjson.dumps(each).decode() for each in columns[n]]
        return columns


@cache
def _table(kind: Kind) -> _Table:
    meta = kind._meta
    names = list(meta.fields_db_projection)
    types = tuple(_type_of(meta.fields_map[name]) for name in names)
    columns = tuple(meta.fields_db_projection[name] for name in names)
    jsons = tuple(n for n, each in enumerate(types) if each == "jsonb")
    return _Table(meta.db_table, columns, types, attrgetter(*names), jsons)


def _type_of(field: Field[Any]) -> str:
    return next(_TYPES[kind] for kind in type(field).__mro__ if kind in _TYPES)
