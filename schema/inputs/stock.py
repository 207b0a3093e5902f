"""What stock that changes by hand is given."""

from datetime import date

import strawberry

from domain.flows.adjust_many import AdjustMany, AdjustRow, CountMany, CountRow
from domain.flows.adjust_stock import AdjustStock, CountStock
from domain.stock.decisions import LotUnits
from domain.stock.models import AdjustmentReason
from schema.inputs.intentions import Intention, KeyedIntention, local_id

SHORT_NOTE = "At most 300 characters."


@strawberry.input(description="Units of one lot.")
class LotUnitsInput:
    """A part of the units that come or go."""

    number: str = strawberry.field(description="The maker's name for the lot, 1 to 60 characters.")
    expires_on: date | None = strawberry.field(
        default=None, description="The last day on which they are good; may be left out for a lot that is known."
    )
    quantity: int = strawberry.field(description="How many units of it.")

    def units(self) -> LotUnits:
        """As the domain says it."""
        return LotUnits(self.number, self.expires_on, self.quantity)


@strawberry.input(description="Units were found, or are gone.")
class StockAdjustInput(KeyedIntention):
    """What `stockAdjust` is given."""

    sku: str = strawberry.field(description="Of which SKU.")
    location: strawberry.ID = strawberry.field(description="Where.")
    delta: int = strawberry.field(description="Units to add to what is on hand; negative to take off.")
    reason: AdjustmentReason = strawberry.field(default=AdjustmentReason.CORRECTION, description="What sort of reason.")
    expected_on_hand: int | None = strawberry.field(
        default=None, description="Units on hand that you saw before; refused when it changed since."
    )
    note: str | None = strawberry.field(default=None, description="Why, in at most 300 characters.")
    lots: list[LotUnitsInput] = strawberry.field(
        default_factory=list,
        description="Whose units they are, where lots are told apart: all of them. Without it those whose turn it is "
        "lose units, and the one without a number gets them.",
    )

    def request(self) -> AdjustStock:
        """What `adjust_stock` is asked."""
        return AdjustStock(
            self.sku,
            local_id("location", self.location, "location"),
            self.delta,
            self.note,
            reason=self.reason,
            expected_on_hand=self.expected_on_hand,
            lots=tuple(each.units() for each in self.lots),
        )


@strawberry.input(description="Units arrived.")
class StockReceiveInput(KeyedIntention):
    """What `stockReceive` is given."""

    sku: str = strawberry.field(description="Of which SKU.")
    location: strawberry.ID = strawberry.field(description="Where.")
    quantity: int = strawberry.field(description="How many units.")
    note: str | None = strawberry.field(default=None, description="Such as the delivery note, at most 300 characters.")
    lots: list[LotUnitsInput] = strawberry.field(
        default_factory=list,
        description="In which lots they came, where lots are told apart: all of them. Without it they stand in the "
        "one without a number.",
    )
    serial_numbers: list[str] = strawberry.field(
        default_factory=list, description="The number of each unit, where each has its own; at most 1,000."
    )

    def request(self) -> AdjustStock:
        """What `adjust_stock` is asked, as a receipt."""
        return AdjustStock(
            self.sku,
            local_id("location", self.location, "location"),
            self.quantity,
            self.note,
            is_receipt=True,
            lots=tuple(each.units() for each in self.lots),
            serial_numbers=tuple(self.serial_numbers),
        )


@strawberry.input(description="A stocktake found out what is there.")
class StockCountInput(Intention):
    """What `stockCount` is given."""

    sku: str = strawberry.field(description="Of which SKU.")
    location: strawberry.ID = strawberry.field(description="Where.")
    counted: int = strawberry.field(description="Units that are there.")
    expected_on_hand: int = strawberry.field(
        description="Units on hand that you saw before; refused when it changed since."
    )
    note: str | None = strawberry.field(default=None, description=SHORT_NOTE)

    def request(self) -> CountStock:
        """What `count_stock` is asked."""
        place = local_id("location", self.location, "location")
        return CountStock(self.sku, place, self.counted, self.expected_on_hand, self.note)


@strawberry.input(description="A correction of one SKU.")
class StockAdjustRowInput:
    """A row of `stockAdjustMany`."""

    sku: str = strawberry.field(description="Of which SKU.")
    delta: int = strawberry.field(description="Units to add to what is on hand; negative to take off.")
    expected_on_hand: int | None = strawberry.field(
        default=None, description="Units on hand that you saw before; refused when it changed since."
    )
    reason: AdjustmentReason = strawberry.field(default=AdjustmentReason.CORRECTION, description="What sort of reason.")


@strawberry.input(description="Units of many SKUs were found, or are gone.")
class StockAdjustManyInput(KeyedIntention):
    """What `stockAdjustMany` is given."""

    location: strawberry.ID = strawberry.field(description="Where.")
    rows: list[StockAdjustRowInput] = strawberry.field(description="1 to 100 corrections, one of each SKU.")
    note: str | None = strawberry.field(default=None, description=SHORT_NOTE)

    def request(self) -> AdjustMany:
        """What `adjust_many` is asked."""
        rows = tuple(AdjustRow(each.sku, each.delta, each.expected_on_hand, each.reason) for each in self.rows)
        return AdjustMany(local_id("location", self.location, "location"), rows, self.note)


@strawberry.input(description="What was counted of one SKU.")
class StockCountRowInput:
    """A row of `stockCountMany`."""

    sku: str = strawberry.field(description="Of which SKU.")
    counted: int = strawberry.field(description="Units that are there.")
    expected_on_hand: int = strawberry.field(
        description="Units on hand that you saw before; refused when it changed since."
    )


@strawberry.input(description="A stocktake found out what is there of many SKUs.")
class StockCountManyInput(Intention):
    """What `stockCountMany` is given."""

    location: strawberry.ID = strawberry.field(description="Where.")
    rows: list[StockCountRowInput] = strawberry.field(description="1 to 100 counts, one of each SKU.")
    note: str | None = strawberry.field(default=None, description=SHORT_NOTE)

    def request(self) -> CountMany:
        """What `count_many` is asked."""
        rows = tuple(CountRow(each.sku, each.counted, each.expected_on_hand) for each in self.rows)
        return CountMany(local_id("location", self.location, "location"), rows, self.note)
