"""Somebody who does one sort of thing to the stock of MUG again and again, in a process of their own.

    python -m tests.flows.racer DATABASE_URL ROLE TIMES AT_ONCE

They say `ready` first and begin when a line comes in. Then they print a line for each thing the moment it is
acknowledged: `order` with its id and its units of MUG, `units` with what came to shelves or, negative, left them,
`done`, or `refused` with the code.
"""

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from uuid import UUID

from domain.flows.adjust_stock import CountStock, count_stock
from domain.flows.cancel_order import CancelOrder, cancel_order
from domain.flows.pack_shipment import PackParcel, PackShipment, pack_shipment
from domain.flows.place_orders import place_order
from domain.flows.placement import Component, PlaceLine, PlaceOrder
from domain.flows.reconcile_stock import ReconcileStock, reconcile_stock
from domain.flows.reserve_stock import ReserveLine, ReserveStock, reserve_stock
from domain.flows.ship_shipment import ShipShipment, ship_shipment
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.errors import DomainError
from domain.locations.models import LocationRow
from domain.orders.models import OrderRow
from domain.shipping.models import ParcelLineRow
from domain.stock.models import StockLevelRow
from server.database import open_database
from tests.domain import moves
from tests.domain.shop import ADMIN, CARRIER, CHANNEL, RUNNER, run

PARTS = (Component("MUG", 1), Component("TEE", 1))


async def buy(*lines: PlaceLine, reservation_id: UUID | None = None) -> str:
    placed = await RUNNER.run(place_order, ADMIN, PlaceOrder(CHANNEL, lines, reservation_id=reservation_id))
    units = sum(each.quantity for each in lines)
    return f"order {placed.value.hex} {units}"


async def buy_one() -> str:
    return await buy(PlaceLine("MUG", 1))


async def buy_two_lines() -> str:
    return await buy(PlaceLine("MUG", 1), PlaceLine("MUG", 1))


async def buy_a_bundle() -> str:
    return await buy(PlaceLine("CAP", 1, components=PARTS))


async def reserve_and_buy() -> str:
    basket = (await RUNNER.run(reserve_stock, ADMIN, ReserveStock(CHANNEL, (ReserveLine("MUG", 1),)))).value
    return await buy(PlaceLine("MUG", 1), reservation_id=basket)


async def transfer() -> str:
    """One unit to another place, and out of the books if it cannot be promised."""
    here, there = random.sample([each.id for each in await LocationRow.all()], 2)
    moved = await moves.plan(here, there, {"MUG": 1})
    try:
        await moves.release(moved)
    except DomainError:
        await moves.cancel(moved)
        raise
    await moves.dispatch(moved)
    await moves.receive(moved)
    return "done"


async def find_one() -> str:
    """A count finds a unit more than the books have."""
    level = random.choice(await StockLevelRow.filter(sku="MUG"))
    await run(count_stock, CountStock("MUG", level.location_id, level.on_hand + 1, level.on_hand))
    return "units 1"


async def ship_one() -> str:
    """What some order still has to get leaves."""
    works = await FulfillmentOrderRow.filter(status__in=["OPEN", "IN_PROGRESS"]).limit(50)
    if not works:
        return "done"
    shipment = await run(pack_shipment, PackShipment(random.choice(works).id, CARRIER, (PackParcel(),)))
    await run(ship_shipment, ShipShipment(shipment))
    left = await ParcelLineRow.filter(shipment_id=shipment, sku="MUG")
    return f"units {-sum(line.quantity for line in left)}"


async def cancel_one() -> str:
    orders = await OrderRow.filter(status="CONFIRMED").order_by("-id").limit(10)
    if orders:
        await run(cancel_order, CancelOrder(random.choice(orders).id, "No."))
    return "done"


async def reconcile() -> str:
    await run(reconcile_stock, ReconcileStock())
    return "done"


Role = Callable[[], Awaitable[str]]
EVERYBODY: tuple[Role, ...] = (
    buy_one,
    buy_two_lines,
    buy_a_bundle,
    reserve_and_buy,
    transfer,
    find_one,
    ship_one,
    cancel_one,
    reconcile,
)
ROLES = {each.__name__: each for each in EVERYBODY}


async def keep_on(role: Role, left: list[int]) -> None:
    while left[0] > 0:
        left[0] -= 1
        print(await attempt(role), flush=True)


async def attempt(role: Role) -> str:
    for _ in range(20):
        try:
            return await role()
        except DomainError as refused:
            if not refused.retryable:
                return f"refused {refused.code}"
    return "refused BUSY"


async def main(url: str, role: str, times: int, at_once: int) -> None:
    async with open_database(url, pool_size=at_once):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        left = [times]
        async with asyncio.TaskGroup() as together:
            for _ in range(at_once):
                together.create_task(keep_on(ROLES[role], left))


if __name__ == "__main__":
    where, who, how_many, together = sys.argv[1:]
    asyncio.run(main(where, who, int(how_many), int(together)))
