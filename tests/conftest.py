"""Databases and brokers for the tests: real ones, fresh for each test, on both dialects."""

import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from server.database import Database, open_database
from server.migrate import migrate
from tests.servers import running_postgres, running_redis

_numbers = itertools.count(1)
# The longest first, for a file that begins last is waited for by every other worker. What is not named comes later.
LONGEST_FIRST = ("stories", "live", "adapters", "house", "compiled")
COLLECTED_AFTER = 50_000, 20, 50  # as the server, which has its reasons in server/app.py


def pytest_configure(config: pytest.Config) -> None:
    """Where Python may not keep what it compiles, it does in a folder of this run: every server that a test starts
    would compile a thousand modules anew.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        folder = tempfile.mkdtemp(prefix="waybill-compiled-")
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the rooms, and leave each as it is."""
    places = {room: place for place, room in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.relative_to(Path(__file__).parent).parts[0], len(places)))


def pytest_collection_finish() -> None:
    """Every test, and all that it is made of, is there to stay: Python's collector of cycles need not look at it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server, started when a test first asks for it."""
    with running_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a Redis server, started when a test first asks for it."""
    with running_redis() as url:
        yield url


@pytest.fixture(scope="session")
async def postgres_admin(postgres_server: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that creates and drops databases."""
    connection = await asyncpg.connect(postgres_server)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def postgres_template(postgres_server: str, postgres_admin: asyncpg.Connection) -> AsyncIterator[str]:
    """The name of a database that has been migrated once, and is copied for each test."""
    async with _postgres_database(postgres_server, postgres_admin, "template1") as url:
        await migrate(url)
        yield urlsplit(url).path.lstrip("/")


@pytest.fixture(scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that has been migrated once, and is copied for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    await migrate(f"sqlite://{path}")
    return path


@asynccontextmanager
async def _postgres_database(server: str, admin: asyncpg.Connection, template: str) -> AsyncIterator[str]:
    """The URL of a new database on `server`, a copy of `template`; dropped afterwards, whoever still uses it."""
    # With the process id, for a server from the environment may serve another test run at the same time.
    name = f"waybill_test_{os.getpid()}_{next(_numbers)}"
    # The files are copied where the server can be told so: to log every page of the copy takes three times as long.
    how = "STRATEGY FILE_COPY" if admin.get_server_version().major >= 15 else ""
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {how}')
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def empty_postgres_url(postgres_server: str, postgres_admin: asyncpg.Connection) -> AsyncIterator[str]:
    """The URL of a PostgreSQL database without tables."""
    async with _postgres_database(postgres_server, postgres_admin, "template1") as url:
        yield url


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite://{tmp_path / 'empty.db'}"


@pytest.fixture
async def postgres_database_url(
    postgres_server: str, postgres_admin: asyncpg.Connection, postgres_template: str
) -> AsyncIterator[str]:
    """The URL of a fresh, migrated PostgreSQL database, not opened: for tests that start processes."""
    async with _postgres_database(postgres_server, postgres_admin, postgres_template) as url:
        yield url


@pytest.fixture
def sqlite_database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """The URL of a fresh, migrated SQLite file, not opened: for tests that start processes."""
    return f"sqlite://{shutil.copy(sqlite_template, tmp_path / 'waybill.db')}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated database of each dialect, not opened: for tests that start processes."""
    url: str = request.getfixturevalue(f"{request.param}_database_url")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database of each dialect without tables."""
    url: str = request.getfixturevalue(f"empty_{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database of each dialect, open."""
    async with open_database(database_url) as opened:
        yield opened


@pytest.fixture
async def postgres_database(postgres_database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated PostgreSQL database, open."""
    async with open_database(postgres_database_url) as opened:
        yield opened


@pytest.fixture
async def sqlite_database(sqlite_database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated SQLite database, open."""
    async with open_database(sqlite_database_url) as opened:
        yield opened
