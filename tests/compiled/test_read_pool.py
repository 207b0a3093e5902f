"""The sessions of compiled reads: they cannot write, plan once, and mend themselves."""

import asyncio

import asyncpg
import pytest

from server.database import Database
from server.read_pool import open_read_pool
from tests.builders import open_shop, place

HOW_OFTEN_PLANNED = """select string_agg(format('%s %s', custom_plans, generic_plans), ', ')
  from pg_prepared_statements where statement like 'select number%'"""
WHO = "select pg_backend_pid()"
NUMBERS = "select number from orders where number >= $1 order by number limit 1"


async def test_a_statement_is_prepared_and_planned_once_a_session(postgres_database: Database) -> None:
    async with open_read_pool(postgres_database.url, 1) as pool:
        for number in "ABC":
            assert await pool.value(NUMBERS, [number]) is None
        assert await pool.value(HOW_OFTEN_PLANNED, []) == "0 3"


async def test_nothing_can_be_written(postgres_database: Database) -> None:
    await open_shop()
    async with open_read_pool(postgres_database.url, 1) as pool:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await pool.value("delete from channels returning code", [])
        assert await pool.value("select cast(count(*) as text) from channels", []) != "0"


async def test_a_statement_that_the_tables_changed_under_is_prepared_anew(postgres_database: Database) -> None:
    await open_shop(ber={"MUG": 1})
    order = await place(MUG=1)
    admin = await asyncpg.connect(postgres_database.url)
    async with open_read_pool(postgres_database.url, 1) as pool:
        assert await pool.value(NUMBERS, [""]) == order["number"]
        await admin.execute("alter table orders alter column number type text")
        assert await pool.value(NUMBERS, [""]) == order["number"]
    await admin.close()


async def test_a_session_that_the_database_ended_is_replaced(postgres_database: Database) -> None:
    admin = await asyncpg.connect(postgres_database.url)
    async with open_read_pool(postgres_database.url, 1) as pool:
        first = await pool.value(WHO, [])
        await admin.execute("select pg_terminate_backend($1)", first)
        assert await pool.value(WHO, []) != first
    await admin.close()


async def test_a_read_that_is_given_up_leaves_nothing_behind(postgres_database: Database) -> None:
    """Its session is not used again: the answer of the old statement must not become that of the next."""
    async with open_read_pool(postgres_database.url, 1) as pool:
        first = await pool.value(WHO, [])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await pool.value("select 'late' from pg_sleep(3)", [])
        assert await pool.value(WHO, []) != first
        assert await pool.value("select 'mine'", []) == "mine"


async def test_statements_are_kept_up_to_a_number_and_forgotten_on_the_server_too(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.read_pool.KEPT_STATEMENTS", 3)
    async with open_read_pool(postgres_database.url, 1) as pool:
        for n in range(10):
            assert await pool.value(f"select '{n}'", []) == str(n)
        assert int(await pool.value("select cast(count(*) as text) from pg_prepared_statements", [])) <= 5
