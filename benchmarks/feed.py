"""The feed: Waybill gives every event its place, those that others wrote too. It must not do that in another's time."""

import asyncio
import time

import asyncpg

CATCHES_UP_SECONDS = 120


def catch_up(url: str) -> None:
    """Wait until every event of the database has its place. Raises TimeoutError when that takes minutes."""
    asyncio.run(_caught_up(url))


async def _caught_up(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        deadline = time.monotonic() + CATCHES_UP_SECONDS
        while await connection.fetchval("SELECT EXISTS (SELECT 1 FROM log WHERE position IS NULL)"):
            if time.monotonic() > deadline:
                raise TimeoutError("the feed does not catch up")
            await asyncio.sleep(0.05)
    finally:
        await connection.close(timeout=10)
