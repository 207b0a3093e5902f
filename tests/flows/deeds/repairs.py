"""Stock that is put out of order on purpose, and repaired."""

import random

from hypothesis import strategies as st

from domain.flows.reconcile_stock import ReconcileStock, reconcile_stock
from domain.stock.models import StockLevelRow
from tests.domain.corruption import drift_by_chance, lose_movements
from tests.domain.shop import dump, run
from tests.flows.deeds.deed import Deed, Draw, World


async def reconcile_what_is_in_order(world: World, draw: Draw) -> None:
    """It changes nothing at all."""
    before = await dump()
    await run(reconcile_stock, ReconcileStock())
    assert await dump() == before


async def spoil_counters_and_reconcile(world: World, draw: Draw) -> None:
    """Every counter is what it was before, for the ledger and the documents were not touched."""
    before = await StockLevelRow.all().order_by("id").values()
    await drift_by_chance(random.Random(draw(st.integers(0, 999))))
    await run(reconcile_stock, ReconcileStock())
    after = await StockLevelRow.all().order_by("id").values()
    assert [{**row, "updated_at": None} for row in after] == [{**row, "updated_at": None} for row in before]


async def lose_movements_and_reconcile(world: World, draw: Draw) -> None:
    """What documents hold is what it was; of units on hand, nobody but the ledger knew."""
    lost = await lose_movements(random.Random(draw(st.integers(0, 999))))
    await run(reconcile_stock, ReconcileStock())
    world.untold = None  # what was there then is not known any more
    for line in lost:
        level = await StockLevelRow.get(id=line.level_id)
        world.came(level.sku, level.location_id, -line.on_hand)


DEEDS = (
    Deed(reconcile_what_is_in_order),
    Deed(spoil_counters_and_reconcile, is_fact=True),
    Deed(lose_movements_and_reconcile, is_fact=True),
)
