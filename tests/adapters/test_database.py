"""The databases: how one is opened, what its address may be, and what holds while it is open."""

import asyncio
import contextvars
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import OperationalError

from domain.kernel.database import Dialect
from domain.kernel.models import FeedHeadRow, IdempotencyRow
from server.database import Database, DatabaseUrlError, open_database, sqlite_path
from server.read_pool import open_read_pool


async def execute(sql: str) -> None:
    await get_connection("default").execute_query(sql)


async def rows(sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await get_connection("default").execute_query_dict(sql)]


@pytest.mark.usefixtures("postgres_database")
async def test_requests_wait_two_seconds_for_a_lock_and_five_for_an_answer() -> None:
    assert await rows("SHOW lock_timeout") == [("2s",)]
    assert await rows("SHOW statement_timeout") == [("5s",)]


async def test_giving_a_connection_back_is_no_statement_and_leaves_nothing_open(
    postgres_database_url: str, postgres_admin: asyncpg.Connection
) -> None:
    last = "SELECT query, state FROM pg_stat_activity WHERE application_name = 'waybill' AND datname = $1"
    name = urlsplit(postgres_database_url).path.lstrip("/")
    async with open_database(postgres_database_url, pool_size=1):
        assert await rows("SELECT 42 AS answer") == [(42,)]
        assert [tuple(row) for row in await postgres_admin.fetch(last, name)] == [("SELECT 42 AS answer", "idle")]
        await execute("BEGIN")  # which nobody ends
        assert (await postgres_admin.fetchrow(last, name))["state"] == "idle"


async def test_compiled_reads_wait_no_longer_and_cannot_write(postgres_database_url: str) -> None:
    async with open_read_pool(postgres_database_url, 1) as pool:
        assert await pool.value("SHOW lock_timeout", []) == "2s"
        assert await pool.value("SHOW statement_timeout", []) == "5s"
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await pool.value("DELETE FROM log RETURNING id", [])


async def test_who_waits_too_long_for_a_lock_gives_up_and_the_connection_is_as_good_as_before(
    postgres_database_url: str, postgres_admin: asyncpg.Connection
) -> None:
    async with open_database(postgres_database_url, lock_timeout_seconds=0.05, pool_size=1):
        await FeedHeadRow.create(id=1, position=5)
        holder = await asyncpg.connect(postgres_database_url)
        try:
            async with holder.transaction():
                await holder.execute("UPDATE feed_head SET position = 6")
                with pytest.raises(asyncpg.LockNotAvailableError):
                    await execute("UPDATE feed_head SET position = 7")
        finally:
            await holder.close()
        assert await rows("SELECT position FROM feed_head") == [(6,)]


async def test_the_timeouts_can_be_set_and_zero_is_none(postgres_database_url: str) -> None:
    async with open_database(postgres_database_url, statement_timeout_seconds=0.05, lock_timeout_seconds=0):
        assert await rows("SHOW lock_timeout") == [("0",)]
        with pytest.raises(asyncpg.QueryCanceledError):
            await execute("SELECT pg_sleep(60)")


@pytest.mark.usefixtures("sqlite_database")
async def test_what_sqlite_has_acknowledged_is_on_disk_and_foreign_keys_hold() -> None:
    assert await rows("PRAGMA journal_mode") == [("wal",)]
    assert await rows("PRAGMA synchronous") == [(2,)]  # FULL
    assert await rows("PRAGMA busy_timeout") == [(10_000,)]
    assert await rows("PRAGMA foreign_keys") == [(1,)]


@pytest.mark.usefixtures("database")
async def test_times_are_stored_and_read_as_aware_utc() -> None:
    moment = datetime(2026, 11, 22, 9, 30, 0, 123_000, tzinfo=UTC)
    key = await IdempotencyRow.create(
        id=uuid4(),
        principal="staff:1",
        key="k",
        operation="place_order",
        fingerprint="0" * 64,
        created_at=moment,
        expires_at=moment + timedelta(days=30),
    )
    read = await IdempotencyRow.get(id=key.id)
    assert read.created_at == moment
    assert read.created_at.utcoffset() == timedelta(0)


async def test_both_databases_can_be_opened_one_after_the_other_in_one_process(
    sqlite_database_url: str, postgres_database_url: str
) -> None:
    for url, dialect in ((sqlite_database_url, "sqlite"), (postgres_database_url, "postgres")) * 2:
        async with open_database(url) as opened:
            assert opened.dialect == dialect
            count = await FeedHeadRow.all().count()
            await FeedHeadRow.create(id=count + 1, position=count)
            assert await FeedHeadRow.filter(position__gte=0).count() == count + 1


@pytest.mark.usefixtures("database")
async def test_a_second_database_is_refused_while_one_is_open(empty_sqlite_url: str) -> None:
    with pytest.raises(RuntimeError, match="one at a time"):
        async with open_database(empty_sqlite_url):
            pass
    assert not sqlite_path(empty_sqlite_url).exists()
    assert await FeedHeadRow.all().count() == 0


@pytest.mark.usefixtures("database")
async def test_a_task_that_inherits_no_context_reaches_the_database() -> None:
    loop = asyncio.get_running_loop()
    task = contextvars.Context().run(loop.create_task, FeedHeadRow.create(id=1, position=5))
    assert (await task).position == 5
    assert await FeedHeadRow.all().values_list("id", "position") == [(1, 5)]


async def test_opening_with_migrate_makes_the_tables_first(empty_database_url: str) -> None:
    async with open_database(empty_database_url, migrate=True):
        assert await FeedHeadRow.all().count() == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://waybill:secret@localhost/waybill", "mysql:"),
        ("waybill.db", "without a scheme"),
        ("", "without a scheme"),
        ("sqlite://", "names a file"),
        ("sqlite://:memory:", "names a file"),
        ("sqlite:///waybill.db?mode=ro", "no options"),
        ("sqlite:///no/such/folder/waybill.db", "does not exist: /no/such/folder"),
    ],
)
async def test_an_address_that_cannot_be_used_is_refused_in_a_sentence_without_the_password(
    url: str, said: str
) -> None:
    with pytest.raises(DatabaseUrlError, match=said) as refusal:
        async with open_database(url):
            pass
    assert "secret" not in str(refusal.value)


def test_a_sqlite_address_is_a_path_after_two_slashes(tmp_path: Path) -> None:
    assert sqlite_path("sqlite://waybill.db") == Path("waybill.db")
    assert sqlite_path(f"sqlite://{tmp_path}/way%3Fbill.db") == tmp_path / "way?bill.db"


async def test_a_file_that_is_no_database_is_an_error_when_it_is_opened_and_leaves_no_thread(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear customer, your parcel is on its way. " * 100)
    with pytest.raises((sqlite3.DatabaseError, OperationalError)):
        async with open_database(f"sqlite://{tmp_path / 'letter.db'}"):
            pass
    async with open_database(f"sqlite://{tmp_path / 'empty.db'}"):
        assert await rows("SELECT 1") == [(1,)]


async def test_a_server_that_does_not_answer_is_an_error_when_it_is_opened() -> None:
    with pytest.raises(ConnectionRefusedError):
        async with open_database("postgresql://nobody@127.0.0.1:1/waybill"):
            pass


async def test_the_password_is_not_in_the_text_of_an_open_database() -> None:
    assert "secret" not in repr(Database("postgresql://waybill:secret@localhost/waybill", Dialect.POSTGRES))
