"""What the rows declare and what a database enforces, in the same words, so that they can be compared."""

from dataclasses import dataclass
from typing import Any

from tortoise.connection import get_connection
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from domain.kernel.database import Dialect
from server.database import Database


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a database enforces: (table, columns or name, …)."""

    checks: frozenset[tuple[str, str]]
    uniques: frozenset[tuple[str, tuple[str, ...], bool]]  # and whether it is partial
    indexes: frozenset[tuple[str, tuple[str, ...]]]
    references: frozenset[tuple[str, str, str]]


def declared(models: list[type[Model]]) -> Catalog:
    """What the rows say that a database must enforce."""
    checks, uniques, indexes, references = set(), set(), set(), set()
    for model in models:
        meta, table = model._meta, model._meta.db_table

        def columns(names: Any, meta: Any = meta) -> tuple[str, ...]:
            return tuple(meta.fields_map[name].source_field or name for name in names)

        for constraint in meta.constraints or ():
            if isinstance(constraint, CheckConstraint):
                checks.add((table, constraint.name))
            elif isinstance(constraint, UniqueConstraint):
                uniques.add((table, columns(constraint.fields), constraint.condition is not None))
        uniques |= {(table, columns(names), False) for names in meta.unique_together or ()}
        indexes |= {(table, columns(getattr(index, "fields", index))) for index in meta.indexes or ()}
        for name, column in meta.fields_db_projection.items():
            field = meta.fields_map[name]
            if field.unique and not field.pk:
                uniques.add((table, (column,), False))
            if field.index and not field.pk:
                indexes.add((table, (column,)))
        for name in meta.fk_fields | meta.o2o_fields:
            related: Any = meta.fields_map[name]
            references.add((table, *columns([related.source_field]), related.related_model._meta.db_table))
    return Catalog(frozenset(checks), frozenset(uniques), frozenset(indexes), frozenset(references))


async def _rows(sql: str) -> list[Any]:
    return [tuple(row.values()) for row in await get_connection("default").execute_query_dict(sql)]


async def _sqlite_catalog() -> Catalog:
    checks, uniques, indexes, references = set(), set(), set(), set()
    tables = await _rows("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    for table, sql in tables:
        checks |= {(table, part.split('"')[0]) for part in sql.split('CONSTRAINT "')[1:] if '" CHECK (' in part}
        for _, index, is_unique, origin, is_partial in await _rows(f"PRAGMA index_list('{table}')"):
            columns = tuple(column for _, _, column in await _rows(f"PRAGMA index_info('{index}')"))
            if is_unique and origin != "pk":
                uniques.add((table, columns, bool(is_partial)))
            elif not is_unique:
                indexes.add((table, columns))
        for _, _, target, column, _, _, on_delete, _ in await _rows(f"PRAGMA foreign_key_list('{table}')"):
            assert on_delete in ("RESTRICT", "NO ACTION"), (table, column, on_delete)
            references.add((table, column, target))
    return Catalog(frozenset(checks), frozenset(uniques), frozenset(indexes), frozenset(references))


async def _postgres_catalog() -> Catalog:
    checks = await _rows("SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c'")
    keys = await _rows(
        "SELECT indrelid::regclass::text AS tbl,"
        " ARRAY(SELECT attname::text FROM unnest(indkey) WITH ORDINALITY AS key (number, place)"
        " JOIN pg_attribute ON attrelid = indrelid AND attnum = number ORDER BY place) AS columns,"
        " indpred IS NOT NULL AS is_partial, indisunique, indisprimary FROM pg_index"
        " JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace"
    )
    references = await _rows(
        "SELECT conrelid::regclass::text AS tbl, attname::text, confrelid::regclass::text AS target, confdeltype::text"
        " FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] WHERE contype = 'f'"
    )
    assert {on_delete for *_, on_delete in references} <= {"r", "a"}  # RESTRICT, NO ACTION
    return Catalog(
        frozenset((table, name) for table, name in checks if table != "-"),
        frozenset(
            (table, tuple(columns), partial) for table, columns, partial, unique, pk in keys if unique and not pk
        ),
        frozenset((table, tuple(columns)) for table, columns, _, unique, _ in keys if not unique),
        frozenset((table, column, target) for table, column, target, _ in references),
    )


async def catalog_of(database: Database) -> Catalog:
    """What the open database enforces, without the tables of the migrations themselves."""
    found = await (_sqlite_catalog() if database.dialect is Dialect.SQLITE else _postgres_catalog())
    ours = "tortoise_migrations"
    parts: Any = (found.checks, found.uniques, found.indexes, found.references)
    return Catalog(*(frozenset(row for row in part if row[0] != ours) for part in parts))
