"""Queries about stock."""

import strawberry

from schema.stock import STOCK_ORDERINGS, StockLevel, StockLevelOrdering, StockLevelWhere
from schema.views import Connection, connection


@strawberry.type(description="How much there is of what, and where.")
class StockQuery:
    stock: Connection[StockLevel] = connection(
        STOCK_ORDERINGS, where=StockLevelWhere, order_by=StockLevelOrdering, doc="Stock levels, by SKU; for staff."
    )
