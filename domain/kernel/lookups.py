"""Reads by the set: one statement for all that is looked up, with the same text however many that is.

For the paths that everything passes. Tortoise's `__in` has a text for each number of values, and PostgreSQL prepares
each of them anew.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import orjson

from domain.kernel.database import Dialect, current_connection, dialect_of


async def look_up(sql: str, *among: Collection[Any]) -> list[dict[str, Any]]:
    """The rows of a SELECT in which `{0}`, `{1}` … say "is one of these values"; keys are UUIDs in both databases."""
    connection = current_connection()
    if dialect_of(connection) is Dialect.POSTGRES:
        places = [f"= ANY(${n})" for n in range(1, len(among) + 1)]
        return await connection.execute_query_dict(sql.format(*places), [list(each) for each in among])
    places = [f"IN (SELECT value FROM json_each(?{n}))" for n in range(1, len(among) + 1)]
    values = [orjson.dumps([str(value) for value in each]).decode() for each in among]
    found = await connection.execute_query_dict(sql.format(*places).removesuffix(" FOR UPDATE"), values)
    return [{name: _key(name, value) for name, value in row.items()} for row in found]


def _key(name: str, value: Any) -> Any:
    is_key = isinstance(value, str) and (name == "id" or name.endswith("_id"))
    return UUID(value) if is_key else value
