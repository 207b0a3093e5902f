"""Shortages, and what third parties counted, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.stock.models import ShortageRow, SnapshotRow
from domain.stock.queries import visible_stock
from schema.views import BoolFilter, Node, one, order_of, view_of, where_of

if TYPE_CHECKING:
    from schema.locations import Location
    from schema.stock import StockLevel


@where_of(ShortageRow)
class ShortageWhere:
    """Which shortages."""

    is_open: BoolFilter


ShortageOrdering = order_of(ShortageRow, "ShortageOrdering", "opened_at")
SHORTAGE_ORDERINGS = ("-opened_at",)


@view_of(ShortageRow, visible=visible_stock)
class Shortage(Node):
    """More units of a level are promised than are there. The latest promises are given elsewhere, as far as they can.

    Baskets are let go first. What nobody else has, what is packed already, and what transfers and assemblies have set
    aside, keeps it open until the units are there, or those are gone.
    """

    units: int
    is_open: bool
    opened_at: datetime
    resolved_at: datetime | None
    level: Annotated[StockLevel, strawberry.lazy("schema.stock")] | None = one(
        by="level", doc="Where the units are missing."
    )


@view_of(SnapshotRow, visible=visible_stock)
class StockSnapshot(Node):
    """What a location had at one moment, as whoever runs it counted. The books were put right as of then."""

    as_of: datetime
    external_reference: str | None
    rows: int
    corrected: int
    outdated: int
    applied_at: datetime
    actor: str
    location: Annotated[Location, strawberry.lazy("schema.locations")] | None = one(
        by="location", doc="Whose stock it is."
    )
