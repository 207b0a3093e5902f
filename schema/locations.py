"""Locations as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.locations.models import LocationKind, LocationRow
from domain.locations.queries import visible_locations
from schema.stock import STOCK_ORDERINGS, StockLevelOrdering, StockLevelWhere
from schema.views import Connection, EnumFilter, Node, TextFilter, connection, view_of, where_of

if TYPE_CHECKING:
    from schema.stock import StockLevel


@where_of(LocationRow)
class LocationWhere:
    """Which locations."""

    code: TextFilter
    kind: EnumFilter[LocationKind]


@view_of(LocationRow, visible=visible_locations)
class Location(Node):
    """A place that holds and ships stock: a warehouse, a store, a third party's warehouse, a supplier."""

    code: str
    name: str
    kind: LocationKind
    legal_entity: str
    time_zone: str
    country_code: str
    postal_code: str
    city: str
    street: str
    priority: int
    allows_negative_on_hand: bool
    is_active: bool
    stock: Connection[Annotated[StockLevel, strawberry.lazy("schema.stock")]] = connection(
        STOCK_ORDERINGS, by="location", where=StockLevelWhere, order_by=StockLevelOrdering, doc="What it has."
    )
