"""Customers as the API shows them."""

from datetime import datetime

from domain.customers.models import CustomerRow
from domain.customers.queries import visible_customers
from schema.orders import ORDER_ORDERINGS, Order, OrderOrdering, OrderWhere
from schema.views import Connection, Node, TextFilter, TimeFilter, connection, order_of, view_of, where_of


@where_of(CustomerRow)
class CustomerWhere:
    """Which customers."""

    email: TextFilter
    name: TextFilter
    external_reference: TextFilter
    created_at: TimeFilter


CustomerOrdering = order_of(CustomerRow, "CustomerOrdering", "created_at")


@view_of(CustomerRow, visible=visible_customers)
class Customer(Node):
    """Who buys."""

    email: str | None
    name: str
    phone: str | None
    external_reference: str | None
    created_at: datetime
    orders: Connection[Order] = connection(
        ORDER_ORDERINGS, by="customer", where=OrderWhere, order_by=OrderOrdering, doc="What they bought."
    )
