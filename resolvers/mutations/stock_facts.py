"""Verbs about stock that tell what happened on the floor, and what is kept back."""

from typing import Annotated

import strawberry

from domain.flows.apply_snapshot import apply_snapshot
from domain.flows.sell_at_till import sell_at_till
from domain.flows.set_aside_stock import clear_stock, damage_stock, dispose_stock, quarantine_stock, repair_stock
from domain.flows.set_stock_marks import set_low_mark, set_safety_stock
from resolvers.mutations.deed import ASKED, Info, done
from schema.inputs.stock_facts import (
    StockClearInput,
    StockDamageInput,
    StockDisposeInput,
    StockQuarantineInput,
    StockRecordTillSaleInput,
    StockRepairInput,
    StockSetLowMarkInput,
    StockSetSafetyInput,
    StockSnapshotApplyInput,
)
from schema.locations import Location
from schema.shortages import StockSnapshot
from schema.stock import StockLevel
from schema.stock_payloads import (
    StockClearPayload,
    StockDamagePayload,
    StockDisposePayload,
    StockQuarantinePayload,
    StockRecordTillSalePayload,
    StockRepairPayload,
    StockSetLowMarkPayload,
    StockSetSafetyPayload,
    StockSnapshotApplyPayload,
)


@strawberry.type
class StockFactMutations:
    """Verbs about stock that tell what happened on the floor, and what is kept back."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Units cannot be sold any more. A fact: what was promised of them is given elsewhere."
    )
    async def stock_damage(self, info: Info, input: Annotated[StockDamageInput, ASKED]) -> StockDamagePayload:
        return await done(info, damage_stock, input, StockDamagePayload, stock_level=StockLevel)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Damaged units can be sold again."
    )
    async def stock_repair(self, info: Info, input: Annotated[StockRepairInput, ASKED]) -> StockRepairPayload:
        return await done(info, repair_stock, input, StockRepairPayload, stock_level=StockLevel)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Units wait for a decision. A fact: what was promised of them is given elsewhere."
    )
    async def stock_quarantine(
        self, info: Info, input: Annotated[StockQuarantineInput, ASKED]
    ) -> StockQuarantinePayload:
        return await done(info, quarantine_stock, input, StockQuarantinePayload, stock_level=StockLevel)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Units in quarantine can be sold again."
    )
    async def stock_clear(self, info: Info, input: Annotated[StockClearInput, ASKED]) -> StockClearPayload:
        return await done(info, clear_stock, input, StockClearPayload, stock_level=StockLevel)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Damaged or quarantined units are on hand no more."
    )
    async def stock_dispose(self, info: Info, input: Annotated[StockDisposeInput, ASKED]) -> StockDisposePayload:
        return await done(info, dispose_stock, input, StockDisposePayload, stock_level=StockLevel)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Take what the till sold off on hand. A fact: it is booked whatever the books had, and what was "
        "promised of it is given elsewhere."
    )
    async def stock_record_till_sale(
        self, info: Info, input: Annotated[StockRecordTillSaleInput, ASKED]
    ) -> StockRecordTillSalePayload:
        return await done(info, sell_at_till, input, StockRecordTillSalePayload, location=Location)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Keep so many units of a SKU back at a location: they are never promised."
    )
    async def stock_set_safety(self, info: Info, input: Annotated[StockSetSafetyInput, ASKED]) -> StockSetSafetyPayload:
        return await done(info, set_safety_stock, input, StockSetSafetyPayload, stock_level=StockLevel)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Tell when what is available of a SKU at a location falls to so many units, or below."
    )
    async def stock_set_low_mark(
        self, info: Info, input: Annotated[StockSetLowMarkInput, ASKED]
    ) -> StockSetLowMarkPayload:
        return await done(info, set_low_mark, input, StockSetLowMarkPayload, stock_level=StockLevel)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Put the books right by what a location had at a moment before, keeping what moved since."
    )
    async def stock_snapshot_apply(
        self, info: Info, input: Annotated[StockSnapshotApplyInput, ASKED]
    ) -> StockSnapshotApplyPayload:
        return await done(info, apply_snapshot, input, StockSnapshotApplyPayload, snapshot=StockSnapshot)
