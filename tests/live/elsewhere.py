"""Another process: `python -m tests.live.elsewhere <database> <order>` records one event, and rings no bell."""

import asyncio
import sys
from uuid import UUID

from server.database import open_database
from tests.live.orders import happen, placed


async def main(url: str, order: str) -> None:
    async with open_database(url):
        await happen(*placed(UUID(order)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
