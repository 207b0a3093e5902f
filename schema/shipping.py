"""Shipments as the API shows them: their parcels, what is in these, and what carriers saw."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.shipping.lifecycle import ParcelOutcome, ShipmentStatus, TrackingStatus
from domain.shipping.models import ParcelLineRow, ParcelRow, ScanRow, ShipmentRow
from domain.shipping.queries import visible_shipments
from schema.actions import AvailableAction, actions, of_shipment, order_on_hold
from schema.lines import Requirement
from schema.locations import Location
from schema.views import (
    Connection,
    EnumFilter,
    IdFilter,
    Node,
    TextFilter,
    TimeFilter,
    connection,
    many,
    on,
    one,
    order_of,
    view_of,
    where_of,
)

if TYPE_CHECKING:
    from schema.fulfillment import FulfillmentOrder
    from schema.orders import Order


@where_of(ShipmentRow)
class ShipmentWhere:
    """Which shipments."""

    status: EnumFilter[ShipmentStatus]
    carrier: TextFilter
    created_at: TimeFilter
    shipped_at: TimeFilter
    delivered_at: TimeFilter
    location: IdFilter = on("location_id", prefix="location", doc="Packed at which location.")
    order: IdFilter = on("order_id", prefix="order", doc="Of which order.")


ShipmentOrdering = order_of(ShipmentRow, "ShipmentOrdering", "created_at")
SHIPMENT_ORDERINGS = ("created_at",)
ScanOrdering = order_of(ScanRow, "ScanOrdering", "occurred_at")


@view_of(ShipmentRow, visible=visible_shipments)
class Shipment(Node):
    """One hand-over to a carrier, of one or more parcels."""

    status: ShipmentStatus
    carrier: str
    service: str | None
    is_on_hold: bool = order_on_hold(on="order_id", doc="Whether the order has a reason not to proceed yet.")
    available_actions: list[AvailableAction] = actions(of_shipment, "status", "is_on_hold")
    created_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = one(by="order", doc="The order it is part of.")
    fulfillment_order: Annotated[FulfillmentOrder, strawberry.lazy("schema.fulfillment")] | None = one(
        by="fulfillment_order", doc="The work it comes from; for staff. Null in imported history."
    )
    location: Location | None = one(by="location", doc="Who packs it; for staff. Null in imported history.")
    parcels: list[Parcel] = many(by="shipment", order_by=("position", "id"), doc="Its boxes.")


@view_of(ParcelRow, visible=visible_shipments)
class Parcel(Node):
    """One box, with a tracking number of its own."""

    position: int
    carrier: str
    tracking_number: str | None
    tracking_url: str | None
    tracking_status: TrackingStatus
    tracked_at: datetime | None
    outcome: ParcelOutcome
    weight_grams: int | None
    contents: list[ParcelLine] = many(by="parcel", order_by=("sku", "id"), doc="What is in the box.")
    scans: Connection[Scan] = connection(
        ("-occurred_at",), by="parcel", order_by=ScanOrdering, doc="What the carrier saw, the latest first."
    )
    shipment: Shipment | None = one(by="shipment", doc="The hand-over it is part of.")
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = one(by="order", doc="The order it is part of.")


@view_of(ParcelLineRow, visible=visible_shipments)
class ParcelLine(Node):
    """Units of one SKU in a parcel."""

    sku: str
    quantity: int
    requirement: Requirement | None = one(by="requirement", doc="What the units are for.")


@view_of(ScanRow, visible=visible_shipments)
class Scan(Node):
    """What the carrier saw. It is kept once, however often and in whatever order it is told."""

    status: TrackingStatus
    occurred_at: datetime
    recorded_at: datetime
    place: str | None
    description: str | None
