"""Queries about stock."""

import strawberry

from schema.lots import SerialNumber, which_serial_number
from schema.shortages import SHORTAGE_ORDERINGS, Shortage, ShortageOrdering, ShortageWhere, StockSnapshot
from schema.stock import (
    STOCK_ORDERINGS,
    StockLedgerWhere,
    StockLevel,
    StockLevelOrdering,
    StockLevelWhere,
    StockMovement,
    StockMovementOrdering,
)
from schema.views import Connection, connection, named


@strawberry.type(description="How much there is of what, and where.")
class StockQuery:
    stock: Connection[StockLevel] = connection(
        STOCK_ORDERINGS, where=StockLevelWhere, order_by=StockLevelOrdering, doc="Stock levels, by SKU; for staff."
    )
    shortages: Connection[Shortage] = connection(
        SHORTAGE_ORDERINGS,
        where=ShortageWhere,
        order_by=ShortageOrdering,
        doc="Where more units were promised than were there, the latest first; for staff.",
    )
    stock_snapshots: Connection[StockSnapshot] = connection(
        ("-applied_at",), doc="What those who run locations counted, the latest that was applied first; for staff."
    )
    serial_number: SerialNumber | None = named(
        which_serial_number,
        sku=(str, "What it is."),
        number=(str, "The maker's name for the unit."),
        doc="One unit by its name; null when it is not known, or not for you to see.",
    )
    stock_movements: Connection[StockMovement] = connection(
        ("-occurred_at",),
        where=StockLedgerWhere,
        order_by=StockMovementOrdering,
        doc="The ledger of all stock, the newest movement first; for staff. All of it as a table:"
        " `/exports/stock-movements.csv`.",
    )
