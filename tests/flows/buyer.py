"""A buyer in a process of their own: places orders, and says so when each is acknowledged.

    python -m tests.flows.buyer DATABASE_URL ORDERS AT_ONCE [--reference NAME]

It says `ready` first and begins when a line comes in. Then it prints the id of each order the moment it is
acknowledged, and `refused` with the code for each that is not. ORDERS is 0 for as long as it lives.
"""

import asyncio
import sys

from domain.flows.place_orders import place_order
from domain.kernel.errors import DomainError
from server.database import open_database
from tests.domain.shop import ADMIN, RUNNER, order_for


async def buy(reference: str | None) -> str:
    """One unit of the only thing everybody wants."""
    request = order_for({"MUG": 1}, external_reference=reference)
    for _ in range(20):
        try:
            return (await RUNNER.run(place_order, ADMIN, request)).value.hex
        except DomainError as refused:
            if not refused.retryable:
                return f"refused {refused.code}"
    return "refused BUSY"


async def keep_buying(left: list[int], reference: str | None) -> None:
    while left[0] != 0:
        left[0] -= 1
        print(await buy(reference), flush=True)


async def shop(url: str, orders: int, at_once: int, reference: str | None) -> None:
    async with open_database(url, pool_size=at_once):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        left = [orders or -1]
        async with asyncio.TaskGroup() as buyers:
            for _ in range(at_once):
                buyers.create_task(keep_buying(left, reference))


if __name__ == "__main__":
    where, how_many, together, *rest = sys.argv[1:]
    asyncio.run(shop(where, int(how_many), int(together), rest[1] if rest else None))
