"""Queries about transfers."""

import strawberry

from schema.transfers import TRANSFER_ORDERINGS, Transfer, TransferOrdering, TransferWhere, which_transfer
from schema.views import Connection, connection, named


@strawberry.type(description="Stock that moves between our locations.")
class TransferQuery:
    transfers: Connection[Transfer] = connection(
        TRANSFER_ORDERINGS,
        where=TransferWhere,
        order_by=TransferOrdering,
        doc="Transfers, the newest first; for staff.",
    )
    transfer: Transfer | None = named(
        which_transfer,
        id=(strawberry.ID, "Its global id."),
        doc="One transfer; null when it is not there, or not for you to see.",
    )
