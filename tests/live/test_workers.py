"""Several workers on one PostgreSQL: one address, no more connections than were given, none lost and none left over."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from uvicorn.config import STARTUP_FAILURE

from server.connections import Shares, misfit, shares, total_of
from server.database import open_database
from tests.builders import SUPPORT, open_shop
from tests.stories.serving import SECRET, ServerProcess, ask, headers_of, server_process, sse

# Several servers start for each test, which takes long on a busy machine.
pytestmark = pytest.mark.timeout(300)

SOON = 60.0
TWO = {"workers": 2, "database_connections": 12}
PLACE = """mutation { orderPlace(input: {channel: "web-de", lines: [{sku: "MUG", quantity: 1}]}) {
  order { id } errors { message }
} }"""
WATCH = "subscription { ordersChanged { ... on OrderEventMessage { cursor } } }"
ORDERS = "{ orders(first: 20) { nodes { id number } totalCount } }"


@pytest.fixture
async def two_workers(postgres_database_url: str, tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A shop that two workers serve, with twelve connections."""
    async with open_database(postgres_database_url):
        await open_shop(ber={"MUG": 10_000})
    with server_process(postgres_database_url, tmp_path, **TWO) as server:
        await asyncio.to_thread(server.start)
        await until(lambda: len(workers(server)) == 2)
        yield server
    await until(lambda: not any(map(lives, workers(server))))


def workers(server: ServerProcess) -> list[int]:
    """The processes that have said that they serve."""
    return [line["pid"] for line in server.said("server.started")]


def replaced(server: ServerProcess) -> list[dict[str, Any]]:
    """What was said about workers that were replaced."""
    return server.said("worker.replaced")


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(SOON):
        while not holds():  # noqa: ASYNC110  (what is waited for happens in another process)
            await asyncio.sleep(0.02)


async def test_a_worker_that_was_killed_is_replaced_as_soon_as_it_can_start_and_the_other_serves_meanwhile(
    two_workers: ServerProcess, postgres_database_url: str, postgres_admin: asyncpg.Connection
) -> None:
    name = urlsplit(postgres_database_url).path.lstrip("/")
    first, second = workers(two_workers)
    os.kill(first, signal.SIGKILL)
    await until(lambda: not lives(first))
    async with httpx.AsyncClient(headers=headers_of(SUPPORT), timeout=SOON) as client:
        assert (await ask(client, two_workers.url, PLACE))["orderPlace"]["errors"] == []
        await until(lambda: len(workers(two_workers)) == 3)
        assert [(line["pid"], line["exitcode"]) for line in replaced(two_workers)] == [(first, -signal.SIGKILL)]
        # Nobody new may connect: as while a database is recovering that was restarted.
        await postgres_admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        os.kill(workers(two_workers)[2], signal.SIGKILL)
        await until(lambda: len(replaced(two_workers)) == 3)
        assert replaced(two_workers)[2]["exitcode"] == STARTUP_FAILURE
        assert (await client.get(f"{two_workers.url}/healthz")).status_code == 200
        await postgres_admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await until(lambda: len(workers(two_workers)) == 4)
        assert (await ask(client, two_workers.url, PLACE))["orderPlace"]["errors"] == []
    assert lives(second)


async def test_a_server_that_is_told_to_stop_leaves_no_worker_finishes_what_was_begun_and_ends_streams(
    two_workers: ServerProcess, postgres_database_url: str
) -> None:
    answers: list[Any] = []

    async def buy() -> None:
        async with httpx.AsyncClient(headers=headers_of(SUPPORT), timeout=SOON) as client:
            try:
                while True:
                    answers.append((await ask(client, two_workers.url, PLACE))["orderPlace"]["order"]["id"])
            except httpx.TransportError:
                pass  # the doors are closed

    async def watch() -> int:
        async with httpx.AsyncClient(headers=headers_of(SUPPORT), timeout=SOON) as client:
            return len([event async for event in sse(client, two_workers.url, WATCH)])

    watching = [asyncio.create_task(watch()) for _ in range(4)]
    buying = [asyncio.create_task(buy()) for _ in range(4)]
    await until(lambda: len(answers) >= 8)
    assert await asyncio.to_thread(two_workers.stop) == 0
    await asyncio.gather(*buying)
    assert len(await asyncio.wait_for(asyncio.gather(*watching), SOON)) == 4
    assert not any(map(lives, workers(two_workers)))
    connection = await asyncpg.connect(postgres_database_url)
    assert await connection.fetchval("SELECT count(*) FROM orders") == len(set(answers))
    await connection.close()


async def test_workers_whose_supervisor_was_killed_stop_by_themselves(two_workers: ServerProcess) -> None:
    two_workers.kill()
    await until(lambda: not any(map(lives, workers(two_workers))))
    assert len(two_workers.said("worker.orphaned")) == 2
    assert len(two_workers.said("server.stopping")) == 2


async def test_workers_have_no_more_connections_than_they_were_given(
    two_workers: ServerProcess, postgres_admin: asyncpg.Connection, postgres_database_url: str
) -> None:
    """However many ask at once, for reads and for writes, of both workers."""
    counts = []

    async def ask_often(query: str) -> None:
        async with httpx.AsyncClient(headers=headers_of(SUPPORT), timeout=SOON) as client:
            for _ in range(5):
                await client.post(f"{two_workers.url}/graphql", json={"query": query})

    asking = [asyncio.create_task(ask_often(query)) for query in (PLACE, ORDERS) * 20]
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1"
    while not all(task.done() for task in asking):
        counts.append(await postgres_admin.fetchval(count, urlsplit(postgres_database_url).path.lstrip("/")))
    await asyncio.gather(*asking)
    assert 6 < max(counts) <= 12


def no_app() -> None:
    """What workers are to run, and cannot."""
    raise RuntimeError("it cannot be made")


async def test_a_server_none_of_whose_workers_can_start_says_so_and_ends(postgres_database_url: str) -> None:
    serving = "serve(read_settings(), factory='tests.live.test_workers:no_app')"
    code = f"from server.serving import serve; from server.settings import read_settings; {serving}"
    settings = {"DATABASE_URL": postgres_database_url, "SECRET": SECRET, "WORKERS": "2", "PORT": "0"}
    environment = os.environ | {f"WAYBILL_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-c", code]
    done = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.endswith("server.serving.ServingError: the server could not start: the log above says why\n")


async def test_a_database_that_cannot_give_so_many_connections_is_a_sentence(postgres_database_url: str) -> None:
    command = [sys.executable, "-m", "server", "serve", "--workers", "2", "--port", "0"]
    settings = {"DATABASE_URL": postgres_database_url, "SECRET": SECRET, "DATABASE_CONNECTIONS": "500"}
    environment = os.environ | {f"WAYBILL_{name}": value for name, value in settings.items()}
    done = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "500 connections to PostgreSQL do not fit: the server allows " in done.stderr
    assert "Traceback" not in done.stderr


async def test_what_a_role_and_a_database_allow_counts_too(
    postgres_database_url: str, postgres_admin: asyncpg.Connection
) -> None:
    name = urlsplit(postgres_database_url).path.lstrip("/")
    await postgres_admin.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT 30')
    assert await misfit(postgres_database_url, 30) is None
    assert (await misfit(postgres_database_url, 31) or "").startswith(
        "31 connections to PostgreSQL do not fit: the database allows 30;"
    )


def test_connections_are_split_among_workers_and_within_each() -> None:
    assert [total_of(None, workers) for workers in (1, 2, 4, 8)] == [20, 40, 80, 80]
    assert shares(None, 1, bell=2) == Shares(write=10, read=7, bell=2, aside=1)
    assert shares(None, 8, bell=2) == Shares(write=4, read=3, bell=2, aside=1)
    assert shares(None, 8, bell=0) == Shares(write=5, read=4, bell=0, aside=1)
    assert shares(6, 1, bell=2) == Shares(write=2, read=1, bell=2, aside=1)
    with pytest.raises(ValueError, match="5 are too few for 1 workers: they need at least 6"):
        shares(5, 1, bell=2)
