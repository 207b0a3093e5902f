"""Subscriptions to stock: its feed, what of it people want to be woken for, and what a sales channel sees of it."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from tortoise.expressions import Q

from domain.bulk.events import BulkRunProgressed
from domain.bulk.models import BulkRunRow
from domain.bulk.queries import visible_bulk_runs
from domain.flows.watch_availability import AvailabilityStream, Changed, watch_availability
from domain.kernel.actor import Permission
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.ids import parse_global_id
from domain.kernel.log import STOCK_FEED, feed_head
from domain.kernel.models import StockLogRow
from domain.kernel.stock_stream import StockFeedStream, place_before
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
        description="How far a bulk run is: an event for each step of it, from the first one on when there is no"
        " cursor. It has the cursors of `stockChanged`. It does not end with the run, whose `status` tells that."
        + _KEPT
        + RESUMABLE
    )
    async def bulk_run_changed(
        self,
        info: strawberry.Info[Context, None],
        bulk_run: Annotated[strawberry.ID, strawberry.argument(description="Which run.")],
        after: After = None,
    ) -> AsyncGenerator[StockMessage, None]:
        require(info.context, Permission.READ_STOCK)
        run_id = await _visible_run(info.context, bulk_run)
        steps = Q(type=BulkRunProgressed.__name__, subject_id=run_id)
        place = await place_before(steps) if after is None else place_in(StreamKind.STOCK, None, after)
        return _stock_messages(info.context, steps, EVERYTHING, place)

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
    place = await feed_head(STOCK_FEED) if after is None else place_in(StreamKind.STOCK, None, after)
    return _stock_messages(context, events, where.condition() if where is not None else EVERYTHING, place)


def _stock_messages(context: Context, events: Q, levels: Q, place: int | None) -> AsyncGenerator[StockMessage, None]:
    stream = StockFeedStream(Q(visible_stock(context.actor.scope), events), levels)

    def message(event: StockLogRow | Present) -> StockMessage:
        if isinstance(event, Present):
            return FeedResyncRequired(cursor=_cursor(event.place))
        assert event.position is not None, "an event of the feed has a position"
        shown: Any = event  # the row itself stands for the view of it
        return StockEventMessage(cursor=_cursor(event.position), event=shown)

    return messages(context, stream, place, message)


async def _visible_run(context: Context, bulk_run: strawberry.ID) -> UUID:
    """The run's key. Raises what is no id, and NotFound for one that there is not."""
    try:
        run_id = parse_global_id("bulk_run", bulk_run, path=("bulkRun",))
        if not await BulkRunRow.filter(visible_bulk_runs(context.actor.scope), id=run_id).exists():
            raise NotFound("bulk run", bulk_run, path=("bulkRun",))
    except DomainError as refusal:
        raise refused(refusal) from None
    return run_id


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
