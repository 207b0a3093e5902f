"""Verbs about what suppliers bring."""

from typing import Annotated

import strawberry

from domain.flows.draft_supply import create_supply, set_supply_lines
from domain.flows.expect_supply import cancel_supply, close_supply, confirm_supply, reschedule_supply
from domain.flows.receive_supply import receive_supply
from resolvers.mutations.deed import ASKED, Info, done
from schema.inputs.supplies import (
    SupplyCancelInput,
    SupplyCloseInput,
    SupplyConfirmInput,
    SupplyCreateInput,
    SupplyReceiveInput,
    SupplyRescheduleInput,
    SupplySetLinesInput,
)
from schema.supplies import Supply
from schema.supply_payloads import (
    SupplyCancelPayload,
    SupplyClosePayload,
    SupplyConfirmPayload,
    SupplyCreatePayload,
    SupplyReceivePayload,
    SupplyReschedulePayload,
    SupplySetLinesPayload,
)


@strawberry.type
class SupplyMutations:
    """Verbs about what suppliers bring."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Enter what a supplier should bring. Nothing is expected before it is confirmed."
    )
    async def supply_create(self, info: Info, input: Annotated[SupplyCreateInput, ASKED]) -> SupplyCreatePayload:
        return await done(info, create_supply, input, SupplyCreatePayload, supply=Supply)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Put other lines in the place of those of a draft."
    )
    async def supply_set_lines(self, info: Info, input: Annotated[SupplySetLinesInput, ASKED]) -> SupplySetLinesPayload:
        return await done(info, set_supply_lines, input, SupplySetLinesPayload, supply=Supply)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="The supplier will bring it: its units are expected at its location."
    )
    async def supply_confirm(self, info: Info, input: Annotated[SupplyConfirmInput, ASKED]) -> SupplyConfirmPayload:
        return await done(info, confirm_supply, input, SupplyConfirmPayload, supply=Supply)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="It will come at another time, or some of its lines will."
    )
    async def supply_reschedule(
        self, info: Info, input: Annotated[SupplyRescheduleInput, ASKED]
    ) -> SupplyReschedulePayload:
        return await done(info, reschedule_supply, input, SupplyReschedulePayload, supply=Supply)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Book in what arrived, all of it or a part, or more than was ordered: an arrival is a fact."
        " When the last expected unit is there, the supply is received."
    )
    async def supply_receive(self, info: Info, input: Annotated[SupplyReceiveInput, ASKED]) -> SupplyReceivePayload:
        return await done(info, receive_supply, input, SupplyReceivePayload, supply=Supply)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="What has not arrived will not: nothing of it is expected any more."
    )
    async def supply_close(self, info: Info, input: Annotated[SupplyCloseInput, ASKED]) -> SupplyClosePayload:
        return await done(info, close_supply, input, SupplyClosePayload, supply=Supply)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Call off a supply of which nothing has arrived."
    )
    async def supply_cancel(self, info: Info, input: Annotated[SupplyCancelInput, ASKED]) -> SupplyCancelPayload:
        return await done(info, cancel_supply, input, SupplyCancelPayload, supply=Supply)
