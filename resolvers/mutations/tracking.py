"""Verbs behind a tracking link: what its bearer may do who proves to be the buyer."""

from typing import Annotated, Any, TypeVar
from uuid import UUID

import strawberry

from domain.flows.cancel_tracked_order import cancel_tracked_order
from domain.flows.request_tracked_return import request_tracked_return
from domain.flows.tracked_order import Attempt, give_attempt_back, spend_attempt
from domain.kernel.errors import Unauthenticated
from domain.kernel.unit_of_work import Flow
from domain.tracking.errors import TooManyAttempts
from resolvers.mutations.deed import ASKED, Info, done
from schema.errors import user_errors
from schema.inputs.tracking import OfTracking, Proven, TrackingOrderCancelInput, TrackingReturnRequestInput
from schema.payloads import Payload
from schema.tracking import Tracking
from schema.tracking_payloads import TrackingOrderCancelPayload, TrackingReturnRequestPayload

# Not a Node, for nobody may look it up by its id; it is read like one.
_THING: Any = Tracking
PayloadT = TypeVar("PayloadT", bound=Payload)


@strawberry.type
class TrackingMutations:
    """Verbs behind a tracking link: what its bearer may do who proves to be the buyer."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Call the order of your tracking link off, before anything of it is on its way. It needs a second "
        "proof that you are the buyer."
    )
    async def tracking_order_cancel(
        self, info: Info, input: Annotated[TrackingOrderCancelInput, ASKED]
    ) -> TrackingOrderCancelPayload:
        return await _proven(info, cancel_tracked_order, input, TrackingOrderCancelPayload)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Ask to send goods of the order of your tracking link back. It needs a second proof that you are "
        "the buyer."
    )
    async def tracking_return_request(
        self, info: Info, input: Annotated[TrackingReturnRequestInput, ASKED]
    ) -> TrackingReturnRequestPayload:
        return await _proven(info, request_tracked_return, input, TrackingReturnRequestPayload)


async def _proven(info: Info, flow: Flow[Any, UUID], given: Proven, payload: type[PayloadT]) -> PayloadT:
    """Run the flow, which looks at the proof, as one attempt more. What was proved does not count, nor its replays."""
    context, order_id = info.context, info.context.actor.scope.order_id
    if order_id is None:
        raise Unauthenticated
    about = OfTracking(given, order_id)
    if context.answered is not None:
        return await done(info, flow, about, payload, tracking=_THING)
    try:
        await context.run(spend_attempt, Attempt())
    except TooManyAttempts as refusal:
        shown = {"tracking": await context.reader.load(Tracking, order_id)}
        return payload(errors=user_errors(refusal), replayed=False, **shown)
    told = await done(info, flow, about, payload, tracking=_THING)
    if told.replayed:
        await context.run(give_attempt_back, Attempt())
    return told
