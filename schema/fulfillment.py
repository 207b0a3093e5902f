"""The work of locations as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.fulfillment.lifecycle import FulfillmentOrderStatus
from domain.fulfillment.models import DeliveryMethod, FulfillmentOrderLineRow, FulfillmentOrderRow
from domain.fulfillment.queries import visible_work
from schema.actions import AvailableAction, actions, of_fulfillment_order, order_on_hold
from schema.lines import Requirement
from schema.locations import Location
from schema.shipping import SHIPMENT_ORDERINGS, Shipment, ShipmentOrdering, ShipmentWhere
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
    from schema.orders import Order


@where_of(FulfillmentOrderRow)
class FulfillmentOrderWhere:
    """Which fulfillment orders."""

    status: EnumFilter[FulfillmentOrderStatus]
    delivery_method: EnumFilter[DeliveryMethod]
    number: TextFilter
    created_at: TimeFilter
    location: IdFilter = on("location_id", prefix="location", doc="Of which location.")
    order: IdFilter = on("order_id", prefix="order", doc="Of which order.")


FulfillmentOrderOrdering = order_of(FulfillmentOrderRow, "FulfillmentOrderOrdering", "created_at")
FULFILLMENT_ORDERINGS = ("created_at",)


@view_of(FulfillmentOrderRow, visible=visible_work)
class FulfillmentOrder(Node):
    """The work of one location for one order: what to pick and pack."""

    number: str
    status: FulfillmentOrderStatus
    delivery_method: DeliveryMethod
    units_to_pack: int
    units_packed: int
    is_on_hold: bool = order_on_hold(on="order_id", doc="Whether the order has a reason not to proceed yet.")
    available_actions: list[AvailableAction] = actions(
        of_fulfillment_order, "status", "is_on_hold", "units_to_pack", "units_packed"
    )
    reject_reason: str | None
    created_at: datetime
    closed_at: datetime | None
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = one(by="order", doc="The order it is part of.")
    location: Location | None = one(by="location", doc="Who does the work.")
    lines: list[FulfillmentOrderLine] = many(by="fulfillment_order", order_by=("sku", "id"), doc="What to pack.")
    shipments: Connection[Shipment] = connection(
        SHIPMENT_ORDERINGS,
        by="fulfillment_order",
        where=ShipmentWhere,
        order_by=ShipmentOrdering,
        doc="What it was packed into.",
    )


@view_of(FulfillmentOrderLineRow, visible=visible_work)
class FulfillmentOrderLine(Node):
    """Units of one SKU that a location is to pack."""

    sku: str
    quantity: int
    packed: int
    canceled: int
    requirement: Requirement | None = one(by="requirement", doc="What the units are for.")
