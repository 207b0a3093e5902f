"""Whether stock adds up, as the API shows it."""

from datetime import datetime
from uuid import UUID

import strawberry

from domain.flows.check_stock import StockCheck
from domain.flows.stock_witnesses import Difference, StockFigure
from domain.kernel.ids import global_id
from schema.payloads import Payload
from schema.views import enum_of

enum_of(
    StockFigure,
    {
        StockFigure.ON_HAND: "Units physically there; of units that are told apart by lot, the lots are its documents.",
        StockFigure.ALLOCATED: "Units set aside for orders, transfers and assemblies.",
        StockFigure.RESERVED: "Units set aside for baskets.",
        StockFigure.WAITING: "Units that were accepted without stock.",
        StockFigure.DAMAGED: "Units that cannot be sold.",
        StockFigure.QUARANTINED: "Units that wait for a decision.",
        StockFigure.SAFETY_STOCK: "Units that are never promised.",
        StockFigure.INCOMING: "Units that suppliers and other locations will bring.",
        StockFigure.LOTS: "Units by which lots with a number differ from the ledger's lines about them.",
        StockFigure.SHORT: "Units that are promised and not there; the open shortage is its document.",
    },
)


@strawberry.type(description="A figure of stock of which not everybody says the same, in units.")
class StockDifference:
    sku: str = strawberry.field(description="Of which SKU.")
    figure: StockFigure = strawberry.field(description="What is compared.")
    counter: int = strawberry.field(
        description="What the counter of the level says; of an order that waits, what its requirements say."
    )
    ledger: int | None = strawberry.field(
        description="What the movements add up to; null for figures that the ledger does not keep."
    )
    documents: int | None = strawberry.field(
        description="What allocations, transfers, assemblies, reservations, backorders, supplies, lots and open "
        "shortages say; null for figures that no document holds."
    )
    level_id: strawberry.ID | None = strawberry.field(description="Whose figure it is; null for one of an order.")
    location_id: strawberry.ID | None = strawberry.field(description="Where it is; null for one of an order.")
    order_id: strawberry.ID | None = strawberry.field(
        description="The order whose requirements wait for other units than its backorders hold."
    )


@strawberry.type(description="What a check of stock found at one moment.")
class StockConsistency:
    checked_at: datetime = strawberry.field(description="The moment: nothing that was committed later is in it.")
    levels: int = strawberry.field(description="Levels that were checked.")
    difference_count: int = strawberry.field(description="Differences that were found; 0 where everything adds up.")
    differences: list[StockDifference] = strawberry.field(description="The first 100 of them, by SKU.")
    last_level_id: strawberry.ID | None = strawberry.field(
        description="The level to go on behind, as `after`; null when there is no more to check."
    )


@strawberry.type(description="What became of repairing stock.")
class StockReconcilePayload(Payload):
    """The answer of `stockReconcile`."""

    repaired: int = strawberry.field(
        default=0,
        description="Levels that were repaired, each with a movement RECONCILED in its ledger; 0 in a dry run.",
    )
    consistency: StockConsistency | None = strawberry.field(
        default=None,
        description="The same levels, checked afterwards: while there are differences, go on; then behind the last "
        "level. In a dry run it says what would be repaired. Null where you may not read stock.",
    )


def shown(check: StockCheck) -> StockConsistency:
    """The check, in the words of the schema."""
    return StockConsistency(
        checked_at=check.checked_at,
        levels=check.levels,
        difference_count=check.count,
        differences=[_difference(each) for each in check.differences],
        last_level_id=_id("stock_level", check.last_id),
    )


def _difference(found: Difference) -> StockDifference:
    return StockDifference(
        sku=found.sku,
        figure=found.figure,
        counter=found.counter,
        ledger=found.ledger,
        documents=found.documents,
        level_id=_id("stock_level", found.level_id),
        location_id=_id("location", found.location_id),
        order_id=_id("order", found.order_id),
    )


def _id(prefix: str, key: UUID | None) -> strawberry.ID | None:
    return None if key is None else strawberry.ID(global_id(prefix, key))
