"""A PostgreSQL server with durable commits, and a database in it that is full of orders."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def durable_server() -> Iterator[str]:
    """The URL of a server for benchmarks until the block ends; WAYBILL_TEST_POSTGRES_URL names another one."""
    with running_postgres(DURABLE_SETTINGS) as url:
        yield url


@contextmanager
def filled_database(server: str, size: Size, progress: Progress) -> Iterator[str]:
    """The URL of a new database with Waybill's tables and so many orders, dropped afterwards."""
    name = f"waybill_benchmark_{size.orders}"
    url = urlsplit(server)._replace(path=f"/{name}").geturl()
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    asyncio.run(_administer(server, drop, f'CREATE DATABASE "{name}" TEMPLATE template0'))
    try:
        asyncio.run(migrate(url))
        asyncio.run(generate(url, size, progress))
        yield url
    finally:
        asyncio.run(_administer(server, drop))


def version_of(url: str) -> str:
    """The version of the server of that database."""
    return asyncio.run(_version(url))


async def _version(url: str) -> str:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return str(await connection.fetchval("SHOW server_version")).split()[0]
    finally:
        await connection.close(timeout=10)


async def _administer(server: str, *statements: str) -> None:
    admin = await asyncpg.connect(server, timeout=10)
    try:
        for statement in statements:
            await admin.execute(statement, timeout=60)
    finally:
        await admin.close(timeout=10)
