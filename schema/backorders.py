"""Backorders as the API shows them: units that were sold before they were there."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.backorders.models import BackorderRow
from domain.backorders.queries import visible_backorders
from schema.views import IdFilter, IntFilter, Node, TextFilter, TimeFilter, on, one, order_of, view_of, where_of

if TYPE_CHECKING:
    from schema.catalog import Variant
    from schema.lines import Requirement
    from schema.locations import Location
    from schema.orders import Order
    from schema.stock import StockLevel


@where_of(BackorderRow)
class BackorderWhere:
    """Which backorders."""

    sku: TextFilter
    variant: IdFilter = on("variant_id", prefix="variant", doc="Of which variant.")
    location: IdFilter = on("location_id", prefix="location", doc="At which location.")
    stock_level: IdFilter = on("level_id", prefix="stock_level", doc="At which stock level.")
    order: IdFilter = on("order_id", prefix="order", doc="For which order.")
    quantity: IntFilter
    promised_at: TimeFilter
    created_at: TimeFilter


BackorderOrdering = order_of(BackorderRow, "BackorderOrdering", "promised_at", "created_at")
BACKORDER_ORDERINGS = ("promised_at", "created_at")


@view_of(BackorderRow, visible=visible_backorders)
class Backorder(Node):
    """Units of an order that were sold before they were there, at the location that will serve them.

    Units that come are set aside for them, the oldest promise first; it is gone when nothing of it waits any more.
    """

    sku: str
    quantity: int
    is_preorder: bool
    promised_at: datetime
    created_at: datetime
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = one(by="order", doc="The order they are for.")
    requirement: Annotated[Requirement, strawberry.lazy("schema.lines")] | None = one(
        by="requirement", doc="What the units are for."
    )
    variant: Annotated[Variant, strawberry.lazy("schema.catalog")] | None = one(
        by="variant", doc="What is waited for; null where it is not on sale to you."
    )
    location: Annotated[Location, strawberry.lazy("schema.locations")] | None = one(
        by="location", doc="Who will serve them; for staff."
    )
    stock_level: Annotated[StockLevel, strawberry.lazy("schema.stock")] | None = one(
        by="level", doc="Where they wait; for staff."
    )
