"""Returns as the API shows them: what comes back, and what becomes of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.returns.lifecycle import DispositionStatus, ReceiptStatus, Resolution, ReturnStatus
from domain.returns.models import DispositionRow, ReturnLineRow, ReturnRow
from domain.returns.queries import visible_dispositions, visible_returns
from schema.actions import AvailableAction, actions, of_disposition, of_return
from schema.lines import Requirement
from schema.locations import Location
from schema.views import (
    EnumFilter,
    IdFilter,
    Money,
    Node,
    TextFilter,
    TimeFilter,
    many,
    money,
    on,
    one,
    order_of,
    view_of,
    where_of,
)

if TYPE_CHECKING:
    from schema.orders import Order


@where_of(ReturnRow)
class ReturnWhere:
    """Which returns."""

    status: EnumFilter[ReturnStatus]
    resolution: EnumFilter[Resolution]
    number: TextFilter
    requested_at: TimeFilter
    order: IdFilter = on("order_id", prefix="order", doc="Of which order.")


ReturnOrdering = order_of(ReturnRow, "ReturnOrdering", "requested_at")
RETURN_ORDERINGS = ("-requested_at",)


@view_of(ReturnRow, visible=visible_returns)
class Return(Node):
    """Our agreement to take goods back (RMA), and how far it is."""

    number: str
    status: ReturnStatus
    available_actions: list[AvailableAction] = actions(of_return, "status", "units_awaited", "units_undecided")
    resolution: Resolution
    reason: str
    decline_reason: str | None
    units_awaited: int
    units_undecided: int
    requested_at: datetime
    received_at: datetime | None
    completed_at: datetime | None
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = one(
        by="order", doc="The order the goods come from."
    )
    lines: list[ReturnLine] = many(by="rma", order_by=("sku", "id"), doc="What comes back.")
    dispositions: list[Disposition] = many(
        by="rma", order_by=("sku", "id"), doc="What becomes of what came back; for staff."
    )


@view_of(ReturnLineRow, visible=visible_returns)
class ReturnLine(Node):
    """Units of one SKU that come back."""

    sku: str
    quantity: int
    received: int
    receipt_status: ReceiptStatus
    refund: Money = money("refund_minor")
    requirement: Requirement | None = one(by="requirement", doc="What the units were for.")


@view_of(DispositionRow, visible=visible_dispositions)
class Disposition(Node):
    """What becomes of some received units, and where they are."""

    sku: str
    quantity: int
    status: DispositionStatus
    available_actions: list[AvailableAction] = actions(of_disposition, "status")
    decided_at: datetime | None
    location: Location | None = one(by="location", doc="Where they are.")
    line: ReturnLine | None = one(by="return_line", doc="The line they came by.")
