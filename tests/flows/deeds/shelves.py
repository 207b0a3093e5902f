"""Stock that changes by hand."""

from hypothesis import strategies as st

from domain.flows.adjust_stock import AdjustStock, CountStock, adjust_stock, count_stock
from tests.domain.shop import run
from tests.flows.deeds.deed import Deed, Draw, World, skus


async def receive(world: World, draw: Draw) -> None:
    sku, place, count = draw(skus), world.place(draw), draw(st.integers(1, 12))
    await run(adjust_stock, AdjustStock(sku, place, count, is_receipt=True))
    world.came(sku, place, count)


async def adjust(world: World, draw: Draw) -> None:
    sku, place, delta = draw(skus), world.place(draw), draw(st.integers(-4, 4).filter(bool))
    await run(adjust_stock, AdjustStock(sku, place, delta))
    world.came(sku, place, delta)


async def count(world: World, draw: Draw) -> None:
    sku, place, counted = draw(skus), world.place(draw), draw(st.integers(0, 8))
    expected = world.on_hand[sku, place]
    await run(count_stock, CountStock(sku, place, counted, expected))
    world.came(sku, place, counted - expected)
    if counted != expected:
        world.stocktaken.add((sku, place))


DEEDS = (Deed(receive, weight=6), Deed(adjust, is_fact=True), Deed(count, is_fact=True))
