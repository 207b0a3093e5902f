"""What streams of stock send: events with their cursors, and what of it a sales channel sees."""

from typing import Annotated

import strawberry

from schema.facts import StockEvent
from schema.live import FeedResyncRequired
from schema.scalars import Cursor

_AFTER = "The place behind this: give it as `after` to go on from here."


@strawberry.type(description="An event of stock.")
class StockEventMessage:
    cursor: Cursor = strawberry.field(description=_AFTER)
    event: StockEvent = strawberry.field(description="What happened.")


StockMessage = Annotated[
    StockEventMessage | FeedResyncRequired,
    strawberry.union("StockMessage", description="What the feed of stock sends."),
]


@strawberry.type(description="What a sales channel may promise of a SKU, from all locations whose stock it sells.")
class ChannelAvailability:
    sku: str = strawberry.field(description="The SKU.")
    available: int = strawberry.field(
        description="Units that the channel may promise (network ATP), when this was read; buffers are left out."
    )


@strawberry.type(description="Stock that a channel sells has changed.")
class AvailabilityChanged:
    cursor: Cursor = strawberry.field(description=_AFTER)
    availability: list[ChannelAvailability] = strawberry.field(
        description="Each SKU whose stock has changed since the last message, with what may be promised of it now."
    )


AvailabilityMessage = Annotated[
    AvailabilityChanged | FeedResyncRequired,
    strawberry.union("AvailabilityMessage", description="What a stream of a channel's availability sends."),
]
