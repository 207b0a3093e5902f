"""SQLite for Tortoise: writers queue at BEGIN IMMEDIATE, and a cancelled one leaves neither lock nor transaction."""

import sqlite3
from types import TracebackType
from typing import Any

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import IntegrityError, OperationalError

from server.engines import uninterrupted


class ImmediateTransactionWrapper(SqliteTransactionWrapper):
    """The connection while a transaction is open on it."""

    async def begin(self) -> None:
        """Take the file's write lock, waiting for other processes as long as busy_timeout says.

        A deferred transaction that reads first and writes later fails at once when another process wrote between.
        """
        try:
            if self._connection.in_transaction:
                # Nobody owns it: a BEGIN sent as a plain statement. It would refuse every later one.
                await self._connection.rollback()
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error

    async def end(self, *, commit: bool) -> None:
        """Commit or roll back; after a commit that failed nothing stays open."""
        try:
            if commit:
                await self._connection.commit()
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error
        except sqlite3.IntegrityError as error:
            raise IntegrityError(error) from error
        finally:
            self._finalized = True
            if self._connection.in_transaction:
                await self._connection.rollback()


class ImmediateTransaction(SqliteTransactionContext):
    """A transaction that holds the client's one connection by its lock, and frees it on every way out."""

    connection: ImmediateTransactionWrapper

    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await uninterrupted(self.connection.begin())
        except BaseException:
            try:
                await uninterrupted(self._abandon())
            finally:
                self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection

    async def _abandon(self) -> None:
        """Undo a BEGIN that was granted to a task that no longer wants it."""
        if self.connection._connection:
            await self.connection.end(commit=False)

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        get_connections().reset(self.token)
        try:
            if not self.connection._finalized:
                await uninterrupted(self.connection.end(commit=exc_type is None))
        finally:
            self._trxlock.release()


class ImmediateSqliteClient(SqliteClient):
    """One connection to a SQLite file; keyword arguments are its pragmas, set in the order given."""

    async def create_connection(self, with_db: bool) -> None:
        try:
            await super().create_connection(with_db)
        except BaseException:
            # A pragma was refused (not a database, a locked file): the connection's thread must not stay behind.
            await uninterrupted(self.close())
            raise

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransaction(ImmediateTransactionWrapper(self), self._lock)

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        # Tortoise's rolls back on Exception only, which a cancellation is not.
        async with self._in_transaction() as transaction:
            await transaction.execute_many(query, values)


client_class = ImmediateSqliteClient
