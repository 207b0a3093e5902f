"""Verbs about stock that changes by hand."""

from typing import Annotated

import strawberry

from domain.flows.adjust_many import adjust_many, count_many
from domain.flows.adjust_stock import adjust_stock, count_stock
from resolvers.mutations.deed import ASKED, Info, done
from schema.inputs.stock import (
    StockAdjustInput,
    StockAdjustManyInput,
    StockCountInput,
    StockCountManyInput,
    StockReceiveInput,
)
from schema.locations import Location
from schema.stock import StockLevel
from schema.stock_payloads import (
    StockAdjustManyPayload,
    StockAdjustPayload,
    StockCountManyPayload,
    StockCountPayload,
    StockReceivePayload,
)


@strawberry.type
class StockMutations:
    """Verbs about stock that changes by hand."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Add units to what a location has on hand, or take them off. What is set aside stays so."
    )
    async def stock_adjust(self, info: Info, input: Annotated[StockAdjustInput, ASKED]) -> StockAdjustPayload:
        return await done(info, adjust_stock, input, StockAdjustPayload, stock_level=StockLevel)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Book units in that arrived at a location."
    )
    async def stock_receive(self, info: Info, input: Annotated[StockReceiveInput, ASKED]) -> StockReceivePayload:
        return await done(info, adjust_stock, input, StockReceivePayload, stock_level=StockLevel)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Set what a location has on hand to what was counted, if it is still what the counter saw before."
    )
    async def stock_count(self, info: Info, input: Annotated[StockCountInput, ASKED]) -> StockCountPayload:
        return await done(info, count_stock, input, StockCountPayload, stock_level=StockLevel)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Correct what a location has on hand of up to 100 SKUs: all of them or none."
    )
    async def stock_adjust_many(
        self, info: Info, input: Annotated[StockAdjustManyInput, ASKED]
    ) -> StockAdjustManyPayload:
        return await done(info, adjust_many, input, StockAdjustManyPayload, location=Location)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Set what a location has on hand of up to 100 SKUs to what was counted, if each is still what the "
        "counter saw before: all of them or none."
    )
    async def stock_count_many(self, info: Info, input: Annotated[StockCountManyInput, ASKED]) -> StockCountManyPayload:
        return await done(info, count_many, input, StockCountManyPayload, location=Location)
