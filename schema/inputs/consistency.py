"""What repairing stock is given."""

import strawberry

from domain.flows.check_stock import MOST_LEVELS
from domain.flows.reconcile_stock import ReconcileStock
from schema.inputs.intentions import Intention, dry_run, local_id


@strawberry.input(description="Which stock is to be repaired: of a SKU, at a location, or all, part by part.")
class StockReconcileInput(Intention):
    """What `stockReconcile` is given."""

    sku: str | None = strawberry.field(default=None, description="Only levels of this SKU.")
    location: strawberry.ID | None = strawberry.field(default=None, description="Only levels at this location.")
    after: strawberry.ID | None = strawberry.field(default=None, description="Only levels behind this one.")
    levels: int = strawberry.field(
        default=MOST_LEVELS, description=f"At most so many levels are looked at, up to {MOST_LEVELS:,}."
    )
    dry_run: bool = dry_run()

    def request(self) -> ReconcileStock:
        """What `reconcile_stock` is asked."""
        return ReconcileStock(
            self.sku,
            local_id("location", self.location, "location") if self.location else None,
            local_id("stock_level", self.after, "after") if self.after else None,
            self.levels,
        )
