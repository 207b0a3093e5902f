"""Queries about what is waited for."""

import strawberry

from schema.backorders import BACKORDER_ORDERINGS, Backorder, BackorderOrdering, BackorderWhere
from schema.views import Connection, connection


@strawberry.type(description="What is waited for.")
class BackorderQuery:
    backorders: Connection[Backorder] = connection(
        BACKORDER_ORDERINGS,
        where=BackorderWhere,
        order_by=BackorderOrdering,
        doc="Units that were sold before they were there, the oldest promise first; those of their own orders for "
        "customers.",
    )
