"""Lots, and units with a serial number, as the API shows them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from tortoise.expressions import Q

from domain.kernel.actor import Scope
from domain.stock.models import LotRow, SerialNumberRow, SerialNumberStatus
from domain.stock.queries import visible_stock
from schema.references import text_is
from schema.views import Node, one, view_of

if TYPE_CHECKING:
    from schema.catalog import Variant
    from schema.stock import StockLevel
    from schema.transfers import Transfer


@view_of(LotRow, visible=visible_stock)
class Lot(Node):
    """Units of a stock level that were made together, and expire together. Lots add up to what is on hand.

    Units of which nobody named the lot stand in the one whose number is empty.
    """

    number: str
    expires_on: date | None
    on_hand: int
    quarantined: int
    received_at: datetime
    level: Annotated[StockLevel, strawberry.lazy("schema.stock")] | None = one(
        by="level", doc="The level that they are part of."
    )


@view_of(SerialNumberRow, visible=visible_stock)
class SerialNumber(Node):
    """One unit that has a name of its own."""

    number: str
    status: SerialNumberStatus
    received_at: datetime
    variant: Annotated[Variant, strawberry.lazy("schema.catalog")] | None = one(by="variant", doc="What it is.")
    level: Annotated[StockLevel, strawberry.lazy("schema.stock")] | None = one(
        by="level", doc="Where it is on hand, or last was."
    )
    transfer: Annotated[Transfer, strawberry.lazy("schema.transfers")] | None = one(
        by="transfer", doc="The transfer that it is on its way with."
    )


def which_serial_number(_scope: Scope, sku: str, number: str) -> Q:
    """The condition that names the unit. Raises BAD_REQUEST for what can be no name of one."""
    return text_is("variant__sku", sku) & text_is("number", number)
