"""The query that asks whether stock adds up."""

from typing import Annotated

import strawberry
from graphql import GraphQLError

from domain.flows.check_stock import MOST_LEVELS, CheckStock, check_stock
from domain.kernel.errors import DomainError
from resolvers.context import Context
from schema.consistency import StockConsistency, shown
from schema.inputs.intentions import local_id

Sku = Annotated[str | None, strawberry.argument(description="Only levels of this SKU.")]
Location = Annotated[strawberry.ID | None, strawberry.argument(description="Only levels at this location.")]
After = Annotated[strawberry.ID | None, strawberry.argument(description="Only levels behind this one.")]
Levels = Annotated[int, strawberry.argument(description=f"At most so many levels are checked, up to {MOST_LEVELS:,}.")]


@strawberry.type(description="Whether stock adds up.")
class ConsistencyQuery:
    @strawberry.field(  # type: ignore[untyped-decorator]
        description="Whether stock adds up: of each level every counter is compared with its ledger and with the "
        "documents that hold its units, all of one moment. For staff who may read stock; nothing is written."
    )
    async def stock_consistency(
        self,
        info: strawberry.Info[Context, None],
        sku: Sku = None,
        location: Location = None,
        after: After = None,
        levels: Levels = MOST_LEVELS,
    ) -> StockConsistency:
        try:
            place = local_id("location", location, "location") if location else None
            behind = local_id("stock_level", after, "after") if after else None
            return shown(await check_stock(info.context.actor, CheckStock(sku, place, behind, levels)))
        except DomainError as refusal:
            raise GraphQLError(refusal.message, extensions={"code": _code(refusal)}) from None


def _code(refusal: DomainError) -> str:
    """FORBIDDEN and UNAUTHENTICATED are their own; whatever else is refused is a bad request."""
    return refusal.code if refusal.code in ("FORBIDDEN", "UNAUTHENTICATED") else "BAD_REQUEST"
