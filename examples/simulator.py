"""Keeps the example shop alive: buyers order, locations pack, carriers carry, and now and then something comes back."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from domain.flows.place_orders import place_order
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError
from domain.kernel.runner import Runner
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders.models import OrderRow
from domain.stock.errors import InsufficientStock
from examples.baskets import Buyers
from examples.chores import CHORES, receive_stock, watch
from examples.journeys import Act
from examples.shop.crew import CARRIER, KEEPER, WAREHOUSE

MOST_ORDERS = 5_000
PAUSE_SECONDS = 1.5
LONGEST_PAUSE_SECONDS = 30.0
CHANCE_OF_ORDER = 0.3
# An order takes about eight pieces of work until it has arrived: with less than this, work would pile up.
WORK_AT_ONCE = 3

log = logging.getLogger(__name__)


@dataclass
class Simulator:
    """A shop that lives. `watched` are orders that somebody is likely to look at: their parcels move more often."""

    runner: Runner
    watched: Sequence[UUID] = ()
    rng: Random = field(default_factory=Random)
    most_orders: int = MOST_ORDERS
    pause_seconds: float = PAUSE_SECONDS

    async def run(self) -> None:
        """Live until cancelled. A refusal is part of life; what else fails is logged, and the next pause is longer."""
        pause = self.pause_seconds
        while True:
            try:
                await self.live()
                pause = self.pause_seconds
            except Exception:
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                log.warning("simulator.failed next_in_seconds=%.1f", pause, exc_info=True)
            await asyncio.sleep(pause * self.rng.uniform(0.7, 1.3))

    async def live(self) -> None:
        """One moment: perhaps an order, some work, and perhaps a parcel that is watched."""
        if self.rng.random() < CHANCE_OF_ORDER:
            await self.place()
        for _ in range(WORK_AT_ONCE):
            await self.work()
        if self.watched and self.rng.random() < 0.2:
            await self._do(CARRIER, self.rng.choice(self.watched), watch)

    async def place(self) -> UUID | None:
        """An order comes in, unless there are enough of them; its id. What it lacks is delivered for the next one."""
        if await OrderRow.all().count() >= self.most_orders:
            return None
        request = Buyers(self.rng).order(is_confirmed=self.rng.random() < 0.8)
        try:
            return (await self.runner.run(place_order, KEEPER, request)).value
        except InsufficientStock as short:
            await self.runner.run(receive_stock, WAREHOUSE, short.sku)
        except DomainError as refusal:
            log.info("simulator.refused code=%s", refusal.code)
        return None

    async def work(self) -> bool:
        """Some order is moved on by one step; False when nobody had anything to do."""
        chores = self.rng.sample(CHORES, k=len(CHORES))
        for chore in sorted(chores, key=lambda each: self.rng.random() ** (1 / each.weight), reverse=True):
            if (order_id := await chore.find(self.rng)) is not None:
                await self._do(chore.actor, order_id, chore.act)
                return True
        return False

    async def _do(self, actor: Actor, order_id: UUID, act: Act) -> None:
        async def one_step(tx: UnitOfWork, which: UUID) -> None:
            await act(tx, which, self.rng)

        try:
            await self.runner.run(one_step, actor, order_id)
        except DomainError as refusal:
            log.info("simulator.refused code=%s", refusal.code)
