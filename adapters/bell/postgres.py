"""The bell of PostgreSQL: LISTEN and NOTIFY, on two connections of their own."""

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn

import asyncpg

from adapters.bell.rings import CHANNEL

TIMEOUT_SECONDS = 5.0
ASKED_EVERY_SECONDS = 10.0

_SESSION = {
    "application_name": "waybill-bell",
    "statement_timeout": str(round(TIMEOUT_SECONDS * 1000)),
    # A commit that notifies holds a lock of the whole server until it is done: not for a flush to disk, which a hint
    # does not need.
    "synchronous_commit": "off",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


class PostgresWire:
    """To the PostgreSQL server at `url` and back. NOTIFY never stands in a transaction that writes: it would queue.

    LISTEN needs a session of its own: not through a pooler that shares them (PgBouncer's transaction pooling).
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._publishing: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()

    async def listen(self, begun: Callable[[], None], heard: Callable[[str], None]) -> NoReturn:
        """Listen until the connection is lost, or the server does not answer any more. Raises either way."""
        connection = await self._connected()
        is_lost = asyncio.Event()

        def hear(_connection: Any, _process: int, _channel: str, payload: str) -> None:
            heard(payload)

        try:
            connection.add_termination_listener(lambda _connection: is_lost.set())
            await connection.add_listener(CHANNEL, hear)
            begun()
            while True:
                try:
                    async with asyncio.timeout(ASKED_EVERY_SECONDS):
                        await is_lost.wait()
                except TimeoutError:
                    # A host that is gone says nothing: ask.
                    await connection.execute("SELECT 1", timeout=TIMEOUT_SECONDS)
                else:
                    raise ConnectionResetError("the connection to PostgreSQL was closed")
        finally:
            connection.terminate()

    async def publish(self, message: str) -> None:
        """NOTIFY, in a transaction of its own. Raises asyncpg's errors, OSError or TimeoutError."""
        async with self._turn:
            if self._publishing is None or self._publishing.is_closed():
                self._publishing = await self._connected()
            try:
                await self._publishing.execute("SELECT pg_notify($1, $2)", CHANNEL, message, timeout=TIMEOUT_SECONDS)
            except BaseException:
                self._publishing.terminate()
                raise

    async def close(self) -> None:
        """Close the connection that publishes; the one that listens is closed when listening ends."""
        if self._publishing is not None:
            self._publishing.terminate()

    async def _connected(self) -> asyncpg.Connection:
        return await asyncpg.connect(self._url, timeout=TIMEOUT_SECONDS, server_settings=_SESSION)
