"""Transactions: what they leave behind when they fail, and when their task is cancelled."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError, TransactionManagementError
from tortoise.transactions import in_transaction

from domain.kernel.database import Dialect
from domain.kernel.models import FeedHeadRow
from server.database import Database, open_database, sqlite_path

POOL_SIZE = 3


@pytest.fixture
async def ledger(empty_database_url: str) -> AsyncIterator[Database]:
    """A database with one table, `entry`, in which every transaction of these tests writes two rows."""
    async with open_database(empty_database_url, pool_size=POOL_SIZE) as opened:
        await execute("CREATE TABLE account (id INT PRIMARY KEY)")
        await execute(
            "CREATE TABLE entry (id INT NOT NULL, side INT NOT NULL,"
            " account INT REFERENCES account (id) DEFERRABLE INITIALLY DEFERRED, PRIMARY KEY (id, side))"
        )
        yield opened


async def execute(sql: str) -> None:
    await get_connection("default").execute_query(sql)


async def rows(sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await get_connection("default").execute_query_dict(sql)]


async def write(entry: int) -> int:
    async with in_transaction() as transaction:
        await transaction.execute_query(f"INSERT INTO entry (id, side) VALUES ({entry}, 1)")
        await transaction.execute_query(f"INSERT INTO entry (id, side) VALUES ({entry}, 2)")
    return entry


async def steps(count: int) -> None:
    """Let the loop turn `count` times."""
    for _ in range(count):
        await asyncio.sleep(0)


async def assert_nothing_is_left_behind(database: Database) -> None:
    """Every connection of the pool can be in a transaction at once, and no transaction is open on the server."""
    if database.dialect is Dialect.SQLITE:
        with sqlite3.connect(sqlite_path(database.url), timeout=0, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        other.close()
    else:
        open_now = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
        assert await rows(f"{open_now} AND pid <> pg_backend_pid()") == [(0,)]
        everybody_is_in = asyncio.Barrier(POOL_SIZE)

        async def enter() -> None:
            async with asyncio.timeout(10), in_transaction():
                await everybody_is_in.wait()

        await asyncio.gather(*(enter() for _ in range(POOL_SIZE)))
    async with asyncio.timeout(10):
        await write(1_000_000)


async def test_a_storm_of_cancelled_transactions_leaves_nothing_behind_and_no_half_written_entry(
    ledger: Database,
) -> None:
    finished: set[int] = set()
    for wave in range(12):
        tasks = [asyncio.create_task(write(wave * 100 + number)) for number in range(24)]
        for number, task in enumerate(tasks):
            await steps(number % 7 + wave)
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        finished |= {outcome for outcome in outcomes if isinstance(outcome, int)}
        assert all(isinstance(outcome, (int, asyncio.CancelledError)) for outcome in outcomes)
    sides = dict(await rows("SELECT id, count(*) FROM entry GROUP BY id"))
    assert set(sides.values()) <= {2}
    assert finished <= set(sides)
    await assert_nothing_is_left_behind(ledger)


@pytest.mark.parametrize("part", range(4))
async def test_a_transaction_cancelled_at_any_turn_of_the_loop_leaves_nothing_behind(
    ledger: Database, part: int
) -> None:
    for turn in range(part * 40, part * 40 + 40):
        task = asyncio.create_task(write(turn))
        await steps(turn)
        task.cancel()
        await asyncio.wait({task})
    assert set(await rows("SELECT count(*) FROM entry GROUP BY id")) <= {(2,)}
    await assert_nothing_is_left_behind(ledger)


async def test_a_cancelled_bulk_insert_leaves_nothing_behind(ledger: Database) -> None:
    placeholders = "?, ?" if ledger.dialect is Dialect.SQLITE else "$1, $2"
    for turn in range(60):
        values = [[turn * 100 + number, 1] for number in range(50)]
        sql = f"INSERT INTO entry (id, side) VALUES ({placeholders})"
        task = asyncio.create_task(get_connection("default").execute_many(sql, values))
        await steps(turn)
        task.cancel()
        await asyncio.wait({task})
    assert set(await rows("SELECT count(*) FROM entry GROUP BY id / 100")) <= {(50,)}
    await assert_nothing_is_left_behind(ledger)


async def test_a_commit_that_fails_raises_and_leaves_nothing_behind(ledger: Database) -> None:
    with pytest.raises(IntegrityError):
        async with in_transaction() as transaction:
            await transaction.execute_query("INSERT INTO entry (id, side, account) VALUES (1, 1, 404)")
    assert await rows("SELECT * FROM entry") == []
    await assert_nothing_is_left_behind(ledger)


async def _write_then_divide_by_zero() -> None:
    async with in_transaction() as transaction:
        await transaction.execute_query("INSERT INTO entry (id, side) VALUES (1, 1)")
        raise ZeroDivisionError


async def test_an_error_inside_a_transaction_rolls_it_back_and_is_what_the_caller_sees(ledger: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await _write_then_divide_by_zero()
    assert await rows("SELECT * FROM entry") == []
    await assert_nothing_is_left_behind(ledger)


async def _write_new_and_old(new: int, old: int) -> None:
    async with in_transaction() as transaction:
        await transaction.execute_query(f"INSERT INTO entry (id, side) VALUES ({new}, 1)")
        await transaction.execute_query(f"INSERT INTO entry (id, side) VALUES ({old}, 1)")


@pytest.mark.usefixtures("ledger")
async def test_an_inner_transaction_that_fails_takes_back_only_its_own_part() -> None:
    async with in_transaction() as transaction:
        await transaction.execute_query("INSERT INTO entry (id, side) VALUES (1, 1)")
        with pytest.raises(IntegrityError):
            await _write_new_and_old(2, 1)
        async with in_transaction() as inner:
            await inner.execute_query("INSERT INTO entry (id, side) VALUES (3, 1)")
    assert await rows("SELECT id FROM entry ORDER BY id") == [(1,), (3,)]


async def test_a_writer_cancelled_while_it_waits_for_the_file_does_not_keep_it_locked(
    sqlite_database: Database,
) -> None:
    path = sqlite_path(sqlite_database.url)
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    first, second = asyncio.create_task(_transaction()), asyncio.create_task(_transaction())
    await steps(20)
    first.cancel()  # waits for the file, in BEGIN IMMEDIATE
    second.cancel()  # waits for the first
    await steps(20)
    assert [first.done(), second.done()] == [False, True]
    other.execute("ROLLBACK")
    outcomes = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, asyncio.CancelledError]
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    other.close()
    async with asyncio.timeout(10):
        await FeedHeadRow.create(id=8, position=1)
    assert await FeedHeadRow.filter(id=8).count() == 1


async def _transaction() -> None:
    async with in_transaction():
        pass


async def test_two_writers_of_one_file_wait_for_each_other_instead_of_failing(sqlite_database: Database) -> None:
    other = sqlite3.connect(sqlite_path(sqlite_database.url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO feed_head (id, position) VALUES (1, 1)")
    ours = asyncio.create_task(_read_then_write())
    await steps(20)
    assert not ours.done()
    other.execute("COMMIT")
    other.close()
    await ours
    assert await rows("SELECT id, position FROM feed_head ORDER BY id") == [(1, 1), (2, 2)]


async def _read_then_write() -> None:
    async with in_transaction() as transaction:
        (head,) = await transaction.execute_query_dict("SELECT max(position) AS position FROM feed_head")
        await transaction.execute_query(f"INSERT INTO feed_head (id, position) VALUES (2, {head['position'] + 1})")


async def _write_twice_and_swallow_the_refusal() -> None:
    async with in_transaction() as transaction:
        await transaction.execute_query("INSERT INTO feed_head (id, position) VALUES (1, 1)")
        with contextlib.suppress(IntegrityError):
            await transaction.execute_query("INSERT INTO feed_head (id, position) VALUES (1, 1)")


@pytest.mark.usefixtures("postgres_database")
async def test_a_transaction_in_which_an_error_was_swallowed_is_refused_at_commit() -> None:
    with pytest.raises(TransactionManagementError):
        await _write_twice_and_swallow_the_refusal()
    assert await rows("SELECT * FROM feed_head") == []


async def test_a_transaction_whose_connection_was_cut_does_not_take_the_pool_with_it(
    postgres_database_url: str,
) -> None:
    async with open_database(postgres_database_url, pool_size=1):
        for _ in range(3):
            with pytest.raises(asyncpg.PostgresError):
                async with in_transaction() as transaction:
                    await transaction.execute_query("SELECT pg_terminate_backend(pg_backend_pid())")
        async with asyncio.timeout(10), in_transaction() as transaction:
            await transaction.execute_query("INSERT INTO feed_head (id, position) VALUES (1, 1)")
        assert await rows("SELECT id FROM feed_head") == [(1,)]
