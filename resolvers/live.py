"""Subscriptions: each is a stream of the log, told in the words of the schema."""

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from tortoise.expressions import Q

from domain.kernel.actor import ActorKind, Permission
from domain.kernel.errors import MalformedId, NotFound, Unauthenticated
from domain.kernel.ids import global_id, parse_global_id
from domain.kernel.log import feed_head
from domain.kernel.models import LogRow
from domain.kernel.streams import FeedStream, OrderStream, Present, visible_log
from domain.kernel.view_stream import ViewStream
from domain.kernel.visibility import EVERYTHING, of_order
from resolvers.context import Context
from resolvers.streaming import RESUMABLE, After, MessageT, messages, refused, require
from schema.cursors import StreamCursors, StreamKind, place_in, stream_cursor
from schema.live import (
    FeedResyncRequired,
    OrderEventMessage,
    OrderMessage,
    OrdersChangedMessage,
    OrderViewMessage,
    ResyncRequired,
    TrackingEventMessage,
    TrackingMessage,
    TrackingResyncRequired,
    TrackingViewMessage,
)
from schema.scalars import Cursor
from schema.views import bad_request

if TYPE_CHECKING:
    from schema.orders import OrderWhere


VIEW = (
    " It ends with `complete` after 30 minutes without a change or 6 hours in all, unless the server is set otherwise:"
    " subscribe again after the last cursor."
)
AfterView = Annotated[
    Cursor | None,
    strawberry.argument(description="What was shown last; when there is none, it begins with what is there now."),
]


@strawberry.type
class LiveQuery:
    """Where streams stand now."""

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The place behind the last event of the feed. Ask for it before you list orders, in an operation of"
        " its own, and subscribe to `ordersChanged` after it: nothing falls between."
    )
    async def orders_cursor(self, info: strawberry.Info[Context, None]) -> Cursor:
        require(info.context, Permission.READ_ORDERS)
        return stream_cursor(StreamKind.FEED, None, await feed_head())


@strawberry.type
class LiveSubscription:
    """What can be watched."""

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="The events of one order, in order and without a gap. `Order.eventCursor` joins a query and this"
        " stream. No status of the order ends it." + RESUMABLE
    )
    async def order_events(
        self,
        info: strawberry.Info[Context, None],
        order: Annotated[strawberry.ID, strawberry.argument(description="Which order.")],
        after: After = None,
    ) -> AsyncGenerator[OrderMessage, None]:
        stream = _one_order(info.context, order)
        return await _of_order(info.context, stream, StreamKind.ORDER, after, _order_event, _order_resync)

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="One order as it is now, and again after each change: however much happened meanwhile, one message"
        " tells the present. What only staff are told of is in the next message that something else causes. It has the"
        " cursors of `orderEvents`: after the present one it waits for a change, after any other it begins with the"
        " order as it is." + VIEW
    )
    async def order_view(
        self,
        info: strawberry.Info[Context, None],
        order: Annotated[strawberry.ID, strawberry.argument(description="Which order.")],
        after: AfterView = None,
    ) -> AsyncGenerator[OrderViewMessage, None]:
        return await _of_view(info.context, _one_order(info.context, order), StreamKind.ORDER, after, _order_view)

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="The events of all orders that you may see, in one sequence without a gap. An order's events come"
        " in order. The feed is kept for at least 30 days." + RESUMABLE
    )
    async def orders_changed(
        self,
        info: strawberry.Info[Context, None],
        where: Annotated[
            Annotated["OrderWhere", strawberry.lazy("schema.orders")] | None,
            strawberry.argument(
                description="Only of orders that fulfil this when the event is read: one that ceases to is told"
                " no more. To keep a filtered list, watch without it, and ask again for the orders that changed."
            ),
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[OrdersChangedMessage, None]:
        require(info.context, Permission.READ_ORDERS)
        wanted: Any = where
        return await _of_feed(info.context, wanted.condition() if where is not None else EVERYTHING, after)

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="What happens on the way to the buyer, for whoever holds the order's tracking link." + RESUMABLE
    )
    async def tracking_events(
        self, info: strawberry.Info[Context, None], after: After = None
    ) -> AsyncGenerator[TrackingMessage, None]:
        stream = _tracked_order(info.context)
        return await _of_order(info.context, stream, StreamKind.TRACKING, after, _tracking_event, _tracking_resync)

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="What the tracking link shows now, and again after each change, as `orderView` does. It has the"
        " cursors of `trackingEvents`." + VIEW
    )
    async def tracking_view(
        self, info: strawberry.Info[Context, None], after: AfterView = None
    ) -> AsyncGenerator[TrackingViewMessage, None]:
        stream = _tracked_order(info.context)
        return await _of_view(info.context, stream, StreamKind.TRACKING, after, _tracking_view)


def _one_order(context: Context, order: str) -> OrderStream:
    scope = context.actor.scope
    return OrderStream(_order_id(order), of_order(scope), scope)


def _tracked_order(context: Context) -> OrderStream:
    scope = context.actor.scope
    if scope.actor_kind is not ActorKind.TRACKING_LINK or scope.order_id is None:
        raise refused(Unauthenticated())
    return OrderStream(scope.order_id, Q(id=scope.order_id), scope)


async def _of_order(
    context: Context,
    stream: OrderStream,
    kind: StreamKind,
    after: Cursor | None,
    told: Callable[[Cursor, Any], MessageT],
    resync: Callable[[Cursor, Any], MessageT],
) -> AsyncGenerator[MessageT, None]:
    # Read before anybody listens, which is all right: the stream listens, and then reads what follows this.
    version = (await _visible(stream)).version
    place = version if after is None else place_in(kind, stream.order_id, after)
    cursors = StreamCursors.of(kind, stream.order_id)

    def message(event: LogRow | Present) -> MessageT:
        if isinstance(event, Present):
            return resync(cursors.at(event.place), event.thing)
        return told(cursors.at(event.sequence), event)

    return messages(context, stream, place, message, cursors.at)


async def _of_view(
    context: Context,
    stream: OrderStream,
    kind: StreamKind,
    after: Cursor | None,
    told: Callable[[Cursor, Any], MessageT],
) -> AsyncGenerator[MessageT, None]:
    await _visible(stream)
    place = None if after is None else place_in(kind, stream.order_id, after)

    def message(now: Present) -> MessageT:
        return told(stream_cursor(kind, stream.order_id, now.place), now.thing)

    return messages(context, ViewStream(stream), place, message)


async def _visible(stream: OrderStream) -> Any:
    """The order. Refuses before the stream begins: one that is not there and one that is another's look the same."""
    order = await stream.order()
    if order is None:
        raise refused(NotFound("order", global_id("order", stream.order_id)))
    return order


async def _of_feed(context: Context, where: Q, after: Cursor | None) -> AsyncGenerator[OrdersChangedMessage, None]:
    stream = FeedStream(visible_log(context.actor.scope), where)
    place = (await stream.present()).place if after is None else place_in(StreamKind.FEED, None, after)

    def message(event: LogRow | Present) -> OrdersChangedMessage:
        if isinstance(event, Present):
            return FeedResyncRequired(cursor=stream_cursor(StreamKind.FEED, None, event.place))
        assert event.position is not None, "an event of the feed has a position"
        return _order_event(stream_cursor(StreamKind.FEED, None, event.position), event)

    return messages(context, stream, place, message)


# Rows stand for the views of them: what is given to `event`, `order` and `tracking` is the row itself.
def _order_event(cursor: Cursor, event: Any) -> OrderEventMessage:
    return OrderEventMessage(cursor=cursor, event=event)


def _order_resync(cursor: Cursor, order: Any) -> ResyncRequired:
    return ResyncRequired(cursor=cursor, order=order)


def _order_view(cursor: Cursor, order: Any) -> OrderViewMessage:
    return OrderViewMessage(cursor=cursor, order=order)


def _tracking_event(cursor: Cursor, event: Any) -> TrackingEventMessage:
    return TrackingEventMessage(cursor=cursor, event=event)


def _tracking_resync(cursor: Cursor, order: Any) -> TrackingResyncRequired:
    return TrackingResyncRequired(cursor=cursor, tracking=order)


def _tracking_view(cursor: Cursor, order: Any) -> TrackingViewMessage:
    return TrackingViewMessage(cursor=cursor, tracking=order)


def _order_id(text: str) -> UUID:
    try:
        return parse_global_id("order", text)
    except MalformedId as refusal:
        raise bad_request(refusal.message) from None
