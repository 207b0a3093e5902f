"""Publishes, as a process of its own: to Waybill by writing to its database, to a peer by a small request.

It tells when the server could know at the earliest: Waybill's write had committed, and no bell had been rung yet; the
peer's request was about to be sent. Writing itself, and what it takes of the machine, is nobody's latency and CPU.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

from adapters.bell.by_url import bell_at
from benchmarks.live import facts
from benchmarks.live.talking import say
from domain.kernel.actor import Permission, Role, staff
from domain.kernel.bell import Bell, Ring
from domain.kernel.runner import Runner
from domain.kernel.unit_of_work import UnitOfWork
from domain.shipping.events import ParcelScanned
from server.database import open_database

CARRIER = staff("carrier", Role.ADMIN)
LOCK = "SELECT id FROM orders WHERE id = ANY($1) ORDER BY id FOR UPDATE"
STATUS = "IN_TRANSIT"
ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Seen:
    """A carrier saw these parcels, each so many times."""

    parcels: Sequence[facts.Watched]
    times: int


async def record(tx: UnitOfWork, seen: Seen) -> None:
    """Record an event of the log for every time. All are true in one commit; their scans are left out."""
    tx.actor.require(Permission.RECORD_SCANS)
    await tx.connection.execute_query(LOCK, [[UUID(each.order) for each in seen.parcels]])
    at = datetime.now(UTC).isoformat()
    for each in seen.parcels:
        fact = ParcelScanned(UUID(each.order), UUID(each.parcel), STATUS, at)
        tx.record(*[fact] * seen.times)


@dataclass
class WatchedBell:
    """A bell that keeps when it was last rung."""

    bell: Bell
    rung_at: float = 0.0

    def ring(self, rings: Sequence[Ring]) -> None:
        """The commit is there: say so, and ring."""
        self.rung_at = monotonic()
        self.bell.ring(rings)


@dataclass(frozen=True)
class Writes:
    """Waybill's own way to write: a flow in its transaction, then PostgreSQL's bell."""

    watched: list[facts.Watched]
    runner: Runner
    bell: WatchedBell

    @classmethod
    @asynccontextmanager
    async def into(cls, url: str, watched: list[facts.Watched]) -> AsyncIterator["Writes"]:
        """Into the database at that URL."""
        async with open_database(url, pool_size=2), bell_at(url) as bell:
            kept = WatchedBell(bell)
            yield cls(watched, Runner(kept), kept)

    async def publish(self, orders: list[int], events: int) -> None:
        """Write, and say when it began and when it had committed."""
        began = monotonic()
        await self.runner.run(record, CARRIER, Seen([self.watched[place] for place in orders], events))
        say(began=began, told=self.bell.rung_at)


@dataclass(frozen=True)
class Posts:
    """A peer's way: a request on a connection that is kept, and the peer makes the events in memory."""

    connection: socket.socket

    async def publish(self, orders: list[int], events: int) -> None:
        """Send it, and say when, after it was answered."""
        body = json.dumps({"orders": orders, "events": events})
        head = f"POST /publish HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        told = monotonic()
        self.connection.sendall((head + body).encode())
        answer = b""
        # The body is two letters for all of them, and Node frames it as a chunk.
        while b"ok" not in answer.partition(b"\r\n\r\n")[2]:
            part = self.connection.recv(4096)
            if not part:
                say(fault=f"the peer answered {answer!r} to a publication")
                return
            answer += part
        say(began=told, told=told)


async def serve(kind: str, target: str, path: str) -> None:
    """Publish whatever the input asks for, until it ends."""
    if kind == "write":
        async with Writes.into(target, facts.read(Path(path))) as writes:
            await _answer(writes)
    else:
        with socket.create_connection(("127.0.0.1", int(target)), timeout=ANSWER_SECONDS) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await _answer(Posts(connection))


async def _answer(publishing: Writes | Posts) -> None:
    say(ready=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked: dict[str, Any] = json.loads(line)
        await publishing.publish(asked["orders"], asked["events"])


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
