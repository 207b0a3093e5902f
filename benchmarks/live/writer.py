"""Publishes to Waybill, as a process of its own, by writing to its database.

It tells when the server could know at the earliest: the write had committed, and no bell had been rung yet. Writing
itself, and what it takes of the machine, is nobody's latency and CPU.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
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


async def serve(url: str, path: str) -> None:
    """Write whatever the input asks for, until it ends."""
    async with Writes.into(url, facts.read(Path(path))) as writes:
        say(ready=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked = json.loads(line)
            await writes.publish(asked["orders"], asked["events"])


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
