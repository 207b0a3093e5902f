"""Transfers as the API shows them: stock that moves between our locations, and how far it is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from tortoise.expressions import Q

from domain.kernel.actor import Scope
from domain.transfers.lifecycle import TRANSFER, TransferFacts, TransferStatus
from domain.transfers.models import TransferLineRow, TransferRow
from domain.transfers.queries import visible_transfers
from schema.actions import AvailableAction, actions, shown
from schema.locations import Location
from schema.references import key_is
from schema.stock import StockMovement, StockMovementOrdering, StockMovementWhere
from schema.views import (
    Connection,
    EnumFilter,
    IdFilter,
    Node,
    TextFilter,
    TimeFilter,
    connection,
    many,
    on,
    one,
    order_of,
    view_of,
    where_of,
)

if TYPE_CHECKING:
    from schema.catalog import Variant


def of_transfer(scope: Scope, status: TransferStatus) -> list[AvailableAction]:
    """What can be done with a transfer. What units are on their way decides over no command."""
    return shown(TRANSFER.available(scope, status, TransferFacts(units_on_their_way=0)))


@where_of(TransferRow)
class TransferWhere:
    """Which transfers."""

    status: EnumFilter[TransferStatus]
    number: TextFilter
    source: IdFilter = on("source_id", prefix="location", doc="From which location.")
    destination: IdFilter = on("destination_id", prefix="location", doc="To which location.")
    created_at: TimeFilter


TransferOrdering = order_of(TransferRow, "TransferOrdering", "created_at")
TRANSFER_ORDERINGS = ("-created_at",)


@view_of(TransferRow, visible=visible_transfers)
class Transfer(Node):
    """Stock that moves from one of our locations to another."""

    number: str
    status: TransferStatus
    available_actions: list[AvailableAction] = actions(of_transfer, "status")
    note: str | None
    expected_at: datetime | None
    created_by: str
    created_at: datetime
    released_at: datetime | None
    dispatched_at: datetime | None
    ended_at: datetime | None
    source: Location | None = one(by="source", doc="Where the units leave.")
    destination: Location | None = one(by="destination", doc="Where they go.")
    lines: list[TransferLine] = many(by="transfer", order_by=("sku", "id"), doc="What moves, at most 100 SKUs.")
    movements: Connection[StockMovement] = connection(
        ("-occurred_at",),
        by="subject_id",
        where=StockMovementWhere,
        order_by=StockMovementOrdering,
        doc="What it did to stock at either end: its lines of the ledger.",
    )


@view_of(TransferLineRow, visible=visible_transfers)
class TransferLine(Node):
    """Units of one SKU that a transfer moves. What left is what arrived, was written off, and is still on its way."""

    sku: str
    quantity: int
    short: int
    allocated: int
    dispatched: int
    received: int
    written_off: int
    surplus: int
    damaged: int
    variant: Annotated[Variant, strawberry.lazy("schema.catalog")] | None = one(by="variant", doc="What moves.")


def which_transfer(_scope: Scope, id: strawberry.ID) -> Q:
    """The condition that names it. Raises BAD_REQUEST for what is no id of a transfer."""
    return key_is("transfer", id)
