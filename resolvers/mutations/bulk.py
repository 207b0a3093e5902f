"""Verbs about bulk runs."""

from typing import Annotated

import strawberry

from domain.flows.bulk_stock import cancel_bulk, start_bulk
from resolvers.mutations.deed import ASKED, Info, done
from schema.bulk import BulkRun
from schema.inputs.bulk import StockBulkCancelInput, StockBulkStartInput
from schema.payloads import StockBulkCancelPayload, StockBulkStartPayload


@strawberry.type
class BulkMutations:
    """Verbs about bulk runs."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Set or adjust the stock levels that an uploaded file names, up to 50,000, as a job: watch it with "
        "`bulkRunChanged`, and read what became of each row in `results`."
    )
    async def stock_bulk_start(self, info: Info, input: Annotated[StockBulkStartInput, ASKED]) -> StockBulkStartPayload:
        return await done(info, start_bulk, input, StockBulkStartPayload, bulk_run=BulkRun)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Do no more rows of a bulk run. Rows that were done stay done."
    )
    async def stock_bulk_cancel(
        self, info: Info, input: Annotated[StockBulkCancelInput, ASKED]
    ) -> StockBulkCancelPayload:
        return await done(info, cancel_bulk, input, StockBulkCancelPayload, bulk_run=BulkRun)
