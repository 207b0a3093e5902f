"""Verbs about transfers."""

from typing import Annotated

import strawberry

from domain.flows.dispatch_transfer import dispatch_transfer
from domain.flows.plan_transfer import plan_transfer, set_transfer_lines
from domain.flows.receive_transfer import receive_transfer, write_off_transfer
from domain.flows.release_transfer import cancel_transfer, release_transfer
from resolvers.mutations.deed import ASKED, Info, done
from schema.inputs.transfers import (
    TransferCancelInput,
    TransferCreateInput,
    TransferDispatchInput,
    TransferReceiveInput,
    TransferReleaseInput,
    TransferSetLinesInput,
    TransferWriteOffInput,
)
from schema.transfer_payloads import (
    TransferCancelPayload,
    TransferCreatePayload,
    TransferDispatchPayload,
    TransferReceivePayload,
    TransferReleasePayload,
    TransferSetLinesPayload,
    TransferWriteOffPayload,
)
from schema.transfers import Transfer


@strawberry.type
class TransferMutations:
    """Verbs about transfers."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Plan to move units from one location to another. Nothing is set aside yet."
    )
    async def transfer_create(self, info: Info, input: Annotated[TransferCreateInput, ASKED]) -> TransferCreatePayload:
        return await done(info, plan_transfer, input, TransferCreatePayload, transfer=Transfer)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Plan the units of a draft anew: what is given replaces all its lines."
    )
    async def transfer_set_lines(
        self, info: Info, input: Annotated[TransferSetLinesInput, ASKED]
    ) -> TransferSetLinesPayload:
        return await done(info, set_transfer_lines, input, TransferSetLinesPayload, transfer=Transfer)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Set the units of a transfer aside at its source, all of them or none."
    )
    async def transfer_release(
        self, info: Info, input: Annotated[TransferReleaseInput, ASKED]
    ) -> TransferReleasePayload:
        return await done(info, release_transfer, input, TransferReleasePayload, transfer=Transfer)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Say that a transfer has left: its units are expected at the destination."
    )
    async def transfer_dispatch(
        self, info: Info, input: Annotated[TransferDispatchInput, ASKED]
    ) -> TransferDispatchPayload:
        return await done(info, dispatch_transfer, input, TransferDispatchPayload, transfer=Transfer)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Book in what arrived of a transfer: a part, all, or more than had left. It is received once "
        "nothing is on its way."
    )
    async def transfer_receive(
        self, info: Info, input: Annotated[TransferReceiveInput, ASKED]
    ) -> TransferReceivePayload:
        return await done(info, receive_transfer, input, TransferReceivePayload, transfer=Transfer)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Give up units that left and will not arrive."
    )
    async def transfer_write_off(
        self, info: Info, input: Annotated[TransferWriteOffInput, ASKED]
    ) -> TransferWriteOffPayload:
        return await done(info, write_off_transfer, input, TransferWriteOffPayload, transfer=Transfer)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Call a transfer off before it has left. What was set aside is free again."
    )
    async def transfer_cancel(self, info: Info, input: Annotated[TransferCancelInput, ASKED]) -> TransferCancelPayload:
        return await done(info, cancel_transfer, input, TransferCancelPayload, transfer=Transfer)
