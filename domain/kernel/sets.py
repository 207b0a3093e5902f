"""Writes by the set: rows of any tables and counters of many rows, in as few statements as they can wait for.

SQLite answers in the same process: there the same is done row by row, at the same cost.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from domain.kernel.columns import Given, Kind, Table, table_of
from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.kernel.rows import Row

_ADDED = re.compile(r"\bd_(\w+)")
_KEPT_STATEMENTS = 1_000
_ROWS_AT_ONCE = 200  # of SQLite, whose statements have a bounded number of parameters


@dataclass(frozen=True)
class Addition:
    """Units for counters of a table's rows, by id: each is added in one guarded UPDATE that reads its own row alone.

    `guard` is a condition over columns, in which `d_<counter>` is what is added to it; `now` goes to `updated_at`.
    """

    kind: Kind
    units: Mapping[UUID, Mapping[str, int]]
    guard: str = ""
    now: datetime | None = None


@dataclass(frozen=True)
class Changed:
    """A row that is there, and the columns that are written of it."""

    row: Row
    columns: tuple[str, ...] = ()


async def insert(rows: Sequence[Row]) -> None:
    """Insert rows of any tables, parents before their children; in one statement where the database can."""
    await write(rows, (), None)


async def write(rows: Sequence[Row], changes: Collection[Changed], addition: Addition | None) -> None:
    """Insert rows of any tables, parents before their children; change others, and counters of others, all locked.

    In one statement where the database can. Asserts that each row that is added to fulfilled the guard.
    """
    connection, by_kind = current_connection(), _by_kind(rows)
    if addition is None and not changes and not by_kind:
        return
    if dialect_of(connection) is Dialect.SQLITE:
        for kind, those in by_kind.items():
            await kind.bulk_create(those, batch_size=_ROWS_AT_ONCE)
        for each in changes:
            await each.row.save(update_fields=each.columns)
        changed = len(await add(addition)) if addition else 0
    else:
        update = _update_of(addition) if addition else None
        added = [table_of(kind).given(those) for kind, those in by_kind.items()]
        changing = [table.given(those) for table, those in _by_columns(changes).items()]
        values = [value for _, given in (*added, *changing) for value in given]
        values += update.values(addition) if addition and update else []
        sql = _statement(tuple(given for given, _ in added), tuple(given for given, _ in changing), update)
        [row] = await connection.execute_query_dict(sql, values)
        changed = row["changed"]
    assert addition is None or changed == len(addition.units), "a locked row did not fulfil the guard"


@lru_cache(_KEPT_STATEMENTS)
def _statement(added: tuple[Given, ...], changed: tuple[Given, ...], update: "_Update | None") -> str:
    """The statement that inserts rows of tables, changes columns of others and adds to others, however many rows."""
    parts, bound = [], 0
    for given in added:
        parts.append(given.insert(bound))
        bound += len(given.table.columns)
    for given in changed:
        parts.append(given.update(bound))
        bound += len(given.table.columns)
    fulfilled = "0"
    if update:
        parts.append(update.sql(bound))
        fulfilled = f"(SELECT count(*) FROM part_{len(parts) - 1})"
    # Foreign keys are checked when the whole statement has ended, so that the parts may refer to one another.
    return f"WITH {', '.join(f'part_{n} AS ({part})' for n, part in enumerate(parts))} SELECT {fulfilled} AS changed"


async def insert_new(rows: Sequence[Row]) -> set[UUID]:
    """Insert rows of one table, in this order, unless a unique key is taken; the ids of those that were."""
    if not rows:
        return set()
    connection, [(kind, those)] = current_connection(), _by_kind(rows).items()
    if dialect_of(connection) is Dialect.SQLITE:
        await kind.bulk_create(those, batch_size=_ROWS_AT_ONCE, ignore_conflicts=True)
        found = await kind.filter(id__in=[row.id for row in those]).values_list("id")
        return {each for (each,) in found}
    given, values = table_of(kind).given(those)
    sql = f"{given.insert(0)} ON CONFLICT DO NOTHING RETURNING id"
    return {found["id"] for found in await connection.execute_query_dict(sql, values)}


async def add(addition: Addition, *, returning: Sequence[str] = ()) -> dict[UUID, tuple[Any, ...]]:
    """Add to counters now; of the rows that changed, by id, the columns `returning` as they are then.

    A row that is missing there did not fulfil the guard.
    """
    if not addition.units:
        return {}
    update, connection = _update_of(addition), current_connection()
    if dialect_of(connection) is Dialect.SQLITE:
        done = await update.one_by_one(addition)
        found = await addition.kind.filter(id__in=done).values_list("id", *returning) if returning else zip(done)
        return {each: tuple(rest) for each, *rest in found}
    sql = ", ".join([update.sql(0), *returning])
    rows = await connection.execute_query_dict(sql, update.values(addition))
    return {row["id"]: tuple(row[name] for name in returning) for row in rows}


async def add_all(kind: Kind, units: Mapping[UUID, Mapping[str, int]]) -> None:
    """Add to counters of rows whose order is locked. Asserts that each is there, and that none falls below zero."""
    counters = sorted({name for changes in units.values() for name in changes})
    changed = await add(Addition(kind, units, " AND ".join(f"{name} + d_{name} >= 0" for name in counters)))
    assert changed.keys() == units.keys(), f"more was taken out of {kind._meta.db_table} than is in it: {units}"


def _update_of(addition: Addition) -> "_Update":
    named = {name for changes in addition.units.values() for name in changes}
    # A count that agrees with the books adds nothing to anything, and its level is looked at all the same.
    counters = tuple(sorted(named or set(_ADDED.findall(addition.guard))))
    return _Update(addition.kind, counters, addition.guard, is_timed=addition.now is not None)


@dataclass(frozen=True)
class _Update:
    """UPDATE … SET counter = counter + d_counter WHERE … over some rows of one table: the same for any of them."""

    kind: Kind
    counters: tuple[str, ...]
    guard: str
    is_timed: bool

    @property
    def _start(self) -> str:
        changed = [f'"{name}" = "{name}" + d_{name}' for name in self.counters]
        changed += ["updated_at = d_now"] if self.is_timed else []
        return f'UPDATE "{self.kind._meta.db_table}" SET {", ".join(changed)}'

    @property
    def _guard(self) -> str:
        def shown(found: re.Match[str]) -> str:
            return found[0] if found[1] in self.counters else "0"

        return f" AND ({_ADDED.sub(shown, self.guard)})" if self.guard else ""

    def sql(self, bound: int) -> str:
        """PostgreSQL's statement, whose parameters follow the bound ones; of the rows that changed, the id."""
        first = bound + 2
        columns = ", ".join(f"${n}::bigint[]" for n, _ in enumerate(self.counters, first))
        names = ", ".join(f"d_{name}" for name in self.counters)
        clock = f", (SELECT ${first + len(self.counters)}::timestamptz AS d_now) AS clock" if self.is_timed else ""
        return (
            f"{self._start} FROM unnest(${bound + 1}::uuid[], {columns}) AS change (changed_id, {names}){clock}"
            f" WHERE id = changed_id{self._guard} RETURNING id"
        )

    def values(self, addition: Addition) -> list[Any]:
        """The parameters: a column of ids, one for each counter, and the time."""
        ids = sorted(addition.units)
        columns = [[addition.units[each].get(name, 0) for each in ids] for name in self.counters]
        return [ids, *columns, *([addition.now] if addition.now else [])]

    async def one_by_one(self, addition: Addition) -> list[UUID]:
        """The same on SQLite; the ids of the rows that changed."""
        places = {f"d_{name}": f"?{n}" for n, name in enumerate([*self.counters, "now"], 2)}
        sql = _ADDED.sub(lambda name: places[name[0]], f"{self._start} WHERE id = ?1{self._guard}")
        done, connection = [], current_connection()
        for each, changes in sorted(addition.units.items()):
            values = [str(each), *(changes.get(name, 0) for name in self.counters)]
            values += [addition.now.isoformat(" ")] if addition.now else []
            count, _ = await connection.execute_query(sql, values)
            done += [each] if count else []
        return done


def _by_kind(rows: Sequence[Row]) -> dict[Kind, list[Row]]:
    found: dict[Kind, list[Row]] = defaultdict(list)
    for row in rows:
        found[type(row)].append(row)
    return found


def _by_columns(changes: Collection[Changed]) -> dict[Table, list[Row]]:
    found: dict[Table, list[Row]] = defaultdict(list)
    for each in changes:
        found[table_of(type(each.row), ("id", *each.columns))].append(each.row)
    return found
