"""Orders as the API shows them, and how they are found."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from tortoise.expressions import Q

from domain.kernel.actor import Scope
from domain.kernel.ids import parse_global_id
from domain.kernel.models import LogRow
from domain.orders.lifecycle import AuthorizeStatus, ChargeStatus, FulfillmentStatus, OrderStatus, ReturnsStatus
from domain.orders.models import HoldKind, HoldRow, OrderOrigin, OrderRow
from domain.orders.queries import visible_holds, visible_orders
from schema.actions import AvailableAction, actions, of_order, order_on_hold
from schema.channels import Channel
from schema.cursors import event_cursor
from schema.facts import OrderEvent
from schema.fulfillment import FULFILLMENT_ORDERINGS, FulfillmentOrder, FulfillmentOrderOrdering, FulfillmentOrderWhere
from schema.lines import Charge, OrderAddress, OrderLine
from schema.payments import Payment, Refund
from schema.references import key_is, text_is
from schema.returns import RETURN_ORDERINGS, Return, ReturnOrdering, ReturnWhere
from schema.scalars import Cursor
from schema.shipping import SHIPMENT_ORDERINGS, Shipment, ShipmentOrdering, ShipmentWhere
from schema.views import (
    Connection,
    EnumFilter,
    IdFilter,
    Money,
    Node,
    TextFilter,
    TimeFilter,
    computed,
    connection,
    many,
    money,
    on,
    one,
    order_of,
    view_of,
    where_of,
)

if TYPE_CHECKING:
    from schema.customers import Customer


@where_of(OrderRow)
class OrderWhere:
    """Which orders."""

    status: EnumFilter[OrderStatus]
    fulfillment_status: EnumFilter[FulfillmentStatus]
    authorize_status: EnumFilter[AuthorizeStatus]
    charge_status: EnumFilter[ChargeStatus]
    return_status: EnumFilter[ReturnsStatus]
    placed_at: TimeFilter
    updated_at: TimeFilter
    number: TextFilter
    external_reference: TextFilter
    origin: EnumFilter[OrderOrigin]
    channel: IdFilter = on("channel_id", prefix="channel", doc="Sold in which channel.")
    customer: IdFilter = on("customer_id", prefix="customer", doc="Bought by whom.")


OrderOrdering = order_of(OrderRow, "OrderOrdering", "placed_at", "updated_at")
ORDER_ORDERINGS = ("-placed_at", "updated_at")
OrderEventOrdering = order_of(LogRow, "OrderEventOrdering", "sequence")


def cursor_of(_scope: Scope, identity: str, version: int) -> Cursor:
    """The place behind the last event of an order."""
    return event_cursor(parse_global_id("order", identity), version)


@view_of(OrderRow, visible=visible_orders)
class Order(Node):
    """What was bought, by whom, and how far it is."""

    number: str
    status: OrderStatus
    fulfillment_status: FulfillmentStatus
    authorize_status: AuthorizeStatus
    charge_status: ChargeStatus
    return_status: ReturnsStatus
    is_on_hold: bool = order_on_hold(doc="Whether there is a reason not to proceed yet.")
    available_actions: list[AvailableAction] = actions(of_order, "status", "fulfillment_status", "is_on_hold")

    currency: str
    subtotal: Money = money("subtotal_minor")
    charges_total: Money = money("charges_minor")
    discount_total: Money = money("discount_minor")
    tax_total: Money = money("tax_minor")
    total: Money = money("total_minor")
    canceled_total: Money = money("canceled_minor")

    origin: OrderOrigin
    external_reference: str | None
    shipping_method: str | None
    note: str | None
    cancel_reason: str | None
    placed_at: datetime
    recorded_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    canceled_at: datetime | None
    version: int
    revision: int
    event_cursor: Cursor = computed(
        cursor_of,
        needs=("id", "version"),
        doc="The place behind its last event: subscribe to `orderEvents` after it, and nothing falls between.",
    )

    channel: Channel | None = one(by="channel", doc="Where it was sold.")
    customer: Annotated[Customer, strawberry.lazy("schema.customers")] | None = one(by="customer", doc="Who bought.")
    lines: list[OrderLine] = many(by="order", order_by=("position", "id"), doc="What was bought.")
    charges: list[Charge] = many(by="order", order_by=("position", "id"), doc="Shipping, fees and adjustments.")
    addresses: list[OrderAddress] = many(by="order", order_by=("kind",), doc="Where it goes, and who is billed.")
    holds: list[Hold] = many(
        by="order", order_by=("placed_at", "id"), doc="Reasons not to proceed, open and released ones; for staff."
    )
    payments: list[Payment] = many(by="order", order_by=("created_at", "id"), doc="Money that is expected, or came.")
    refunds: list[Refund] = many(by="order", order_by=("granted_at", "id"), doc="Money that is owed back, or went.")
    fulfillment_orders: Connection[FulfillmentOrder] = connection(
        FULFILLMENT_ORDERINGS,
        by="order",
        where=FulfillmentOrderWhere,
        order_by=FulfillmentOrderOrdering,
        doc="The work of each location; for staff.",
    )
    shipments: Connection[Shipment] = connection(
        SHIPMENT_ORDERINGS, by="order", where=ShipmentWhere, order_by=ShipmentOrdering, doc="Hand-overs to carriers."
    )
    returns: Connection[Return] = connection(
        RETURN_ORDERINGS, by="order", where=ReturnWhere, order_by=ReturnOrdering, doc="Goods that come back."
    )
    events: Connection[OrderEvent] = connection(
        ("sequence",), by="order", order_by=OrderEventOrdering, doc="What happened to it, as far as you may see it."
    )


@view_of(HoldRow, visible=visible_holds)
class Hold(Node):
    """A reason not to proceed yet. It is open until it is released, and never gives allocated stock back."""

    kind: HoldKind
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str | None
    released_at: datetime | None
    order: Order | None = one(by="order", doc="The order that waits.")


@strawberry.input(description="An order's name in its channel.")
class ExternalReferenceInput:
    channel: str = strawberry.field(description="The channel's code, such as `web-de`.")
    reference: str = strawberry.field(description="The channel's own name for the order.")


@strawberry.input(one_of=True, description="Which order: exactly one of these.")
class OrderBy:
    id: strawberry.ID | None = strawberry.field(description="Its global id.", default=strawberry.UNSET)
    number: str | None = strawberry.field(description="Its name for people.", default=strawberry.UNSET)
    external_reference: ExternalReferenceInput | None = strawberry.field(
        description="Its name in its channel.", default=strawberry.UNSET
    )


def which_order(_scope: Scope, by: OrderBy) -> Q:
    """The condition that names it. Raises BAD_REQUEST for what can name no order."""
    if isinstance(by.id, str):
        return key_is("order", by.id)
    if isinstance(by.number, str):
        return text_is("number", by.number)
    reference = by.external_reference
    assert reference, "Strawberry refuses whoever gives none, or two"
    return Q(text_is("channel__code", reference.channel), text_is("external_reference", reference.reference))
