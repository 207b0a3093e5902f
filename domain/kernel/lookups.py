"""Reads by the set: one statement for all that is looked up, with the same text however many that is.

For the paths that everything passes. Tortoise's `__in` has a text for each number of values, and PostgreSQL prepares
each of them anew.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.kernel.ids import id_of

Found = dict[str, Any]
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
T = TypeVar("T")

_LOCKS = re.compile(r" FOR UPDATE( OF \w+)?")  # SQLite's writers are one at a time


@dataclass(frozen=True)
class LookUp(Generic[T]):
    """A SELECT for `look_up`, the values that it is about, and what its rows are read as."""

    sql: str
    among: tuple[Collection[Any], ...]
    read: Callable[[list[Found]], T]


async def look_up(sql: str, *among: Collection[Any]) -> list[Found]:
    """The rows of a SELECT in which `{0}`, `{1}` … say "is one of these values"; keys are UUIDs in both databases."""
    connection = current_connection()
    if dialect_of(connection) is Dialect.POSTGRES:
        return await connection.execute_query_dict(sql.format(*_places(1, among)), [list(each) for each in among])
    places = [f"IN (SELECT value FROM json_each(?{n}))" for n in range(1, len(among) + 1)]
    values = [orjson.dumps([str(value) for value in each]).decode() for each in among]
    return _with_keys(await connection.execute_query_dict(_LOCKS.sub("", sql.format(*places)), values))


async def look_up_together(
    first: LookUp[A], second: LookUp[B], third: LookUp[C], fourth: LookUp[D]
) -> tuple[A, B, C, D]:
    """What four look-ups find that do not depend on one another: on PostgreSQL one statement, of columns that are JSON.

    Their columns are texts, numbers, truths and keys.
    """
    asked: tuple[LookUp[Any], ...] = (first, second, third, fourth)
    if dialect_of(current_connection()) is Dialect.SQLITE:
        found = [await look_up(each.sql, *each.among) for each in asked]
    else:
        found = await _at_once(asked)
    a, b, c, d = (each.read(rows) for each, rows in zip(asked, found, strict=True))
    return a, b, c, d


async def _at_once(asked: Collection[LookUp[Any]]) -> list[list[Found]]:
    parts: list[str] = []
    values: list[Collection[Any]] = []
    for n, each in enumerate(asked):
        sql = each.sql.format(*_places(len(values) + 1, each.among))
        parts.append(f"(SELECT coalesce(json_agg(found), '[]') FROM ({sql}) AS found) AS part_{n}")
        values += map(list, each.among)
    [row] = await current_connection().execute_query_dict(f"SELECT {', '.join(parts)}", values)
    return [_with_keys(orjson.loads(part)) for part in row.values()]


def _places(first: int, among: Collection[Collection[Any]]) -> list[str]:
    return [f"= ANY(${n})" for n in range(first, first + len(among))]


def _with_keys(rows: list[Found]) -> list[Found]:
    """The same rows, whose keys were texts."""
    keys = [name for name in rows[0] if name == "id" or name.endswith("_id")] if rows else []
    for row in rows:
        for name in keys:
            if isinstance(value := row[name], str):
                row[name] = id_of(value)
    return rows
