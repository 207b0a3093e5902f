"""Subscriptions to stock: its feed, what of it people want to be woken for, and what a sales channel sees of it."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from tortoise.expressions import Q

from domain.flows.watch_availability import AvailabilityStream, Changed, watch_availability
from domain.kernel.actor import Permission
from domain.kernel.errors import DomainError
from domain.kernel.log import STOCK_FEED, feed_head
from domain.kernel.models import StockLogRow
from domain.kernel.stock_stream import StockFeedStream
from domain.kernel.streams import Present
from domain.kernel.visibility import EVERYTHING
from domain.stock.queries import visible_stock
from resolvers.context import Context
from resolvers.streaming import RESUMABLE, After, messages, refused, require
from schema.cursors import StreamKind, place_in, stream_cursor
from schema.live import FeedResyncRequired
from schema.live_stock import (
    AvailabilityChanged,
    AvailabilityMessage,
    ChannelAvailability,
    StockEventMessage,
    StockMessage,
)
from schema.scalars import Cursor
from schema.stock_events import ALERTS

if TYPE_CHECKING:
    from schema.stock import StockLevelWhere

Where = Annotated[
    Annotated["StockLevelWhere", strawberry.lazy("schema.stock")] | None,
    strawberry.argument(description="Only of stock levels that fulfil this when the event is read."),
]
_KEPT = " The feed is kept for at least 30 days."


@strawberry.type
class StockLiveQuery:
    """Where the feed of stock stands now."""

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The place behind the last event of stock. Ask for it before you list stock, in an operation of its"
        " own, and subscribe to `stockChanged` after it: nothing falls between."
    )
    async def stock_cursor(self, info: strawberry.Info[Context, None]) -> Cursor:
        require(info.context, Permission.READ_STOCK)
        return _cursor(await feed_head(STOCK_FEED))


@strawberry.type
class StockLiveSubscription:
    """What can be watched of stock."""

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="All that happens to stock, in one sequence without a gap." + _KEPT + RESUMABLE
    )
    async def stock_changed(
        self, info: strawberry.Info[Context, None], where: Where = None, after: After = None
    ) -> AsyncGenerator[StockMessage, None]:
        return await _of_stock(info.context, EVERYTHING, where, after)

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="What somebody should know of stock: that it ran low or out, that it came back, that more is"
        " promised than is there. It has the cursors of `stockChanged`." + _KEPT + RESUMABLE
    )
    async def stock_alerts(
        self, info: strawberry.Info[Context, None], where: Where = None, after: After = None
    ) -> AsyncGenerator[StockMessage, None]:
        return await _of_stock(info.context, Q(type__in=[each.__name__ for each in ALERTS]), where, after)

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="What a sales channel may promise, whenever stock that it sells has changed: the SKUs that changed,"
        " each with its units now. It has the cursors of `stockChanged`. Changes of the channel's own settings are not"
        " told of." + _KEPT + RESUMABLE
    )
    async def availability_changed(
        self,
        info: strawberry.Info[Context, None],
        channel: Annotated[str, strawberry.argument(description="The channel's code, such as `web-de`.")],
        skus: Annotated[
            list[str] | None, strawberry.argument(description="Only these SKUs, at most 100; all when there are none.")
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[AvailabilityMessage, None]:
        require(info.context, Permission.READ_STOCK)
        try:
            stream = await watch_availability(info.context.actor.scope, channel, skus)
        except DomainError as refusal:
            raise refused(refusal) from None
        return await _of_channel(info.context, stream, after)


async def _of_stock(
    context: Context, events: Q, where: Any, after: Cursor | None
) -> AsyncGenerator[StockMessage, None]:
    require(context, Permission.READ_STOCK)
    visible = Q(visible_stock(context.actor.scope), events)
    stream = StockFeedStream(visible, where.condition() if where is not None else EVERYTHING)
    place = await feed_head(STOCK_FEED) if after is None else place_in(StreamKind.STOCK, None, after)

    def message(event: StockLogRow | Present) -> StockMessage:
        if isinstance(event, Present):
            return FeedResyncRequired(cursor=_cursor(event.place))
        assert event.position is not None, "an event of the feed has a position"
        shown: Any = event  # the row itself stands for the view of it
        return StockEventMessage(cursor=_cursor(event.position), event=shown)

    return messages(context, stream, place, message)


async def _of_channel(
    context: Context, stream: AvailabilityStream, after: Cursor | None
) -> AsyncGenerator[AvailabilityMessage, None]:
    place = await feed_head(STOCK_FEED) if after is None else place_in(StreamKind.STOCK, None, after)

    def message(event: Changed | Present) -> AvailabilityMessage:
        if isinstance(event, Present):
            return FeedResyncRequired(cursor=_cursor(event.place))
        units = [ChannelAvailability(sku=sku, available=count) for sku, count in sorted(event.available.items())]
        return AvailabilityChanged(cursor=_cursor(event.place), availability=units)

    return messages(context, stream, place, message)


def _cursor(place: int) -> Cursor:
    return stream_cursor(StreamKind.STOCK, None, place)
