"""Verbs about an order: placing it, deciding about it, holding it, sharing it."""

from typing import Annotated

import strawberry

from domain.flows.cancel_order import cancel_order
from domain.flows.confirm_order import confirm_order, reject_order
from domain.flows.hold_order import hold_order, release_hold
from domain.flows.open_tracking_link import hash_of, new_token, open_tracking_link
from domain.flows.place_orders import place_order
from domain.flows.revoke_tracking_links import revoke_tracking_links
from resolvers.mutations.deed import ASKED, Info, done
from schema.inputs.orders import (
    OrderCancelInput,
    OrderConfirmInput,
    OrderHoldInput,
    OrderHoldReleaseInput,
    OrderRejectInput,
    OrderTrackingLinkOpenInput,
    OrderTrackingLinksRevokeInput,
)
from schema.inputs.placing import OrderPlaceInput
from schema.orders import Hold, Order
from schema.payloads import (
    OrderCancelPayload,
    OrderConfirmPayload,
    OrderHoldPayload,
    OrderHoldReleasePayload,
    OrderPlacePayload,
    OrderRejectPayload,
    OrderTrackingLinkOpenPayload,
    OrderTrackingLinksRevokePayload,
)


@strawberry.type
class OrderMutations:
    """Verbs about an order: placing it, deciding about it, holding it, sharing it."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Place an order: it is checked, priced and set aside in stock whole, or refused whole. Staff "
        "place any, customers their own."
    )
    async def order_place(self, info: Info, input: Annotated[OrderPlaceInput, ASKED]) -> OrderPlacePayload:
        return await done(info, place_order, input, OrderPlacePayload, order=Order)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Let the locations of a PENDING order begin."
    )
    async def order_confirm(self, info: Info, input: Annotated[OrderConfirmInput, ASKED]) -> OrderConfirmPayload:
        return await done(info, confirm_order, input, OrderConfirmPayload, order=Order)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Do not take a PENDING order: its units are free again, and what was paid is owed back."
    )
    async def order_reject(self, info: Info, input: Annotated[OrderRejectInput, ASKED]) -> OrderRejectPayload:
        return await done(info, reject_order, input, OrderRejectPayload, order=Order)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Call an order off before anything shipped: its units are free again, and what was paid is owed "
        "back."
    )
    async def order_cancel(self, info: Info, input: Annotated[OrderCancelInput, ASKED]) -> OrderCancelPayload:
        return await done(info, cancel_order, input, OrderCancelPayload, order=Order)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Stop the work on an order until the hold is released. What is set aside stays so."
    )
    async def order_hold(self, info: Info, input: Annotated[OrderHoldInput, ASKED]) -> OrderHoldPayload:
        return await done(info, hold_order, input, OrderHoldPayload, order=Order)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Let an order proceed, unless another hold stands."
    )
    async def order_hold_release(
        self, info: Info, input: Annotated[OrderHoldReleaseInput, ASKED]
    ) -> OrderHoldReleasePayload:
        return await done(info, release_hold, input, OrderHoldReleasePayload, hold=Hold, order=Order)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Make a link that opens one order to whoever holds it. It is told once; make another when it is "
        "lost."
    )
    async def order_tracking_link_open(
        self, info: Info, input: Annotated[OrderTrackingLinkOpenInput, ASKED]
    ) -> OrderTrackingLinkOpenPayload:
        token = new_token()
        given = input.with_hash(hash_of(token))
        return await done(
            info, open_tracking_link, given, OrderTrackingLinkOpenPayload, told={"token": token}, order=Order
        )

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Close every tracking link of an order. Whoever watches by one is cut off within seconds; links "
        "that are made afterwards open it."
    )
    async def order_tracking_links_revoke(
        self, info: Info, input: Annotated[OrderTrackingLinksRevokeInput, ASKED]
    ) -> OrderTrackingLinksRevokePayload:
        return await done(info, revoke_tracking_links, input, OrderTrackingLinksRevokePayload, order=Order)
