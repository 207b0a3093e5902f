"""The poll behind the bell: what other processes write is found, and nothing is read when nothing was written."""

import asyncio
import sys
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from domain.kernel.ids import new_id
from domain.kernel.streams import follow, versions, write_mark
from server.database import Database
from tests.live.orders import happen, new_order, placed
from tests.live.watching import OFTEN, SOON, feed_stream, listening, logged, order_stream, sequences, take

ROOT = Path(__file__).parents[2]


async def write_elsewhere(database: Database, order: object) -> None:
    """Another process records an event of the order."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.live.elsewhere", database.url, str(order), cwd=ROOT
    )
    assert await asyncio.wait_for(process.wait(), SOON) == 0


async def test_what_another_process_writes_is_found(database: Database) -> None:
    order = await new_order()
    async with listening(poll_seconds=OFTEN) as (_, hub), aclosing(follow(order_stream(order), hub, 0)) as watch:
        await happen(*placed(order))
        assert await sequences(watch, 1) == [1]
        await write_elsewhere(database, order)
        assert await sequences(watch, 1) == [2]


async def test_the_feed_finds_what_another_process_writes(sqlite_database: Database) -> None:
    order = await new_order()
    async with listening(poll_seconds=OFTEN) as (_, hub), aclosing(follow(feed_stream(), hub, 0)) as watch:
        await write_elsewhere(sqlite_database, order)
        assert [event.order_id for event in await take(watch, 1)] == [order]


async def test_on_sqlite_the_mark_differs_after_any_write_and_only_then(sqlite_database: Database) -> None:
    order = await new_order()
    before = await write_mark()
    assert await versions([order]) == {order: 0}
    assert await write_mark() == before
    await happen(*placed(order))
    after_ours = await write_mark()
    assert after_ours != before
    await write_elsewhere(sqlite_database, order)
    assert await write_mark() != after_ours
    assert await versions([order]) == {order: 2}


async def test_on_postgres_there_is_no_mark(postgres_database: Database) -> None:
    assert await write_mark() is None


async def test_a_hub_that_was_opened_inside_a_transaction_does_not_read_through_it(database: Database) -> None:
    order = await new_order()
    async with AsyncExitStack() as until_the_end:
        async with in_transaction():
            _, hub = await until_the_end.enter_async_context(listening(poll_seconds=OFTEN))
        with logged("adapters.bell.hub", "hub.look_failed") as failed:
            async with aclosing(follow(order_stream(order), hub, 0)) as watch:
                await happen(*placed(order))
                assert await sequences(watch, 1) == [1]
        assert not failed.is_set()


async def test_orders_that_are_not_there_have_no_version(database: Database) -> None:
    order = await new_order()
    assert await versions([new_id(), order]) == {order: 0}


async def test_the_poll_survives_a_database_that_does_not_answer(database: Database) -> None:
    order = await new_order()
    connection = get_connection("default")
    with logged("adapters.bell.hub", "hub.look_failed") as failed:
        async with listening(poll_seconds=OFTEN) as (_, hub), hub.listen_feed() as ears:
            await connection.execute_query("ALTER TABLE feed_head RENAME TO feed_head_away")
            await asyncio.wait_for(failed.wait(), SOON)
            await connection.execute_query("ALTER TABLE feed_head_away RENAME TO feed_head")
            async with aclosing(follow(order_stream(order), hub, 0)) as watch:
                await happen(*placed(order))
                assert await sequences(watch, 1) == [1]
            assert await ears.wait(SOON)
