"""Queries about bulk runs."""

import strawberry

from schema.bulk import BulkRun, BulkRunOrdering, BulkRunWhere, which_bulk_run
from schema.views import Connection, connection, named


@strawberry.type(description="Stock that is changed by the thousand.")
class BulkQuery:
    bulk_runs: Connection[BulkRun] = connection(
        ("-created_at",), where=BulkRunWhere, order_by=BulkRunOrdering, doc="Bulk runs, the newest first; for staff."
    )
    bulk_run: BulkRun | None = named(
        which_bulk_run,
        id=(strawberry.ID, "Its global id."),
        doc="One bulk run; null when it is not there, or not for you to see.",
    )
