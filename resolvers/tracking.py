"""The query behind a tracking link."""

import strawberry

from resolvers.context import Context
from schema.tracking import Tracking


@strawberry.type(description="What a tracking link opens.")
class TrackingQuery:
    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The order of your tracking link; null for whoever asks without one."
    )
    async def tracking(self, info: strawberry.Info[Context, None]) -> Tracking | None:
        order_id = info.context.actor.scope.order_id
        return None if order_id is None else await info.context.reader.load(Tracking, order_id)
