"""Queries about orders, the work on them, and who bought."""

import strawberry

from schema.customers import Customer, CustomerOrdering, CustomerWhere
from schema.fulfillment import FulfillmentOrder, FulfillmentOrderOrdering, FulfillmentOrderWhere
from schema.orders import ORDER_ORDERINGS, Order, OrderBy, OrderOrdering, OrderWhere, which_order
from schema.returns import RETURN_ORDERINGS, Return, ReturnOrdering, ReturnWhere
from schema.shipping import Shipment, ShipmentOrdering, ShipmentWhere
from schema.views import Connection, connection, named


@strawberry.type(description="Orders, the work on them, and who bought.")
class OrderQuery:
    orders: Connection[Order] = connection(
        ORDER_ORDERINGS, where=OrderWhere, order_by=OrderOrdering, doc="Orders that you may see, the newest first."
    )
    fulfillment_orders: Connection[FulfillmentOrder] = connection(
        ("created_at",),
        where=FulfillmentOrderWhere,
        order_by=FulfillmentOrderOrdering,
        doc="The work of locations, the oldest first; for staff.",
    )
    shipments: Connection[Shipment] = connection(
        ("-created_at",), where=ShipmentWhere, order_by=ShipmentOrdering, doc="Shipments, the newest first."
    )
    returns: Connection[Return] = connection(
        RETURN_ORDERINGS, where=ReturnWhere, order_by=ReturnOrdering, doc="Returns, the newest first."
    )
    customers: Connection[Customer] = connection(
        ("-created_at",), where=CustomerWhere, order_by=CustomerOrdering, doc="Customers, the newest first."
    )
    order: Order | None = named(
        which_order, by=(OrderBy, "Which one."), doc="One order; null when it is not there, or not for you to see."
    )
