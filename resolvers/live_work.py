"""Subscriptions to the work on orders: that of locations, hand-overs to carriers, and what comes back."""

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from tortoise.expressions import Q

from domain.fulfillment.queries import WATCHED_WORK, visible_work
from domain.kernel.actor import Permission
from domain.kernel.log import feed_head
from domain.kernel.streams import Present, visible_log
from domain.kernel.thing_feed import Change, ThingFeedStream, Things
from domain.returns.queries import WATCHED_RETURNS, visible_returns
from domain.shipping.queries import WATCHED_SHIPMENTS, visible_shipments
from resolvers.context import Context
from resolvers.streaming import RESUMABLE, After, MessageT, messages, require
from schema.cursors import StreamKind, place_in, stream_cursor
from schema.live import FeedResyncRequired
from schema.live_work import (
    FulfillmentOrderChanged,
    FulfillmentOrderMessage,
    ReturnChanged,
    ReturnMessage,
    ShipmentChanged,
    ShipmentMessage,
)
from schema.scalars import Cursor

if TYPE_CHECKING:
    from schema.fulfillment import FulfillmentOrderWhere
    from schema.returns import ReturnWhere
    from schema.shipping import ShipmentWhere

_WHERE = strawberry.argument(
    description="Only of those that fulfil this when the event is read: one that ceases to is told no more. To keep a"
    " list of a status, watch without the status, and look at that of what is sent."
)
_SHARED = (
    " A part of the feed `ordersChanged`, in its order and with its cursors: ask for `ordersCursor` before the list."
)


@strawberry.type
class WorkLiveSubscription:
    """What can be watched of the work on orders."""

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="What happens to the work of locations; for staff who do it." + _SHARED + RESUMABLE
    )
    async def fulfillment_orders_changed(
        self,
        info: strawberry.Info[Context, None],
        where: Annotated[
            Annotated["FulfillmentOrderWhere", strawberry.lazy("schema.fulfillment")] | None, _WHERE
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[FulfillmentOrderMessage, None]:
        require(info.context, Permission.FULFILL_ORDERS)
        which = _which(visible_work(info.context.actor.scope), where)
        return await _of_things(info.context, WATCHED_WORK, which, after, _work)

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="What happens to shipments that you may see, and what carriers saw of their parcels."
        + _SHARED
        + RESUMABLE
    )
    async def shipments_changed(
        self,
        info: strawberry.Info[Context, None],
        where: Annotated[Annotated["ShipmentWhere", strawberry.lazy("schema.shipping")] | None, _WHERE] = None,
        after: After = None,
    ) -> AsyncGenerator[ShipmentMessage, None]:
        require(info.context, Permission.READ_ORDERS)
        which = _which(visible_shipments(info.context.actor.scope), where)
        return await _of_things(info.context, WATCHED_SHIPMENTS, which, after, _shipment)

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="What happens to returns that you may see." + _SHARED + RESUMABLE
    )
    async def returns_changed(
        self,
        info: strawberry.Info[Context, None],
        where: Annotated[Annotated["ReturnWhere", strawberry.lazy("schema.returns")] | None, _WHERE] = None,
        after: After = None,
    ) -> AsyncGenerator[ReturnMessage, None]:
        require(info.context, Permission.READ_ORDERS)
        which = _which(visible_returns(info.context.actor.scope), where)
        return await _of_things(info.context, WATCHED_RETURNS, which, after, _return)


def _which(visible: Q, where: Any) -> Q:
    return Q(visible, where.condition()) if where is not None else visible


async def _of_things(
    context: Context,
    things: Things,
    which: Q,
    after: Cursor | None,
    told: Callable[[Cursor, Any, Any], MessageT],
) -> AsyncGenerator[MessageT | FeedResyncRequired, None]:
    stream = ThingFeedStream(things, visible_log(context.actor.scope), which)
    place = await feed_head() if after is None else place_in(StreamKind.FEED, None, after)

    def message(change: Change | Present) -> MessageT | FeedResyncRequired:
        if isinstance(change, Present):
            return FeedResyncRequired(cursor=stream_cursor(StreamKind.FEED, None, change.place))
        return told(stream_cursor(StreamKind.FEED, None, stream.place_of(change)), change.event, change.thing)

    return messages(context, stream, place, message)


# Rows stand for the views of them.
def _work(cursor: Cursor, event: Any, work: Any) -> FulfillmentOrderChanged:
    return FulfillmentOrderChanged(cursor=cursor, event=event, fulfillment_order=work)


def _shipment(cursor: Cursor, event: Any, shipment: Any) -> ShipmentChanged:
    return ShipmentChanged(cursor=cursor, event=event, shipment=shipment)


def _return(cursor: Cursor, event: Any, rma: Any) -> ReturnChanged:
    return ReturnChanged(cursor=cursor, event=event, the_return=rma)
