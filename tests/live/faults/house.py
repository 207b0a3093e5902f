"""The servers, with what they stand on, and what befalls them."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import psutil

from tests.servers import OwnServer
from tests.stories.serving import ServerProcess

PATIENCE_SECONDS = 250.0
AWAY_SECONDS = 1.0
METRICS_TOKEN = "a token of the tests, of 32 bytes and more"
LISTENERS = "waybill_stream_listeners"
# How asyncpg and Python call what becomes of sessions with a server that crashed, and of new ones until it is back.
LOST_CONNECTIONS = (
    "ConnectionRefusedError",
    "ConnectionResetError",
    "ConnectionDoesNotExistError",
    "CannotConnectNowError",
    "Consistent recovery state has not been yet reached",
    "InterfaceError",
    "InternalClientError",
    "TimeoutError",
)
CUT_BELLS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'waybill-bell'"


async def until(holds: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for what happens in other processes."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  (what is waited for happens in another process)
            await asyncio.sleep(0.02)


@dataclass
class House:
    """Servers on one database, and who brings them down."""

    servers: Sequence[ServerProcess]
    workers: int
    postgres: OwnServer | None = None
    redis: OwnServer | None = None

    def workers_of(self, server: ServerProcess) -> list[int]:
        """The processes that serve now, or are about to."""
        return [line["pid"] for line in server.said("server.started") if lives(line["pid"])]

    async def start(self) -> None:
        """Every server, with all of its workers."""
        await asyncio.gather(*(self.started(each) for each in self.servers))

    async def started(self, server: ServerProcess) -> None:
        await asyncio.to_thread(server.start)
        await until(lambda: len(self.workers_of(server)) == self.workers)

    # -- what befalls them ----------------------------------------------------------------------------------------
    async def a_worker_is_killed(self) -> None:
        """kill -9 of one worker of two; its supervisor replaces it."""
        server = self.servers[0]
        os.kill(self.workers_of(server)[0], signal.SIGKILL)
        await until(lambda: len(self.workers_of(server)) < self.workers)
        await until(lambda: len(self.workers_of(server)) == self.workers)

    async def a_server_is_killed(self) -> None:
        """kill -9 of all of its processes; somebody starts it again."""
        server = self.servers[0]
        for worker in self.workers_of(server):
            os.kill(worker, signal.SIGKILL)
        server.kill()
        await self.started(server)

    async def a_server_is_stopped(self) -> None:
        """SIGTERM, as for a new version; somebody starts it again."""
        server = self.servers[-1]
        assert await asyncio.to_thread(server.stop) == self.goodbye
        await self.started(server)

    async def the_database_crashes(self) -> None:
        """All of its sessions are gone at once, and nobody gets a new one for a while."""
        assert self.postgres
        await asyncio.to_thread(self.postgres.end, signal.SIGQUIT)
        await asyncio.sleep(AWAY_SECONDS)
        await asyncio.to_thread(self.postgres.start)

    async def the_bell_is_killed(self) -> None:
        """Redis is killed, and started again after a while; or PostgreSQL ends the sessions that listen and ring."""
        if self.redis is not None:
            await asyncio.to_thread(self.redis.end, signal.SIGKILL)
            await asyncio.sleep(AWAY_SECONDS)
            await asyncio.to_thread(self.redis.start)
            return
        assert self.postgres
        connection = await asyncpg.connect(self.postgres.url)
        assert len(await connection.fetch(CUT_BELLS)) >= self.workers
        await connection.close()

    # -- the end --------------------------------------------------------------------------------------------------
    @property
    def goodbye(self) -> int:
        """What a server ends with that is told to stop: uvicorn raises the signal again, its supervisor does not."""
        return 0 if self.workers > 1 else -signal.SIGTERM

    async def listeners(self) -> list[int]:
        """How many listen in each process that serves, as its metrics say; its own relay is one of them."""
        counts = []
        for server in self.servers:
            for worker in self.workers_of(server):
                with only(worker, self.workers_of(server)):
                    counts.append(await listeners_at(server.url))
        return counts

    async def is_left_by_everybody(self) -> None:
        """Asserts that nobody listens any more, but for the relay of each process."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while set(await self.listeners()) != {1}:  # noqa: ASYNC110  (it happens in another process)
                await asyncio.sleep(0.2)

    async def stop(self) -> None:
        """Asserts that every server ends as it should."""
        stopping = (asyncio.to_thread(each.stop) for each in self.servers)
        assert await asyncio.gather(*stopping) == [self.goodbye] * len(self.servers)
        assert [self.workers_of(each) for each in self.servers] == [[]] * len(self.servers)

    def errors(self) -> list[str]:
        """What the servers logged as errors, but for what a database that is away makes of what is asked of them."""
        lines = [line for server in self.servers for line in server.log.read_text().splitlines()]
        said = [json.loads(line) if line.startswith("{") else {"level": "error", "event": line} for line in lines]
        return [
            f"{each['event']} {each.get('path', '')} {each.get('exception', '')}"
            for each in said
            if each["level"] not in ("debug", "info", "warning") and not _is_of_an_outage(each)
        ]


def _is_of_an_outage(said: Mapping[str, Any]) -> bool:
    event, text = said["event"], f"{said['event']} {said.get('exception', '')}"
    is_ours = event == "bug.met" or event.startswith("Future exception was never retrieved")
    return is_ours and any(each in text for each in LOST_CONNECTIONS)


Fault = Callable[[House], Awaitable[None]]


def lives(pid: int) -> bool:
    """Whether it runs; one that has ended and was not waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def only(worker: int, workers: Sequence[int]) -> Iterator[None]:
    """Nobody but this worker answers: the others are halted for a moment."""
    others = [each for each in workers if each != worker]
    try:
        for each in others:
            os.kill(each, signal.SIGSTOP)
        yield
    finally:
        for each in others:
            os.kill(each, signal.SIGCONT)


async def listeners_at(url: str) -> int:
    """How many listen in the process that answers."""
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
        answer = await client.get(f"{url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    [line] = [each for each in answer.text.splitlines() if each.startswith(f"{LISTENERS} ")]
    return int(float(line.split()[1]))
