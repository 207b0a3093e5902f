"""Subscribers behind a bad line, servers that die, a bell and a database that go away: nobody misses an event.

    uv run pytest tests/live/faults
    WAYBILL_TEST_SUBSCRIBERS=200 WAYBILL_TEST_EVENTS=10000 uv run pytest -n 0 -s tests/live/faults
    WAYBILL_TEST_SEED=… goes through the same faults again

The truth is the log of the database. What a subscriber was told must be all of the log that it may see, from where it
began, each event once and in order; and over each connection what follows the cursor that it went on behind, gapless.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from server.migrate import migrate
from tests.live.faults.house import METRICS_TOKEN, Fault, House
from tests.live.faults.story import EVENTS, IS_FULL, endure
from tests.servers import POSTGRES_SETTINGS, OwnServer, own_postgres, own_redis, quiet_port
from tests.stories.serving import server_process

pytestmark = pytest.mark.timeout(300 + EVENTS)

# A crash takes what was committed and not yet written: here nothing is acknowledged before it is.
CRASHING = (*(each for each in POSTGRES_SETTINGS if not each.startswith("synchronous_commit")), "synchronous_commit=on")


@pytest.fixture(scope="module")
async def crashing() -> AsyncIterator[OwnServer]:
    """A PostgreSQL server that may crash, with a migrated database, `template`."""
    with own_postgres(CRASHING, port=quiet_port()) as server:
        await at_postgres(server, "CREATE DATABASE template")
        await migrate(database_at(server, "template"))
        yield server


def database_at(server: OwnServer, name: str) -> str:
    """The URL of one of its databases."""
    return f"{server.url.rpartition('/')[0]}/{name}"


async def at_postgres(server: OwnServer, statement: str) -> None:
    connection = await asyncpg.connect(server.url)
    await connection.execute(statement)
    await connection.close()


@contextmanager
def house_at(database_url: str, folder: Path, *, servers: int, workers: int, **settings: Any) -> Iterator[House]:
    """Servers on this database, not started yet."""
    chosen = {
        "workers": workers,
        "metrics_token": METRICS_TOKEN,
        "socket_ping_seconds": 5,
        "stream_lifetime_seconds": 12 + EVENTS // 200,
        **settings,
    }
    with ExitStack() as stack:
        made = [server_process(database_url, folder, port=quiet_port(), **chosen) for _ in range(servers)]
        yield House([stack.enter_context(each) for each in made], workers)


async def test_nobody_misses_an_event_while_redis_rings(crashing: OwnServer, tmp_path: Path) -> None:
    await at_postgres(crashing, "CREATE DATABASE by_redis TEMPLATE template")
    url, chosen = database_at(crashing, "by_redis"), {"database_connections": 16}
    with (
        own_redis(port=quiet_port()) as redis,
        house_at(url, tmp_path, servers=1, workers=2, bell_url=redis.url, **chosen) as house,
    ):
        house.postgres, house.redis = crashing, redis
        small = (House.the_bell_is_killed, House.a_worker_is_killed)
        await endure(house, url, OF_TWO_WORKERS if IS_FULL else small)


async def test_nobody_misses_an_event_while_postgres_rings(crashing: OwnServer, tmp_path: Path) -> None:
    await at_postgres(crashing, "CREATE DATABASE by_postgres TEMPLATE template")
    url = database_at(crashing, "by_postgres")
    with house_at(url, tmp_path, servers=1, workers=2, database_connections=20) as house:
        house.postgres = crashing
        small = (House.the_bell_is_killed, House.the_database_crashes, House.a_server_is_killed)
        await endure(house, url, OF_TWO_WORKERS if IS_FULL else small)


async def test_nobody_misses_an_event_where_a_bell_is_heard_in_its_own_process_alone(
    sqlite_database_url: str, tmp_path: Path
) -> None:
    """What was written through the one server, the other finds by its poll."""
    with house_at(sqlite_database_url, tmp_path, servers=2, workers=1) as house:
        small = (House.a_server_is_stopped,)
        await endure(house, sqlite_database_url, OF_TWO_SERVERS if IS_FULL else small)


# Starting a server takes long, so each test has a part of them where it is one of many; each happens in one of them.
OF_TWO_SERVERS: Sequence[Fault] = (House.a_server_is_killed, House.a_server_is_stopped)
OF_TWO_WORKERS: Sequence[Fault] = (
    House.a_worker_is_killed,
    House.the_bell_is_killed,
    House.the_database_crashes,
    House.a_server_is_killed,
    House.a_server_is_stopped,
)
