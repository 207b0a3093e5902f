"""Brings a database to the schema of this version; safe to start from several processes at once."""

import argparse
import asyncio
import fcntl
import logging
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.context import TortoiseContext
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.loader import MigrationLoader
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel, RunPython
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.schema_generator.state_apps import StateApps

from domain.kernel.database import Dialect
from server.database import APP, DatabaseUrlError, MigrationsMissing, connection_settings, dialect_of, sqlite_path
from server.migrations._authoring import write_migration
from server.migrations._editors import editor_for

PACKAGE = "server.migrations"

ADVISORY_LOCK = int.from_bytes(b"waybill", "big")
LOCK_WAIT_SECONDS = 600
LOCK_POLL_SECONDS = 0.1
# A migration queues behind a long transaction, and everyone else behind the migration: not for long.
TABLE_LOCK_TIMEOUT_SECONDS = 30.0
# They do not ask how it was before, and to copy that is what costs time.
LOOK_AT_WHAT_COMES = (CreateModel, AddField, AddIndex, AddConstraint, RunPython)

log = logging.getLogger(__name__)


async def migrate(url: str, *, package: str = PACKAGE) -> list[str]:
    """Apply what the database at `url` lacks, each migration in its own transaction; their names, in order.

    Waits while another process migrates; raises TimeoutError after ten minutes of that.
    """
    async with _only_migrator(url), _connection(url) as client:
        await MigrationRecorder(client).ensure_schema(editor_for(dialect_of(url), client))
        history = await _history(package)
        applied = await _applied(client)
        if applied.issuperset(history):
            return []
        state = State(models={}, apps=_Rows(default_connections={APP: client.connection_name}))
        names = []
        for name, migration in history.items():
            if name in applied:
                await migration.apply(state, dry_run=True, schema_editor=None)
                continue
            await _apply(client, migration, state)
            log.info("migration.applied name=%s", name)
            names.append(name)
        return names


async def pending(url: str, *, package: str = PACKAGE) -> list[str]:
    """The names of the migrations that the database at `url` lacks, in order; changes nothing."""
    history = await _history(package)
    if dialect_of(url) is Dialect.SQLITE and not sqlite_path(url).exists():
        return list(history)  # connecting would create it
    async with _connection(url) as client:
        applied = await _applied(client)
        return [name for name in history if name not in applied]


async def require_migrated(url: str) -> None:
    """Raises MigrationsMissing when the database lacks any, DatabaseUrlError when it is none of ours."""
    try:
        missing = await pending(url)
    except sqlite3.DatabaseError as error:
        raise DatabaseUrlError(f"{sqlite_path(url)} is no database of ours: {error}") from None
    if missing:
        raise MigrationsMissing


async def _apply(client: BaseDBAsyncClient, migration: Migration, state: State) -> None:
    """Change schema and rows, and record that it was done."""
    # Tortoise keeps INSERT texts by table name, and a table looks different from migration to migration.
    EXECUTOR_CACHE.clear()
    if migration.atomic:
        async with client._in_transaction() as transaction:
            await _change(transaction, migration, state)
    else:
        # For CREATE INDEX CONCURRENTLY, which no transaction may hold. It must stand being cut off and run again.
        await _change(client, migration, state)
    EXECUTOR_CACHE.clear()


async def _change(client: BaseDBAsyncClient, migration: Migration, state: State) -> None:
    dialect = Dialect(client.capabilities.dialect)
    editor = editor_for(dialect, client)
    for operation in migration.operations:
        before = state if isinstance(operation, LOOK_AT_WHAT_COMES) else state.clone()
        operation.state_forward(APP, state)
        if isinstance(operation, RunPython) and isinstance(state.apps, _Rows):
            state.apps.ready()
        await operation.database_forward(APP, before, state, editor)
    if dialect is Dialect.SQLITE:
        orphans = await client.execute_query_dict("PRAGMA foreign_key_check")
        if orphans:
            raise RuntimeError(f"migration {migration.name} would leave rows without their parents: {orphans[:5]}")
    await MigrationRecorder(client).record_applied(APP, migration.name)


class _Rows(StateApps):
    """What the rows are like between two operations. Tortoise makes them ready to be asked after each, all of them,
    which takes seconds in the whole history; only what is written in Python may ask.
    """

    def _build_initial_querysets(self) -> None:
        pass

    def ready(self) -> None:
        """Let rows be read and written."""
        super()._build_initial_querysets()


class _Unrecorded(MigrationRecorder):
    """For reading the history from its files alone."""

    def __init__(self) -> None:
        super().__init__(None)

    async def applied_migrations(self) -> list[MigrationKey]:
        return []


async def _history(package: str) -> dict[str, Migration]:
    """All migrations by name, oldest first. Asserts that they are one line."""
    loader = MigrationLoader({APP: {"migrations": package}}, _Unrecorded())
    await loader.build_graph()
    leaves = list(loader.graph.leaf_nodes(APP))
    assert len(leaves) <= 1, f"the history forks: {leaves}"
    if not leaves:
        return {}
    history: dict[str, Migration] = {}
    for key in loader.graph.forwards_plan(leaves[0]):
        migration = loader.graph.nodes[key]
        assert isinstance(migration, Migration), f"missing migration {key}"
        history[key.name] = migration
    return history


async def _applied(client: BaseDBAsyncClient) -> set[str]:
    recorder = MigrationRecorder(client)
    # Asked first, for the recorder takes any failure for an empty history.
    tables = {
        "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'tortoise_migrations'",
        "postgres": "SELECT 1 WHERE to_regclass('tortoise_migrations') IS NOT NULL",
    }
    if not await client.execute_query_dict(tables[client.capabilities.dialect]):
        return set()
    return {key.name for key in await recorder.applied_migrations() if key.app_label == APP}


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[BaseDBAsyncClient]:
    """A connection for migrations alone, beside a database that this process may have open."""
    settings = connection_settings(
        url, pool_size=1, statement_timeout_seconds=0, lock_timeout_seconds=TABLE_LOCK_TIMEOUT_SECONDS
    )
    if dialect_of(url) is Dialect.SQLITE:
        # Making a table anew drops the old one, which would delete or refuse the rows that point to it.
        settings["credentials"]["foreign_keys"] = "OFF"
    # Its own name: Tortoise keeps the text of INSERTs by connection name.
    name = f"migrations_{dialect_of(url)}"
    async with TortoiseContext() as context:
        context.connections._init_config({name: settings})
        yield context.connections.get(name)


@asynccontextmanager
async def _only_migrator(url: str) -> AsyncIterator[None]:
    """Held by one process at a time; the others wait. Raises TimeoutError after ten minutes."""
    if dialect_of(url) is Dialect.SQLITE:
        path = sqlite_path(url)
        # The file stays: deleting it would let a third process lock a new one.
        with open(path.with_name(path.name + ".migrate-lock"), "wb") as file:  # noqa: ASYNC230
            await _poll(lambda: _lock_file(file.fileno()))
            yield
        return
    connection = await asyncpg.connect(url)
    try:
        # Not the waiting form: its open statement would block a CREATE INDEX CONCURRENTLY of the one who has the lock.
        await _poll(lambda: connection.fetchval("SELECT pg_try_advisory_lock($1)", ADVISORY_LOCK))
        yield
    finally:
        await connection.close()


async def _poll(try_lock: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while not await try_lock():
        if time.monotonic() > deadline:
            raise TimeoutError(f"another process has been migrating for {LOCK_WAIT_SECONDS} seconds")
        await asyncio.sleep(LOCK_POLL_SECONDS)


async def _lock_file(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def main() -> None:
    """For those who change the rows: write the next migration."""
    parser = argparse.ArgumentParser(prog="python -m server.migrate", description=main.__doc__)
    make = parser.add_subparsers(required=True).add_parser("make", help="write the next migration from the models")
    make.add_argument("name", help="what it does, in a few words: add_gift_notes")
    make.add_argument(
        "--from-scratch", action="store_true", help="replace the whole history by one migration (before a release)"
    )
    arguments = parser.parse_args()
    path = asyncio.run(write_migration(arguments.name, from_scratch=arguments.from_scratch))
    sys.stdout.write(f"{path or 'The models and the history agree: nothing to write.'}\n")


if __name__ == "__main__":
    main()
