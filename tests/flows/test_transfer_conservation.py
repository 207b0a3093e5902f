"""Conservation: whatever is planned, sent, received, lost and assembled, no unit is invented and none disappears."""

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise.models import Model

from domain.assemblies.models import AssemblyRow
from domain.kernel.errors import DomainError
from domain.stock.models import StockLevelRow
from domain.transfers.models import TransferLineRow, TransferRow
from server.database import Database
from tests.domain import moves
from tests.domain.books import assert_books_balance
from tests.domain.shop import Shop, column, forget_everything, open_shop, place, receive_stock

SKUS = ("MUG", "TEE")
KIT = {"MUG": 2, "TEE": 1}


class Day:
    """A day of moving goods about, chosen by chance: most of it sensible, some of it not."""

    def __init__(self, chance: random.Random, shop: Shop) -> None:
        self.chance, self.shop, self.brought = chance, shop, {"MUG": 16, "TEE": 8}

    async def one(self, model: type[Model], **where: Any) -> UUID:
        found: Sequence[UUID] = await column(model.filter(**where).order_by("id"), "id")
        if not found:
            raise LookupError
        return self.chance.choice(found[-4:])

    def units(self) -> dict[str, int]:
        return {sku: self.chance.randint(1, 4) for sku in self.chance.sample(SKUS, self.chance.randint(1, 2))}

    async def plan(self) -> object:
        source, destination = self.chance.sample(self.shop.places, 2)
        transfer = await moves.plan(source, destination, self.units())
        return await moves.release(transfer) if self.chance.random() < 0.7 else transfer

    async def release(self) -> object:
        return await moves.release(await self.one(TransferRow, status="DRAFT"))

    async def dispatch(self) -> object:
        units = self.units() if self.chance.random() < 0.4 else None
        return await moves.dispatch(await self.one(TransferRow, status="RELEASED"), units)

    async def receive(self) -> object:
        transfer = await self.one(TransferRow, status__in=["IN_TRANSIT", "PARTIALLY_RECEIVED"])
        if self.chance.random() < 0.3:
            return await moves.receive(transfer)
        lines = [(sku, units, self.chance.randint(0, 1)) for sku, units in self.units().items()]
        return await moves.receive(transfer, *lines)

    async def write_off(self) -> object:
        transfer = await self.one(TransferRow, status__in=["IN_TRANSIT", "PARTIALLY_RECEIVED"])
        return await moves.write_off(transfer, self.units() if self.chance.random() < 0.7 else None)

    async def cancel(self) -> object:
        return await moves.cancel(await self.one(TransferRow, status__in=["DRAFT", "RELEASED"]))

    async def make_kits(self) -> object:
        assembly = await moves.plan_kits("CAP", self.chance.choice(self.shop.places), self.chance.randint(1, 3))
        await moves.release_kits(assembly)
        return await moves.make_kits(assembly, 1) if self.chance.random() < 0.5 else assembly

    async def end_kits(self) -> object:
        assembly = await self.one(AssemblyRow, status__in=["DRAFT", "RELEASED"])
        return await (moves.make_kits if self.chance.random() < 0.6 else moves.cancel_kits)(assembly)

    async def sell(self) -> object:
        return await place({self.chance.choice((*SKUS, "CAP")): self.chance.randint(1, 2)})

    async def bring(self) -> object:
        sku, units = self.chance.choice(SKUS), self.chance.randint(1, 5)
        await receive_stock(sku, self.chance.choice(self.shop.places), units)
        self.brought[sku] += units
        return None

    async def live(self, steps: int) -> None:
        deeds: list[Callable[[], Awaitable[object]]] = [self.plan, self.dispatch, self.receive, self.receive]
        deeds += [self.release, self.write_off, self.cancel, self.make_kits, self.end_kits, self.sell, self.bring]
        for _ in range(steps):
            try:
                await self.chance.choice(deeds)()
            except (DomainError, LookupError):
                continue
            await assert_books_balance()
            await self.assert_no_unit_is_invented_or_lost()

    async def assert_no_unit_is_invented_or_lost(self) -> None:
        """On hand, on the way, written off and in kits are what was brought, and what turned up on the way."""
        kits = sum(await column(AssemblyRow.all(), "made"))
        for sku in SKUS:
            there = sum(await column(StockLevelRow.filter(sku=sku), "on_hand"))
            lines = await TransferLineRow.filter(sku=sku)
            gone = sum(each.on_its_way + each.written_off for each in lines)
            assert there + gone + kits * KIT[sku] == self.brought[sku] + sum(each.surplus for each in lines)
        assert sum(await column(StockLevelRow.filter(sku="CAP"), "on_hand")) == kits


async def live_through(seed: int, steps: int) -> None:
    shop = await open_shop({"MUG": (10, 6), "TEE": (4, 4)})
    await moves.declare_kit("CAP", KIT)
    await Day(random.Random(seed), shop).live(steps)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1))
async def test_no_unit_is_invented_or_lost_whatever_is_moved_about(sqlite_database: Database, seed: int) -> None:
    await forget_everything()
    await live_through(seed, 40)


async def test_nor_on_postgresql(postgres_database: Database) -> None:
    await live_through(1, 80)
