"""Stock that moves from place to place, and kits that are made of their components."""

from uuid import UUID

from hypothesis import strategies as st

from domain.assemblies.models import AssemblyLineRow, AssemblyRow
from domain.transfers.models import TransferLineRow, TransferRow
from tests.domain import moves
from tests.flows.deeds.deed import Deed, Draw, World, skus, units

some = st.dictionaries(skus, units, min_size=1, max_size=2)


async def plan_transfer(world: World, draw: Draw) -> None:
    here, there = world.two_places(draw)
    await moves.plan(here, there, draw(some))


async def plan_transfer_anew(world: World, draw: Draw) -> None:
    await moves.plan_anew(await world.one(draw, TransferRow, status="DRAFT"), draw(some))


async def release_transfer(world: World, draw: Draw) -> None:
    await moves.release(await world.one(draw, TransferRow, status="DRAFT"))


async def cancel_transfer(world: World, draw: Draw) -> None:
    await moves.cancel(await world.one(draw, TransferRow))


async def dispatch_transfer(world: World, draw: Draw) -> None:
    """All of it leaves, or what of one SKU was found."""
    transfer = await world.one(draw, TransferRow, status="RELEASED")
    await moves.dispatch(transfer, {draw(skus): draw(units)} if draw(st.booleans()) else None)
    source = (await TransferRow.get(id=transfer)).source_id
    for line in await TransferLineRow.filter(transfer_id=transfer):
        world.came(line.sku, source, -line.dispatched)


async def receive_transfer(world: World, draw: Draw) -> None:
    """All of it arrives, or more or less of one SKU, some of it broken."""
    transfer = await world.one(draw, TransferRow, status__in=["IN_TRANSIT", "PARTIALLY_RECEIVED"])
    before = await _arrived(transfer)
    if draw(st.booleans()):
        await moves.receive(transfer)
    else:
        count = draw(units)
        await moves.receive(transfer, (draw(skus), count, draw(st.integers(0, count))))
    destination = (await TransferRow.get(id=transfer)).destination_id
    for sku, count in (await _arrived(transfer)).items():
        world.came(sku, destination, count - before[sku])


async def _arrived(transfer: UUID) -> dict[str, int]:
    lines = await TransferLineRow.filter(transfer_id=transfer)
    return {line.sku: line.received + line.surplus for line in lines}


async def write_transfer_off(world: World, draw: Draw) -> None:
    transfer = await world.one(draw, TransferRow, status__in=["IN_TRANSIT", "PARTIALLY_RECEIVED"])
    await moves.write_off(transfer, {draw(skus): 1} if draw(st.booleans()) else None)


async def plan_kits(world: World, draw: Draw) -> None:
    await moves.plan_kits("CAP", world.place(draw), draw(st.integers(1, 3)))


async def release_kits(world: World, draw: Draw) -> None:
    await moves.release_kits(await world.one(draw, AssemblyRow, status="DRAFT"))


async def cancel_kits(world: World, draw: Draw) -> None:
    await moves.cancel_kits(await world.one(draw, AssemblyRow))


async def make_kits(world: World, draw: Draw) -> None:
    assembly = await world.one(draw, AssemblyRow, status="RELEASED")
    await moves.make_kits(assembly, draw(st.one_of(st.none(), st.just(1))))
    it = await AssemblyRow.get(id=assembly)
    for line in await AssemblyLineRow.filter(assembly_id=assembly):
        world.came(line.sku, it.location_id, -line.units_per_kit * it.made)
    world.came(it.sku, it.location_id, it.made)


DEEDS = (
    Deed(plan_transfer, weight=3),
    Deed(plan_transfer_anew),
    Deed(release_transfer, weight=4),
    Deed(cancel_transfer),
    Deed(dispatch_transfer, weight=3, is_fact=True),
    Deed(receive_transfer, weight=3, is_fact=True),
    Deed(write_transfer_off),
    Deed(plan_kits),
    Deed(release_kits, weight=3),
    Deed(cancel_kits),
    Deed(make_kits, weight=2, is_fact=True),
)
