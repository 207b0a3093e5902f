"""What suppliers bring."""

from datetime import timedelta

from hypothesis import strategies as st

from domain.flows.draft_supply import CreateSupply, NewSupplyLine, create_supply
from domain.flows.expect_supply import (
    CancelSupply,
    CloseSupply,
    ConfirmSupply,
    RescheduleSupply,
    cancel_supply,
    close_supply,
    confirm_supply,
    reschedule_supply,
)
from domain.flows.receive_supply import ArrivedLine, ReceiveSupply, receive_supply
from domain.supplies.models import SupplyKind, SupplyLineRow, SupplyRow
from tests.domain.shop import NOON, run
from tests.flows.deeds.deed import Deed, Draw, World, skus, units


async def order_from_supplier(world: World, draw: Draw) -> None:
    wanted = draw(st.dictionaries(skus, units, min_size=1, max_size=2))
    lines = tuple(NewSupplyLine(sku, count) for sku, count in wanted.items())
    supply = CreateSupply(SupplyKind.PURCHASE_ORDER, "Potter", world.place(draw), "EUR", lines)
    await run(create_supply, supply)


async def confirm_supplied(world: World, draw: Draw) -> None:
    await run(confirm_supply, ConfirmSupply(await world.one(draw, SupplyRow, status="DRAFT")))


async def reschedule_supplied(world: World, draw: Draw) -> None:
    later = NOON + timedelta(days=draw(st.integers(0, 9)))
    await run(reschedule_supply, RescheduleSupply(await world.one(draw, SupplyRow), later))


async def receive_supplied(world: World, draw: Draw) -> None:
    """Part of it, all of it or more than was ordered, some of it broken."""
    supply = await SupplyRow.get(id=await world.one(draw, SupplyRow, status__not="DRAFT"))
    line = await SupplyLineRow.get(id=await world.one(draw, SupplyLineRow, supply_id=supply.id))
    count = draw(units)
    arrived = ArrivedLine(line.sku, count, damaged=draw(st.integers(0, count)))
    await run(receive_supply, ReceiveSupply(supply.id, (arrived,)))
    world.came(line.sku, supply.location_id, count)


async def close_supplied(world: World, draw: Draw) -> None:
    await run(close_supply, CloseSupply(await world.one(draw, SupplyRow)))


async def cancel_supplied(world: World, draw: Draw) -> None:
    await run(cancel_supply, CancelSupply(await world.one(draw, SupplyRow)))


DEEDS = (
    Deed(order_from_supplier),
    Deed(confirm_supplied, weight=2),
    Deed(reschedule_supplied),
    Deed(receive_supplied, weight=2),
    Deed(close_supplied),
    Deed(cancel_supplied),
)
