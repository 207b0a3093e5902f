"""Another process: `python -m tests.adapters.ring_elsewhere <bell> <order>` rings for the order, and ends."""

import asyncio
import sys
from uuid import UUID

from adapters.bell.by_url import bell_at
from domain.kernel.bell import Ring


async def main(url: str, order: str) -> None:
    async with bell_at(url) as bell:
        bell.ring([Ring(UUID(order), 1)])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
