"""A connection aside: what the whole process waits for is not in line behind the requests."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import ConnectionHandler, get_connections

from domain.kernel.database import Dialect
from server.database import CONNECTION, Database, connection_settings


class Aside:
    """One connection to PostgreSQL that no request can take. A SQLite file has one connection for everybody."""

    def __init__(self) -> None:
        self._client: BaseDBAsyncClient | None = None

    @asynccontextmanager
    async def open(self, database: Database) -> AsyncIterator[None]:
        """It is there until the block ends."""
        if database.dialect is Dialect.SQLITE:
            yield
            return
        # Of the same name, so that rows and transactions take it for the one that they know.
        handler = ConnectionHandler()
        handler._init_config({CONNECTION: connection_settings(database.url, pool_size=1)})
        client = handler.get(CONNECTION)
        self._client = client
        try:
            yield
        finally:
            self._client = None
            await client.close()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Within the block, this task's statements and transactions go over it, while it is there.

        No task may begin in the block: it would keep it.
        """
        if self._client is None:
            yield
            return
        connections = get_connections()
        token = connections.set(CONNECTION, self._client)
        try:
            yield
        finally:
            connections.reset(token)
