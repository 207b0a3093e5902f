"""What a tracking link shows: one order's way to the buyer, without who the buyer is or what they paid."""

from __future__ import annotations

from datetime import datetime

from tortoise.expressions import Q

from domain.backorders.models import BackorderRow
from domain.kernel.actor import Scope
from domain.kernel.ids import parse_global_id
from domain.orders.lifecycle import FulfillmentStatus, OrderStatus
from domain.orders.models import OrderLineRow, OrderRow
from domain.returns.lifecycle import ReturnStatus
from domain.returns.models import ReturnLineRow, ReturnRow
from domain.shipping.lifecycle import ShipmentStatus, TrackingStatus
from domain.shipping.models import ParcelLineRow, ParcelRow, ScanRow, ShipmentRow
from domain.tracking.queries import tracked_order, tracked_parts, tracked_waits
from schema.actions import AvailableAction, of_tracking
from schema.cursors import StreamKind, stream_cursor
from schema.scalars import Cursor
from schema.views import computed, many, view_of


def cursor_of(_scope: Scope, identity: str, version: int) -> Cursor:
    """The place behind the last event of a tracked order."""
    return stream_cursor(StreamKind.TRACKING, parse_global_id("tracking", identity), version)


@view_of(OrderRow, visible=tracked_order)
class Tracking:
    """An order as its tracking link shows it. It says nothing of who bought it, where it goes, or what it cost."""

    number: str
    status: OrderStatus
    fulfillment_status: FulfillmentStatus
    placed_at: datetime
    available_actions: list[AvailableAction] = computed(
        of_tracking,
        needs=("status", "fulfillment_status", "return_status"),
        doc="What its buyer may ask for with a second proof, or why not now: `CANCEL` by `trackingOrderCancel`, and"
        " `REQUEST_RETURN` by `trackingReturnRequest`.",
    )
    event_cursor: Cursor = computed(
        cursor_of,
        needs=("id", "version"),
        doc="The place behind its last event: subscribe to `trackingEvents` after it, and nothing falls between.",
    )
    lines: list[TrackedLine] = many(by="order", order_by=("position", "id"), doc="What was bought.")
    shipments: list[TrackedShipment] = many(by="order", order_by=("created_at", "id"), doc="Hand-overs to carriers.")
    backorders: list[TrackedBackorder] = many(
        by="order", order_by=("promised_at", "id"), doc="What is still waited for, and until when it was promised."
    )
    returns: list[TrackedReturn] = many(
        by="order", order_by=("requested_at", "id"), doc="What is to come back, or has."
    )


def which_tracking(scope: Scope) -> Q | None:
    """The condition that names the order of a tracking link; None for whoever has none."""
    return None if scope.order_id is None else Q(id=scope.order_id)


@view_of(OrderLineRow, visible=tracked_parts)
class TrackedLine:
    """What was bought, and how much of it."""

    sku: str
    title: str
    quantity: int


@view_of(ShipmentRow, visible=tracked_parts)
class TrackedShipment:
    """One hand-over to a carrier, of one or more parcels."""

    status: ShipmentStatus
    carrier: str
    shipped_at: datetime | None
    delivered_at: datetime | None
    parcels: list[TrackedParcel] = many(by="shipment", order_by=("position", "id"), doc="Its boxes.")


@view_of(ParcelRow, visible=tracked_parts)
class TrackedParcel:
    """One box on its way."""

    position: int
    carrier: str
    tracking_number: str | None
    tracking_url: str | None
    tracking_status: TrackingStatus
    tracked_at: datetime | None
    contents: list[TrackedParcelLine] = many(by="parcel", order_by=("sku", "id"), doc="What is in the box.")
    scans: list[TrackedScan] = many(
        by="parcel", order_by=("-occurred_at", "-id"), doc="What the carrier saw, the latest first."
    )


@view_of(ParcelLineRow, visible=tracked_parts)
class TrackedParcelLine:
    """Units of one SKU in a box."""

    sku: str
    quantity: int


# Without the carrier's own words: they may name whoever took the parcel.
@view_of(ScanRow, visible=tracked_parts)
class TrackedScan:
    """What the carrier saw."""

    status: TrackingStatus
    occurred_at: datetime
    place: str | None


@view_of(BackorderRow, visible=tracked_waits)
class TrackedBackorder:
    """Units that were sold before they were there, and still are not."""

    sku: str
    quantity: int
    promised_at: datetime


# Without the reasons, which people wrote in their own words.
@view_of(ReturnRow, visible=tracked_parts)
class TrackedReturn:
    """Goods that are to come back, or have."""

    number: str
    status: ReturnStatus
    requested_at: datetime
    lines: list[TrackedReturnLine] = many(by="rma", order_by=("sku", "id"), doc="What comes back.")


@view_of(ReturnLineRow, visible=tracked_parts)
class TrackedReturnLine:
    """Units of one SKU that are to come back."""

    sku: str
    quantity: int
    received: int
