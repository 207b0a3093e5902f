"""Makes the example shop through the same flows that everybody else uses, so that its books are in order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from uuid import UUID

from domain.flows.adjust_stock import AdjustStock, StockReceipt, open_stock
from domain.flows.keep_catalog import create_channel, create_location, create_product
from domain.flows.place_orders import place_all
from domain.flows.placement import PlaceOrder
from domain.kernel.errors import DomainError
from domain.kernel.runner import Runner
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from examples.baskets import Buyers
from examples.shop.catalog import offers, products
from examples.shop.crew import KEEPER
from examples.shop.places import CHANNELS, LOCATIONS
from examples.stages import Stage, Step, spread
from examples.stockroom import keep_stockrooms

ORDERS = 200
PLACED_TOGETHER = 8
OPENED_BEFORE = timedelta(days=60)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Planned:
    """An order that will be placed, and the stage that it is led to."""

    stage: Stage
    request: PlaceOrder
    placed_at: datetime


async def seed_shop(
    runner: Runner, now: datetime, *, orders: int = ORDERS, seed: int = 1, progress: Progress = lambda _done, _all: None
) -> None:
    """Fill the open, empty database with the shop, and with orders of the last four weeks, in every stage.

    Who buys what, and how it goes on, depends on `seed` alone; ids and order numbers are random, as always.
    """
    rng = Random(seed)
    await runner.run(_open_shop, KEEPER, now - OPENED_BEFORE)
    plans, done = sorted(_plans(rng, now, orders), key=lambda plan: plan.placed_at), 0
    for start in range(0, len(plans), PLACED_TOGETHER):
        together = plans[start : start + PLACED_TOGETHER]
        placed = (await runner.run(_place, KEEPER, together)).value
        for plan, order_id in zip(together, placed, strict=True):
            await _lead(runner, order_id, plan.stage, together[-1].placed_at, now, rng)
            done += 1
            progress(done, len(plans))
    await keep_stockrooms(runner)


def _plans(rng: Random, now: datetime, orders: int) -> Iterator[Planned]:
    buyers = Buyers(rng)
    for stage in spread(orders):
        placed_at = (now - timedelta(days=rng.uniform(*stage.days))).replace(microsecond=0)
        request = buyers.order(placed_at, is_confirmed=stage.is_confirmed, is_goods_only=stage.is_called_off)
        yield Planned(stage, request, placed_at)


async def _open_shop(tx: UnitOfWork, opened_at: datetime) -> None:
    tx.now = opened_at
    for channel in CHANNELS:
        await create_channel(tx, channel)
    for location in LOCATIONS:
        await create_location(tx, location)
    for product in products():
        await create_product(tx, product)
    ids = dict(await LocationRow.all().values_list("code", "id"))
    receipts = [
        AdjustStock(each.sku, ids[code], units, note="Opening stock", is_receipt=True)
        for each in offers()
        for code, units in each.stock.items()
    ]
    await open_stock(tx, StockReceipt(receipts))


async def _place(tx: UnitOfWork, plans: Sequence[Planned]) -> list[UUID]:
    """Orders come in by the handful, and are booked when the last of them was placed."""
    tx.now = plans[-1].placed_at
    outcomes = await place_all(tx, [plan.request for plan in plans])
    placed = []
    for outcome in outcomes:
        if isinstance(outcome, DomainError):
            raise outcome
        placed.append(outcome)
    return placed


async def _lead(runner: Runner, order_id: UUID, stage: Stage, placed_at: datetime, now: datetime, rng: Random) -> None:
    """The steps of the stage, one after the other in time; what one person does in a row is one transaction."""
    clock = placed_at
    for actor, in_a_row in groupby(stage.steps, key=lambda step: step.actor):
        chapter: list[tuple[Step, datetime]] = []
        for step in in_a_row:
            clock = min(clock + timedelta(hours=step.hours * rng.uniform(0.3, 1)), now)
            chapter.append((step, clock))

        async def tell(tx: UnitOfWork, told: Sequence[tuple[Step, datetime]]) -> None:
            for step, at in told:
                # The books say when it happened, as they would if the shop had stood here all the time.
                tx.now = at
                await step.act(tx, order_id, rng)
                await tx.flush()

        await runner.run(tell, actor, chapter)
