"""PostgreSQL for Tortoise: a transaction gives its pooled connection back, whatever happens to the task."""

import asyncio
import itertools
import logging
from contextlib import suppress
from types import TracebackType
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    NestedTransactionContext,
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.backends.base_postgres.client import translate_exceptions
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError

from server.engines import uninterrupted

# Longer than statement_timeout: only a server that no longer answers is given up on.
END_TIMEOUT_SECONDS = 10
KEPT_STATEMENTS, LONGEST_KEPT_STATEMENT = 300, 100_000

log = logging.getLogger(__name__)


class SafeTransactionWrapper(TransactionWrapper):
    """The connection while a transaction is open on it; says BEGIN, COMMIT and the savepoints itself.

    asyncpg's own Transaction throws the answer to COMMIT away. PostgreSQL answers ROLLBACK, without an error, when a
    statement failed before and somebody swallowed that: an acknowledged change would be lost in silence.
    """

    _savepoints = itertools.count(1)

    def __init__(self, client: AsyncpgDBClient) -> None:
        super().__init__(client)
        self._savepoint = ""

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(SafeTransactionWrapper(self))

    @translate_exceptions
    async def begin(self) -> None:
        await self._connection.execute("BEGIN")

    @translate_exceptions
    async def commit(self) -> None:
        answer = await self._connection.execute("COMMIT")
        self._finalized = True
        if answer != "COMMIT":
            raise TransactionManagementError("A statement failed earlier in this transaction: all of it is rolled back")

    @translate_exceptions
    async def rollback(self) -> None:
        await self._connection.execute("ROLLBACK")
        self._finalized = True

    @translate_exceptions
    async def savepoint(self) -> None:
        self._savepoint = f"savepoint_{next(self._savepoints)}"
        await self._connection.execute(f"SAVEPOINT {self._savepoint}")

    @translate_exceptions
    async def savepoint_rollback(self) -> None:
        await self._connection.execute(f"ROLLBACK TO {self._savepoint}; RELEASE {self._savepoint}")
        self._finalized = True

    @translate_exceptions
    async def release_savepoint(self) -> None:
        await self._connection.execute(f"RELEASE {self._savepoint}")
        self._finalized = True


class SafeTransaction(TransactionContextPooled):
    """A transaction on one pooled connection, which goes back to the pool on every way out.

    Tortoise releases it only if BEGIN was answered; a task cancelled meanwhile took the connection with it.
    """

    client: SafeTransactionWrapper

    def __init__(self, client: SafeTransactionWrapper, pool_init_lock: asyncio.Lock) -> None:
        super().__init__(client, pool_init_lock)
        # The pool this connection came from: the client may have been closed when it goes back.
        self._pool: Any = None

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        self._pool = self.client._parent._pool
        self.client._connection = await self._pool.acquire()
        try:
            await self.client.begin()
        except BaseException:
            # Whether the server has begun is unknown. A new connection costs milliseconds, and this is rare.
            await uninterrupted(self._give_back(terminate=True))
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        get_connections().reset(self.token)
        await uninterrupted(self._end(commit=exc_type is None))

    async def _end(self, *, commit: bool) -> None:
        """Commit or roll back, then give the connection back; a commit that fails raises, a rollback does not."""
        try:
            if not self.client._finalized:
                async with asyncio.timeout(END_TIMEOUT_SECONDS):
                    await (self.client.commit() if commit else self.client.rollback())
        except Exception:
            if commit:
                raise
            # What made us roll back is the better story; without its connection the server rolls back by itself.
            log.warning("postgres.rollback_failed", exc_info=True)
        finally:
            await self._give_back(terminate=not self.client._finalized)

    async def _give_back(self, *, terminate: bool) -> None:
        connection = self.client._connection
        if terminate:
            # Suppressed: terminating what is already gone has the effect that was wanted.
            with suppress(asyncpg.InterfaceError):
                connection.terminate()
        await self._pool.release(connection, timeout=END_TIMEOUT_SECONDS)


class SafePostgresClient(AsyncpgDBClient):
    """A pool of PostgreSQL connections, addressed by a libpq URL as asyncpg reads it (sslmode, sockets, hosts)."""

    def __init__(self, dsn: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._dsn = dsn

    async def create_pool(self, **kwargs: Any) -> asyncpg.Pool:
        # Tortoise's own host, port, user and database would override the URL's.
        for part in ("host", "port", "user", "password", "database"):
            kwargs.pop(part, None)
        # The statement that writes a whole order is longer than what asyncpg keeps prepared by itself.
        return await asyncpg.create_pool(
            self._dsn,
            reset=_leave_as_it_is,
            max_cacheable_statement_size=LONGEST_KEPT_STATEMENT,
            statement_cache_size=KEPT_STATEMENTS,
            **kwargs,
        )

    def _in_transaction(self) -> TransactionContext:
        return SafeTransaction(SafeTransactionWrapper(self), self._pool_init_lock)

    @translate_exceptions
    async def execute_many(self, query: str, values: list[Any]) -> None:
        # Tortoise's rolls back on Exception only, which a cancellation is not.
        async with self._in_transaction() as transaction:
            await transaction.execute_many(query, values)


async def _leave_as_it_is(_connection: Any) -> None:
    """Instead of asyncpg's `RESET ALL` and more, a round trip for every statement outside a transaction, and for every
    transaction: nobody sets anything in a session, or locks by it, and what is left open is rolled back all the same.
    """


client_class = SafePostgresClient
