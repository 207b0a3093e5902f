"""What streams send: events with their cursors, and the present where a cursor cannot be honoured."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.kernel.actor import Scope
from domain.kernel.models import LogRow
from domain.kernel.streams import visible_log
from domain.shipping.lifecycle import TrackingStatus
from schema.facts import OrderEvent
from schema.scalars import Cursor
from schema.views import computed, enum_of, one, view_of

if TYPE_CHECKING:
    from schema.orders import Order
    from schema.tracking import Tracking

_AFTER_EVENT = "The place behind this event: give it as `after` to go on from here."
_AFTER_VIEW = "Its place among the events of the order: give it as `after`, and nothing is sent until there are others."
_AFTER_PRESENT = "Go on from here: the stream does."
_RESYNC = (
    "The cursor cannot be honoured: it is none of this stream, or from the future of a database that was restored. "
)


@strawberry.type(description="An event of an order.")
class OrderEventMessage:
    cursor: Cursor = strawberry.field(description=_AFTER_EVENT)
    event: OrderEvent = strawberry.field(description="What happened.")


@strawberry.type(description=_RESYNC + "Here is the present; events that follow it follow.")
class ResyncRequired:
    cursor: Cursor = strawberry.field(description=_AFTER_PRESENT)
    order: Annotated["Order", strawberry.lazy("schema.orders")] = strawberry.field(
        description="The order, as it is at this cursor."
    )


@strawberry.type(description=_RESYNC + "Or it is older than what is kept. Load what you show again, then go on.")
class FeedResyncRequired:
    cursor: Cursor = strawberry.field(description=_AFTER_PRESENT)


@strawberry.type(description="An order as it is now: all that happened since the last message is in it.")
class OrderViewMessage:
    cursor: Cursor = strawberry.field(description=_AFTER_VIEW)
    order: Annotated["Order", strawberry.lazy("schema.orders")] = strawberry.field(
        description="The order, as it is at this cursor or later."
    )


OrderMessage = Annotated[
    OrderEventMessage | ResyncRequired,
    strawberry.union("OrderMessage", description="What the stream of an order sends."),
]
OrdersChangedMessage = Annotated[
    OrderEventMessage | FeedResyncRequired,
    strawberry.union("OrdersChangedMessage", description="What the feed of all orders sends."),
]


class TrackingEventKind(StrEnum):
    """What happened, as far as whoever waits for a parcel is concerned."""

    ORDER_PLACED = "OrderPlaced"
    ORDER_CONFIRMED = "OrderConfirmed"
    ORDER_REJECTED = "OrderRejected"
    ORDER_CANCELED = "OrderCanceled"
    ORDER_EXPIRED = "OrderExpired"
    ORDER_COMPLETED = "OrderCompleted"
    ORDER_REOPENED = "OrderReopened"
    SHIPMENT_PACKED = "ShipmentPacked"
    SHIPMENT_SHIPPED = "ShipmentShipped"
    SHIPMENT_DELIVERED = "ShipmentDelivered"
    SHIPMENT_LOST = "ShipmentLost"
    SHIPMENT_RETURNED = "ShipmentReturned"
    SHIPMENT_CANCELED = "ShipmentCanceled"
    PARCEL_SCANNED = "ParcelScanned"
    BACKORDER_FILLED = "BackorderFilled"
    RETURN_REQUESTED = "ReturnRequested"
    RETURN_APPROVED = "ReturnApproved"
    RETURN_DECLINED = "ReturnDeclined"
    RETURN_CANCELED = "ReturnCanceled"
    RETURN_RECEIVED = "ReturnReceived"
    RETURN_COMPLETED = "ReturnCompleted"


enum_of(
    TrackingEventKind,
    {
        TrackingEventKind.ORDER_PLACED: "The order was placed.",
        TrackingEventKind.ORDER_CONFIRMED: "The order was confirmed; work on it may begin.",
        TrackingEventKind.ORDER_REJECTED: "The order is not taken.",
        TrackingEventKind.ORDER_CANCELED: "The order was called off.",
        TrackingEventKind.ORDER_EXPIRED: "The order was not confirmed in time.",
        TrackingEventKind.ORDER_COMPLETED: "Nothing more will come.",
        TrackingEventKind.ORDER_REOPENED: "Something more will come after all.",
        TrackingEventKind.SHIPMENT_PACKED: "Parcels wait for the carrier.",
        TrackingEventKind.SHIPMENT_SHIPPED: "Parcels were handed over to the carrier.",
        TrackingEventKind.SHIPMENT_DELIVERED: "Every parcel of a shipment arrived.",
        TrackingEventKind.SHIPMENT_LOST: "The carrier cannot find a shipment.",
        TrackingEventKind.SHIPMENT_RETURNED: "A shipment went back undelivered.",
        TrackingEventKind.SHIPMENT_CANCELED: "A shipment was unpacked before hand-over.",
        TrackingEventKind.PARCEL_SCANNED: "The carrier saw a parcel.",
        TrackingEventKind.BACKORDER_FILLED: "Units that were waited for are there.",
        TrackingEventKind.RETURN_REQUESTED: "Goods are to come back.",
        TrackingEventKind.RETURN_APPROVED: "We agreed to take goods back.",
        TrackingEventKind.RETURN_DECLINED: "We do not take goods back.",
        TrackingEventKind.RETURN_CANCELED: "The buyer keeps the goods.",
        TrackingEventKind.RETURN_RECEIVED: "Goods came back.",
        TrackingEventKind.RETURN_COMPLETED: "What came back is settled.",
    },
)


def _kind(_scope: Scope, fact: str) -> TrackingEventKind:
    return TrackingEventKind(fact)


def _scanned_status(_scope: Scope, data: dict[str, Any]) -> TrackingStatus | None:
    return TrackingStatus(data["status"]) if "scanned_at" in data else None


def _scanned_at(_scope: Scope, data: dict[str, Any]) -> datetime | None:
    return datetime.fromisoformat(data["scanned_at"]) if "scanned_at" in data else None


@view_of(LogRow, visible=visible_log, prefix="event")
class TrackingEvent:
    """Something that happened on the way to the buyer. It shows nothing of who the buyer is."""

    sequence: int
    kind: TrackingEventKind = computed(_kind, needs=("type",), doc="What happened.")
    occurred_at: datetime
    scanned_status: Annotated["TrackingStatus", strawberry.lazy("domain.shipping.lifecycle")] | None = computed(
        _scanned_status, needs=("data",), doc="What the carrier saw; of PARCEL_SCANNED only."
    )
    scanned_at: datetime | None = computed(
        _scanned_at, needs=("data",), doc="When the carrier saw it; of PARCEL_SCANNED only."
    )
    tracking: Annotated["Tracking", strawberry.lazy("schema.tracking")] | None = one(
        by="order", doc="What the link shows now."
    )


@strawberry.type(description="An event on the way to the buyer.")
class TrackingEventMessage:
    cursor: Cursor = strawberry.field(description=_AFTER_EVENT)
    event: TrackingEvent = strawberry.field(description="What happened.")


@strawberry.type(description=_RESYNC + "Here is the present; events that follow it follow.")
class TrackingResyncRequired:
    cursor: Cursor = strawberry.field(description=_AFTER_PRESENT)
    tracking: Annotated["Tracking", strawberry.lazy("schema.tracking")] = strawberry.field(
        description="What the link shows at this cursor."
    )


@strawberry.type(description="What a tracking link shows now: all that happened since the last message is in it.")
class TrackingViewMessage:
    cursor: Cursor = strawberry.field(description=_AFTER_VIEW)
    tracking: Annotated["Tracking", strawberry.lazy("schema.tracking")] = strawberry.field(
        description="What the link shows at this cursor, or later."
    )


TrackingMessage = Annotated[
    TrackingEventMessage | TrackingResyncRequired,
    strawberry.union("TrackingMessage", description="What the stream behind a tracking link sends."),
]
