"""What the kernel asks of the database below Tortoise: its dialect, its clock, and which of its errors mean what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError, OperationalError
from tortoise.transactions import in_transaction

SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT, UNIQUE = "40001", "40P01", "55P03", "23505"
TEXT_TOO_LONG = "22001"


class Dialect(StrEnum):
    """The databases we run on."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


def current_connection() -> BaseDBAsyncClient:
    """The connection of this task: the transaction's when one is open."""
    connection: BaseDBAsyncClient = get_connection("default")
    return connection


def dialect_of(connection: BaseDBAsyncClient) -> Dialect:
    """Which database the connection speaks to."""
    return Dialect(connection.capabilities.dialect)


async def database_now(connection: BaseDBAsyncClient) -> datetime:
    """The database's clock; SQLite has none of its own but the machine's."""
    if dialect_of(connection) is Dialect.SQLITE:
        return datetime.now(UTC)
    [row] = await connection.execute_query_dict("SELECT clock_timestamp() AS now")
    now: datetime = row["now"]
    return now.astimezone(UTC)


@asynccontextmanager
async def snapshot() -> AsyncIterator[BaseDBAsyncClient]:
    """What is committed at one moment, for several reads: whatever others commit meanwhile is not in it.

    PostgreSQL keeps everybody else going; SQLite, where a transaction is the only one, lets writers wait.
    """
    async with in_transaction() as connection:
        if dialect_of(connection) is Dialect.POSTGRES:
            await connection.execute_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection


def _sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE behind an error, however it is wrapped."""
    seen: Any = error
    for _ in range(4):
        if seen is None:
            break
        if isinstance(state := getattr(seen, "sqlstate", None), str):
            return state
        seen = seen.args[0] if seen.args and isinstance(seen.args[0], BaseException) else seen.__cause__
    return None


def is_worth_another_try(error: BaseException) -> bool:
    """Whether the same transaction may well succeed at once: it lost a race that it can now see the end of."""
    return _sqlstate(error) in (SERIALIZATION_FAILURE, DEADLOCK) or is_unique_violation(error)


def is_unique_violation(error: BaseException) -> bool:
    """Whether a unique key was taken: by a race the first time; when it is so again and again, by a missing check."""
    return _sqlstate(error) == UNIQUE or (
        isinstance(error, IntegrityError) and "UNIQUE constraint failed" in str(error)
    )


def is_text_too_long(error: BaseException) -> bool:
    """Whether a text did not fit its column."""
    return _sqlstate(error) == TEXT_TOO_LONG


def is_lock_wait_over(error: BaseException) -> bool:
    """Whether others held the rows for longer than we wait."""
    if _sqlstate(error) == LOCK_TIMEOUT:
        return True
    return isinstance(error, OperationalError) and "database is locked" in str(error)
