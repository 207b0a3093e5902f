"""Facts from the floor: what is broken, sold over the counter, or counted by somebody else."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hypothesis import strategies as st

from domain.catalog.models import Traceability
from domain.flows.apply_snapshot import ApplySnapshot, SnapshotLine, apply_snapshot
from domain.flows.sell_at_till import TillLine, TillSale, sell_at_till
from domain.flows.set_aside_stock import (
    DisposeStock,
    SetAside,
    SetAsideState,
    clear_stock,
    damage_stock,
    dispose_stock,
    quarantine_stock,
    repair_stock,
)
from domain.flows.set_stock_marks import SetSafetyStock, set_safety_stock
from domain.flows.trace_variant import SetVariantTraceability, set_variant_traceability
from domain.kernel.database import current_connection, database_now
from domain.stock.models import StockLevelRow
from tests.domain.shop import run
from tests.flows.deeds.deed import Deed, Draw, NothingToDo, World, skus, units

states = st.sampled_from(SetAsideState)


@dataclass(frozen=True)
class Counted:
    """What somebody counted at a location, and has not told yet."""

    as_of: datetime
    place: UUID
    units: dict[str, int]
    there: dict[str, int]


async def set_aside(world: World, draw: Draw) -> None:
    """More are broken, or doubtful, than the books have: then they were there."""
    sku, place, count = draw(skus), world.place(draw), draw(units)
    await run(draw(st.sampled_from([damage_stock, quarantine_stock])), SetAside(sku, place, count))
    level = await StockLevelRow.get(sku=sku, location_id=place)
    world.came(sku, place, max(level.damaged + level.quarantined - world.on_hand[sku, place], 0))


async def give_back(world: World, draw: Draw) -> None:
    flow = draw(st.sampled_from([repair_stock, clear_stock]))
    await run(flow, SetAside(draw(skus), world.place(draw), draw(units)))


async def throw_away(world: World, draw: Draw) -> None:
    sku, place, count = draw(skus), world.place(draw), draw(units)
    await run(dispose_stock, DisposeStock(sku, place, count, draw(states)))
    world.came(sku, place, -min(count, max(world.on_hand[sku, place], 0)))


async def sell_over_the_counter(world: World, draw: Draw) -> None:
    sku, place, count = draw(skus), world.place(draw), draw(units)
    await run(sell_at_till, TillSale(place, world.key(), (TillLine(sku, count),)))
    left = max(world.on_hand[sku, place] - count, 0)
    world.came(sku, place, left - world.on_hand[sku, place])


async def keep_safety_stock(world: World, draw: Draw) -> None:
    await run(set_safety_stock, SetSafetyStock(draw(skus), world.place(draw), draw(st.integers(0, 3))))


async def tell_lots_apart(world: World, draw: Draw) -> None:
    tracing = draw(st.sampled_from([Traceability.NONE, Traceability.LOT]))
    by_date = tracing is Traceability.LOT and draw(st.booleans())
    await run(set_variant_traceability, SetVariantTraceability(draw(skus), tracing, by_date))


async def count_at_night(world: World, draw: Draw) -> None:
    """Somebody counts, and will tell later what there was."""
    place, counted = world.place(draw), draw(st.dictionaries(skus, st.integers(0, 8), min_size=1))
    there = {sku: world.on_hand[sku, place] for sku in counted}
    world.untold = Counted(await database_now(current_connection()), place, counted, there)
    world.stocktaken.clear()


async def tell_what_was_counted(world: World, draw: Draw) -> None:
    """What came and went since stays; what a stocktake counted since is the younger word."""
    counted = world.untold
    if not isinstance(counted, Counted):
        raise NothingToDo
    rows = tuple(SnapshotLine(sku, count) for sku, count in counted.units.items())
    await run(apply_snapshot, ApplySnapshot(counted.place, counted.as_of, rows))
    world.untold = None
    for sku, count in counted.units.items():
        if (sku, counted.place) not in world.stocktaken:
            now = world.on_hand[sku, counted.place]
            world.came(sku, counted.place, max(count - counted.there[sku], -max(now, 0)))


DEEDS = (
    Deed(set_aside, is_fact=True),
    Deed(give_back),
    Deed(throw_away, is_fact=True),
    Deed(sell_over_the_counter, is_fact=True),
    Deed(keep_safety_stock, is_fact=True),
    Deed(tell_lots_apart),
    Deed(count_at_night),
    Deed(tell_what_was_counted, is_fact=True),
)
