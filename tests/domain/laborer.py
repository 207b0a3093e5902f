"""A worker in a process of its own.

    python -m tests.domain.laborer DATABASE_URL finish|hang

It says `began` with the order's id when it has begun a job. Then it does it and goes on until nothing is due, or
hangs in the middle of it, its transaction open, for ever.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.kernel.actor import SYSTEM
from domain.kernel.runner import Runner
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.events import OrderConfirmed
from domain.orders.models import OrderRow
from server.database import open_database
from server.worker import Worker
from tests.domain.shop import RUNNER


async def finish(tx: UnitOfWork, order_id: UUID) -> UUID:
    """Say in the order's note that it was done, and record that it was."""
    found = await orders.lock(tx, order_id)
    await OrderRow.filter(id=found.id).update(note=f"{found.note or ''}done;")
    tx.record(OrderConfirmed(found.id))
    print("began", found.id.hex, flush=True)
    return found.id


async def hang(tx: UnitOfWork, order_id: UUID) -> UUID:
    await finish(tx, order_id)
    return await asyncio.Future()


async def work(url: str, how: str) -> None:
    async def react(runner: Runner, payload: Mapping[str, Any]) -> None:
        await runner.run(hang if how == "hang" else finish, SYSTEM, UUID(payload["order_id"]))

    async with open_database(url):
        worker = Worker(RUNNER, {"labor": react})
        while await worker.work():
            pass


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
