"""What bulk runs are given."""

import strawberry

from domain.bulk.lifecycle import BulkMode
from domain.flows.bulk_stock import CancelBulk, StartBulk
from schema.inputs.intentions import Intention, KeyedIntention, local_id


@strawberry.input(description="Thousands of stock levels, in a file that was uploaded.")
class StockBulkStartInput(KeyedIntention):
    """What `stockBulkStart` is given."""

    upload: strawberry.ID = strawberry.field(
        description="The id that `POST /uploads` gave: CSV in UTF-8, its first line the names of its columns."
    )
    mode: BulkMode = strawberry.field(description="What the numbers of the file say.")
    dry_run: bool = strawberry.field(
        default=False, description="Only find out what would become of each row; the run and its results are kept."
    )
    note: str | None = strawberry.field(
        default=None, description="What stands in the ledger beside each change, in at most 300 characters."
    )

    def request(self) -> StartBulk:
        """What `start_bulk` is asked."""
        return StartBulk(local_id("upload", self.upload, "upload"), self.mode, self.dry_run, self.note)


@strawberry.input(description="No more rows of a run are to be done.")
class StockBulkCancelInput(Intention):
    """What `stockBulkCancel` is given."""

    bulk_run: strawberry.ID = strawberry.field(description="Which run.")

    def request(self) -> CancelBulk:
        """What `cancel_bulk` is asked."""
        return CancelBulk(local_id("bulk_run", self.bulk_run, "bulkRun"))
