"""Fills a migrated, empty PostgreSQL database with orders; the same size gives the same data, to the last id."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

FOLDER = Path(__file__).parent
SCRIPTS = ("shop.sql", "orders.sql")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Size:
    """How much there is of everything."""

    orders: int = 100_000
    skus: int = 10_000
    places: int = 3


async def generate(url: str, size: Size, progress: Progress = lambda _done, _all: None) -> None:
    """Write the shop and its orders to the database at `url`, as a superuser, and bring its statistics up to date.

    Indexes but the primary keys' are made afterwards, and references are not checked one by one: a test does that.
    """
    connection = await asyncpg.connect(url, timeout=10)
    try:
        indexes = await _indexes(connection)
        steps = [*indexes]
        steps += [statement for script in SCRIPTS for statement in _statements(script, size)]
        steps += [*indexes.values(), "VACUUM ANALYZE", "CHECKPOINT"]
        await connection.execute(
            "SET session_replication_role = replica; SET synchronous_commit = off; SET work_mem = '512MB';"
            " SET maintenance_work_mem = '1GB'; SET timezone = 'UTC'"
        )
        for done, statement in enumerate(steps):
            progress(done, len(steps))
            await connection.execute(statement, timeout=1_800)
        progress(len(steps), len(steps))
    finally:
        await connection.close(timeout=10)


def _statements(script: str, size: Size) -> list[str]:
    text = (FOLDER / script).read_text(encoding="utf-8")
    for name, count in vars(size).items():
        text = text.replace(f":{name}", str(count)) if f":{name}" in text else text
    return [statement for statement in text.split(";\n") if statement.strip()]


async def _indexes(connection: asyncpg.Connection) -> dict[str, str]:
    """For every index but those of primary keys: the statement that drops it, and the one that makes it again."""
    plain = await connection.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made FROM pg_index"
        " JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace AND NOT indisprimary"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1"
    )
    unique = await connection.fetch(
        "SELECT conrelid::regclass::text AS of, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS made"
        " FROM pg_constraint WHERE contype = 'u' AND connamespace = 'public'::regnamespace ORDER BY 1, 2"
    )
    found = {f"DROP INDEX {row['name']}": row["made"] for row in plain}
    for row in unique:
        table = f"ALTER TABLE {row['of']}"
        found[f"{table} DROP CONSTRAINT {row['name']}"] = f"{table} ADD CONSTRAINT {row['name']} {row['made']}"
    return found
