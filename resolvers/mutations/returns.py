"""Verbs about returns: until the goods arrive, and what becomes of them."""

from typing import Annotated

import strawberry

from domain.flows.receive_return import complete_return, dispose_return, receive_return
from domain.flows.request_return import approve_return, cancel_return, decline_return, request_return
from resolvers.mutations.deed import ASKED, Info, done
from schema.inputs.returns import (
    ReturnApproveInput,
    ReturnCancelInput,
    ReturnCompleteInput,
    ReturnDeclineInput,
    ReturnDisposeInput,
    ReturnReceiveInput,
    ReturnRequestInput,
)
from schema.orders import Order
from schema.payloads import (
    ReturnApprovePayload,
    ReturnCancelPayload,
    ReturnCompletePayload,
    ReturnDeclinePayload,
    ReturnDisposePayload,
    ReturnReceivePayload,
    ReturnRequestPayload,
)
from schema.returns import Disposition, Return


@strawberry.type
class ReturnMutations:
    """Verbs about returns: until the goods arrive, and what becomes of them."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Ask to send goods of an order back. Staff for any order, customers for their own."
    )
    async def return_request(self, info: Info, input: Annotated[ReturnRequestInput, ASKED]) -> ReturnRequestPayload:
        return await done(info, request_return, input, ReturnRequestPayload, rma=Return, order=Order)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Agree to take the goods back."
    )
    async def return_approve(self, info: Info, input: Annotated[ReturnApproveInput, ASKED]) -> ReturnApprovePayload:
        return await done(info, approve_return, input, ReturnApprovePayload, rma=Return)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Do not take the goods back, and say why."
    )
    async def return_decline(self, info: Info, input: Annotated[ReturnDeclineInput, ASKED]) -> ReturnDeclinePayload:
        return await done(info, decline_return, input, ReturnDeclinePayload, rma=Return)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Call a return off: the buyer keeps the goods."
    )
    async def return_cancel(self, info: Info, input: Annotated[ReturnCancelInput, ASKED]) -> ReturnCancelPayload:
        return await done(info, cancel_return, input, ReturnCancelPayload, rma=Return)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Book goods in that came back, and owe the buyer what they are worth."
    )
    async def return_receive(self, info: Info, input: Annotated[ReturnReceiveInput, ASKED]) -> ReturnReceivePayload:
        return await done(info, receive_return, input, ReturnReceivePayload, rma=Return)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Decide what becomes of received units. The last decision completes the return."
    )
    async def return_dispose(self, info: Info, input: Annotated[ReturnDisposeInput, ASKED]) -> ReturnDisposePayload:
        return await done(info, dispose_return, input, ReturnDisposePayload, disposition=Disposition, rma=Return)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="End a return of which no more will come."
    )
    async def return_complete(self, info: Info, input: Annotated[ReturnCompleteInput, ASKED]) -> ReturnCompletePayload:
        return await done(info, complete_return, input, ReturnCompletePayload, rma=Return)
