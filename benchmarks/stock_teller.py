"""Does one deed with stock again and again, in a process of its own, and says how long each took.

    python -m benchmarks.stock_teller DATABASE_URL

It answers each line `DEED COUNT` with one line of JSON: the seconds of every deed, and the CPU seconds of this process.
"""

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence

import orjson

from domain.catalog.models import VariantRow
from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.availability import what_is_available
from domain.flows.check_stock import CheckStock, check_stock
from domain.flows.place_orders import place_order
from domain.flows.placement import PlaceLine, PlaceOrder
from domain.kernel.actor import Role, staff
from domain.kernel.bell import SilentBell
from domain.kernel.runner import Runner
from domain.locations.models import LocationRow
from server.database import open_database

CHANNEL = "web-de"
ACTOR = staff("bench", Role.ADMIN)
LINES = 3
Deed = Callable[[Sequence[str], Sequence[LocationRow]], Awaitable[object]]
RUNNER, CHANCE = Runner(SilentBell()), random.Random(1)


async def place(skus: Sequence[str], _places: Sequence[LocationRow]) -> object:
    """An order of three lines: its units are allocated."""
    lines = tuple(PlaceLine(sku, 1) for sku in CHANCE.sample(skus, LINES))
    return await RUNNER.run(place_order, ACTOR, PlaceOrder(CHANNEL, lines))


async def move(skus: Sequence[str], places: Sequence[LocationRow]) -> object:
    """One movement: a unit is received."""
    receipt = AdjustStock(CHANCE.choice(skus), CHANCE.choice(places).id, 1, is_receipt=True)
    return await RUNNER.run(adjust_stock, ACTOR, receipt)


async def read_atp(skus: Sequence[str], _places: Sequence[LocationRow]) -> object:
    """What can be promised of three SKUs, everywhere and by date."""
    return await what_is_available(ACTOR, CHANNEL, CHANCE.sample(skus, LINES))


async def check(skus: Sequence[str], _places: Sequence[LocationRow]) -> object:
    """Whether the levels of one SKU add up."""
    checked = await check_stock(ACTOR, CheckStock(CHANCE.choice(skus)))
    assert checked.count == 0, checked.differences
    return checked


DEEDS: dict[str, Deed] = {"place": place, "move": move, "atp": read_atp, "check": check}


async def tell(url: str) -> None:
    """Answer until nobody asks."""
    async with open_database(url):
        # As many as the small shop has, so that both meet the same rows as often again.
        found = await VariantRow.all().order_by("sku").values_list("sku")
        skus = [sku for (sku,) in CHANCE.sample(found, min(len(found), 300))]
        places = await LocationRow.all().order_by("code")
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            name, count = line.split()
            took, cpu = [], time.process_time()
            for _ in range(int(count)):
                began = time.perf_counter()
                await DEEDS[name](skus, places)
                took.append(time.perf_counter() - began)
            said = {"seconds": took, "cpu": time.process_time() - cpu}
            print(orjson.dumps(said).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(tell(*sys.argv[1:]))
