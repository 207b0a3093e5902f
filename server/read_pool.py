"""The sessions of compiled reads: they cannot write, and keep each statement prepared, with one plan."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from server.database import APP, LOCK_TIMEOUT_SECONDS, STATEMENT_TIMEOUT_SECONDS

# A session keeps so many statements, and so much of their text: the server holds a plan some fifty times its size.
KEPT_STATEMENTS = 500
KEPT_CHARACTERS = 1_000_000
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 5.0

_SESSION = {
    "application_name": f"{APP}-reads",
    "timezone": "UTC",
    "default_transaction_read_only": "on",
    "lock_timeout": str(round(LOCK_TIMEOUT_SECONDS * 1000)),
    "statement_timeout": str(round(STATEMENT_TIMEOUT_SECONDS * 1000)),
    # A plan for all parameters does not know whose orders are many: along an index is never wrong, sorting all of them
    # may be. The default of 4 is for disks that turn, and prefers the sort.
    "random_page_cost": "1.1",
    # Statements are few and their page sizes literal: planned once a session, not once a request.
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    # For the few rows of an order's lists it costs more than sorting them at once.
    "enable_incremental_sort": "off",
}

# A statement whose tables have changed since it was prepared, a session that the server ended while it was idle: as
# nothing but reading happens here, it is done again, once.
_OUTLIVED = (
    asyncpg.InvalidCachedStatementError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InternalClientError,  # the news of the session's end and the statement crossed one another
    ConnectionError,
)


@dataclass
class _Session:
    """A connection and the statements that are prepared on it, those used last."""

    connection: asyncpg.Connection
    statements: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    characters: int = 0

    async def value(self, sql: str, parameters: Sequence[Any]) -> Any:
        statement = self.statements.get(sql)
        if statement is None:
            statement = self.statements[sql] = await self.connection.prepare(sql)
            self.characters += len(sql)
            while len(self.statements) > KEPT_STATEMENTS or self.characters > KEPT_CHARACTERS:
                self.forget(next(iter(self.statements)))
        else:
            self.statements.move_to_end(sql)
        return await statement.fetchval(*parameters)

    def forget(self, sql: str) -> None:
        """Keep it no longer, if it is kept; asyncpg deallocates what nobody holds."""
        if self.statements.pop(sql, None) is not None:
            self.characters -= len(sql)


class ReadPool:
    """At most `size` sessions. Nothing is ever changed in them, so there is nothing to reset between two reads."""

    def __init__(self, url: str, size: int) -> None:
        self._url, self._places = url, asyncio.Semaphore(size)
        self._idle: list[_Session] = []

    async def value(self, sql: str, parameters: Sequence[Any]) -> Any:
        """What the statement gives in its first column and row; waits for a session, as long as the caller does.

        Raises asyncpg's errors, and OSError when the server cannot be reached. A session that broke is not used again.
        """
        async with self._places:
            try:
                return await self._read(sql, parameters)
            except _OUTLIVED:
                return await self._read(sql, parameters)

    async def _read(self, sql: str, parameters: Sequence[Any]) -> Any:
        session, is_sound = await self._session(), False
        try:
            found = await session.value(sql, parameters)
            is_sound = True
        except asyncpg.PostgresError:
            is_sound = True
            session.forget(sql)  # it may be one that the tables have changed under
            raise
        finally:
            if is_sound and not session.connection.is_closed():
                self._idle.append(session)
            else:
                session.connection.terminate()
        return found

    async def _session(self) -> _Session:
        while self._idle:
            session = self._idle.pop()
            if not session.connection.is_closed():
                return session
        return await self._opened()

    async def open(self) -> None:
        """Reach the server, so that a wrong address is an error now."""
        self._idle.append(await self._opened())

    async def close(self) -> None:
        """Close what is idle. The caller has seen to it that nothing is read any more."""
        for session in self._idle:
            await session.connection.close(timeout=CLOSE_SECONDS)
        self._idle.clear()

    async def _opened(self) -> _Session:
        # With asyncpg's own cache off, what is prepared has no name, and is planned anew each time.
        connection = await asyncpg.connect(self._url, timeout=CONNECT_SECONDS, server_settings=_SESSION)
        return _Session(connection)


@asynccontextmanager
async def open_read_pool(url: str, size: int) -> AsyncIterator[ReadPool]:
    """Read-only sessions on the PostgreSQL database at `url`, until the block ends."""
    pool = ReadPool(url, size)
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()
