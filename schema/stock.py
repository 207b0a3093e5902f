"""Stock as the API shows it: levels, and the movements that they are the sums of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from tortoise.expressions import Q

from domain.kernel.actor import Scope
from domain.kernel.errors import MalformedId
from domain.kernel.ids import parse_global_id
from domain.stock.decisions import available_to_promise
from domain.stock.models import AdjustmentReason, MovementCause, StockLevelRow, StockMovementRow
from domain.stock.queries import visible_stock
from schema.references import digits_of, id_of
from schema.views import (
    Connection,
    EnumFilter,
    IdFilter,
    IntFilter,
    Node,
    TextFilter,
    TimeFilter,
    bad_request,
    computed,
    connection,
    on,
    one,
    order_of,
    view_of,
    where_of,
)
from schema.views.filters import TextColumn
from schema.views.words import term

if TYPE_CHECKING:
    from schema.catalog import Variant
    from schema.locations import Location
    from schema.lots import Lot, SerialNumber
    from schema.shortages import Shortage


@where_of(StockLevelRow)
class StockLevelWhere:
    """Which stock levels."""

    sku: TextFilter
    variant: IdFilter = on("variant_id", prefix="variant", doc="Of which variant.")
    location: IdFilter = on("location_id", prefix="location", doc="At which location.")
    on_hand: IntFilter
    waiting: IntFilter


@where_of(StockMovementRow)
class StockMovementWhere:
    """Which movements of stock."""

    cause: EnumFilter[MovementCause]
    occurred_at: TimeFilter
    order: IdFilter = on("order_id", prefix="order", doc="For which order.")


@strawberry.input(description="Of what a movement was for: a transfer, a supply, a reservation or another such thing.")
class SubjectFilter:
    eq: strawberry.ID | None = strawberry.field(
        description="Was for the thing with this global id, whatever kind of thing it is.", default=strawberry.UNSET
    )

    def conditions(self, column: str, _prefix: str, _text_of: TextColumn) -> Iterator[Q]:
        if isinstance(self.eq, str):
            try:
                yield term(column, parse_global_id(self.eq.rpartition("_")[0], self.eq))
            except MalformedId as refusal:
                raise bad_request(refusal.message) from None


# Of a level, what it is a level of needs no asking.
@where_of(StockMovementRow)
class StockLedgerWhere:
    """Which movements of the whole ledger."""

    cause: EnumFilter[MovementCause]
    sku: TextFilter
    location: IdFilter = on("location_id", prefix="location", doc="At which location.")
    occurred_at: TimeFilter
    order: IdFilter = on("order_id", prefix="order", doc="For which order.")
    subject: SubjectFilter = on("subject_id", prefix="thing", doc="For which other thing.")


StockLevelOrdering = order_of(StockLevelRow, "StockLevelOrdering", "sku")
StockMovementOrdering = order_of(StockMovementRow, "StockMovementOrdering", "occurred_at")
STOCK_ORDERINGS = ("sku",)


def available(_scope: Scope, on_hand: int, *held: int) -> int:
    """What may still be promised, shown as 0 where facts took more than was free."""
    return max(available_to_promise(on_hand, *held), 0)


@view_of(StockLevelRow, visible=visible_stock)
class StockLevel(Node):
    """How many units of a SKU a location has, and what is promised of them."""

    sku: str
    available: int = computed(
        available,
        needs=("on_hand", "allocated", "reserved", "waiting", "damaged", "quarantined", "safety_stock"),
        doc="Available to promise (ATP): on hand less allocated, reserved, waiting, damaged, quarantined and safety "
        "stock; 0 when that is negative.",
    )
    on_hand: int
    allocated: int
    reserved: int
    waiting: int
    damaged: int
    quarantined: int
    safety_stock: int
    incoming: int
    low_stock_at: int | None
    updated_at: datetime
    variant: Annotated[Variant, strawberry.lazy("schema.catalog")] | None = one(
        by="variant", doc="The variant that is counted."
    )
    location: Annotated[Location, strawberry.lazy("schema.locations")] | None = one(by="location", doc="Where it is.")
    movements: Connection[StockMovement] = connection(
        ("-occurred_at",),
        by="level",
        where=StockMovementWhere,
        order_by=StockMovementOrdering,
        doc="The ledger: every change of a counter. Counters are its sums.",
    )
    lots: Connection[Annotated[Lot, strawberry.lazy("schema.lots")]] = connection(
        ("received_at",),
        by="level",
        doc="What is on hand by lot, the oldest first; none where the variant's lots are not told apart.",
    )
    serial_numbers: Connection[Annotated[SerialNumber, strawberry.lazy("schema.lots")]] = connection(
        ("-received_at",), by="level", doc="Units with a name of their own that are here, or last were."
    )
    shortages: Connection[Annotated[Shortage, strawberry.lazy("schema.shortages")]] = connection(
        ("-opened_at",), by="level", doc="When more units were promised than were there."
    )


@view_of(StockMovementRow, visible=visible_stock)
class StockMovement(Node):
    """A ledger line: what each counter changed by, and why. It never changes."""

    cause: MovementCause
    reason: AdjustmentReason | None
    sku: str
    on_hand: int
    allocated: int
    reserved: int
    waiting: int
    damaged: int
    quarantined: int
    safety_stock: int
    incoming: int
    lot: Annotated[Lot, strawberry.lazy("schema.lots")] | None = one(by="lot", doc="The lot whose units came or went.")
    order_key: strawberry.ID | None = id_of("order", "order_id", name="orderId", doc="The order that it was for.")
    subject_key: strawberry.ID | None = digits_of(
        "subject_id",
        name="subjectId",
        doc="The transfer, supply, reservation or other thing that it was for: the 32 digits of its global id.",
    )
    lot_key: strawberry.ID | None = id_of("lot", "lot_id", name="lotId", doc="The lot whose units came or went.")
    actor: str
    note: str | None
    occurred_at: datetime
    level: StockLevel | None = one(by="level", doc="The level that changed.")
