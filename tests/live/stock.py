"""Stock to be watched: a small shop, units that come and go, and the feed of it."""

from tortoise.expressions import Q

from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.kernel.bell import Bell
from domain.kernel.models import StockLogRow
from domain.kernel.runner import Runner
from domain.kernel.stock_stream import StockFeedStream
from domain.stock.models import StockLevelRow
from tests.domain.shop import ADMIN, RUNNER, Shop, level


async def come(shop: Shop, delta: int, *, sku: str = "MUG", place: int = 0, bell: Bell | None = None) -> None:
    """So many units more, or less; nobody is told unless a bell is given."""
    runner = Runner(bell) if bell else RUNNER
    await runner.run(adjust_stock, ADMIN, AdjustStock(sku, shop.places[place], delta, is_receipt=False))


async def low_at(shop: Shop, units: int, *, sku: str = "MUG", place: int = 0) -> None:
    """From so many units on it is low."""
    row = await level(sku, shop.places[place])
    await StockLevelRow.filter(id=row.id).update(low_stock_at=units)


def stock_feed(events: Q | None = None, levels: Q | None = None) -> StockFeedStream:
    """The feed of stock, all of it unless told otherwise."""
    return StockFeedStream(events or Q(), levels or Q())


def said(event: StockLogRow) -> tuple[object, ...]:
    """What an event says, without who and when: what was before, then what is."""
    return (event.type, *(event.data[name] for name in sorted(event.data, reverse=True)))
