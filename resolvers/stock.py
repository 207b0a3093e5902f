"""Queries about stock."""

import strawberry

from schema.stock import (
    STOCK_ORDERINGS,
    StockLedgerWhere,
    StockLevel,
    StockLevelOrdering,
    StockLevelWhere,
    StockMovement,
    StockMovementOrdering,
)
from schema.views import Connection, connection


@strawberry.type(description="How much there is of what, and where.")
class StockQuery:
    stock: Connection[StockLevel] = connection(
        STOCK_ORDERINGS, where=StockLevelWhere, order_by=StockLevelOrdering, doc="Stock levels, by SKU; for staff."
    )
    stock_movements: Connection[StockMovement] = connection(
        ("-occurred_at",),
        where=StockLedgerWhere,
        order_by=StockMovementOrdering,
        doc="The ledger of all stock, the newest movement first; for staff. All of it as a table:"
        " `/exports/stock-movements.csv`.",
    )
