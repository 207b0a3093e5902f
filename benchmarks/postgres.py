"""A PostgreSQL server with durable commits, and a database in it that is full of orders."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import asyncpg

from benchmarks.data.generate import Progress, Size, generate
from server.migrate import migrate
from tests.servers import running_postgres

# A commit is on the disk before it is answered: what acknowledged orders need, and half of what writing costs.
DURABLE_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "fsync=on",
    "synchronous_commit=on",
    "shared_buffers=2GB",
    "effective_cache_size=8GB",
    "max_wal_size=16GB",
    "checkpoint_timeout=30min",
    "random_page_cost=1.1",
    "jit=off",
    "timezone=UTC",
)


@dataclass(frozen=True)
class Filled:
    """A database with orders, and how many."""

    url: str
    size: Size


@contextmanager
def durable_server() -> Iterator[str]:
    """The URL of a server for benchmarks until the block ends; WAYBILL_TEST_POSTGRES_URL names another one."""
    with running_postgres(DURABLE_SETTINGS) as url:
        yield url


@asynccontextmanager
async def filled_database(server: str, size: Size, progress: Progress) -> AsyncIterator[Filled]:
    """A new database with Waybill's tables and so many orders, dropped afterwards."""
    name = f"waybill_benchmark_{size.orders}"
    url = urlsplit(server)._replace(path=f"/{name}").geturl()
    admin = await asyncpg.connect(server, timeout=10)
    try:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            await migrate(url)
            await generate(url, size, progress)
            yield Filled(url, size)
        finally:
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await admin.close(timeout=10)
