"""What stock that changes by hand is given."""

import strawberry

from domain.flows.adjust_stock import AdjustStock, CountStock
from schema.inputs.intentions import Intention, KeyedIntention, local_id


@strawberry.input(description="Units were found, or are gone.")
class StockAdjustInput(KeyedIntention):
    """What `stockAdjust` is given."""

    sku: str = strawberry.field(description="Of which SKU.")
    location: strawberry.ID = strawberry.field(description="Where.")
    delta: int = strawberry.field(description="Units to add to what is on hand; negative to take off.")
    note: str | None = strawberry.field(default=None, description="Why, in at most 300 characters.")

    def request(self) -> AdjustStock:
        """What `adjust_stock` is asked."""
        return AdjustStock(self.sku, local_id("location", self.location, "location"), self.delta, self.note)


@strawberry.input(description="Units arrived.")
class StockReceiveInput(KeyedIntention):
    """What `stockReceive` is given."""

    sku: str = strawberry.field(description="Of which SKU.")
    location: strawberry.ID = strawberry.field(description="Where.")
    quantity: int = strawberry.field(description="How many units.")
    note: str | None = strawberry.field(default=None, description="Such as the delivery note, at most 300 characters.")

    def request(self) -> AdjustStock:
        """What `adjust_stock` is asked, as a receipt."""
        place = local_id("location", self.location, "location")
        return AdjustStock(self.sku, place, self.quantity, self.note, is_receipt=True)


@strawberry.input(description="A stocktake found out what is there.")
class StockCountInput(Intention):
    """What `stockCount` is given."""

    sku: str = strawberry.field(description="Of which SKU.")
    location: strawberry.ID = strawberry.field(description="Where.")
    counted: int = strawberry.field(description="Units that are there.")
    expected_on_hand: int = strawberry.field(
        description="Units on hand that you saw before; refused when it changed since."
    )
    note: str | None = strawberry.field(default=None, description="At most 300 characters.")

    def request(self) -> CountStock:
        """What `count_stock` is asked."""
        place = local_id("location", self.location, "location")
        return CountStock(self.sku, place, self.counted, self.expected_on_hand, self.note)
