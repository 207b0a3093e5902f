"""Queries about whoever asks, and about anything by its id."""

import strawberry

from resolvers.context import Context
from schema.customers import Customer
from schema.viewer import Viewer
from schema.views import Node, lookup


@strawberry.type(description="Who asks, and anything by its id.")
class ViewerQuery:
    node: Node | None = lookup(doc="Anything by its global id; null when it is not there, or not for you to see.")

    @strawberry.field(description="Who asks: you.")  # type: ignore[untyped-decorator]
    async def viewer(self, info: strawberry.Info[Context, None]) -> Viewer:
        actor, scope = info.context.actor, info.context.actor.scope
        customer = await info.context.reader.load(Customer, scope.customer_id) if scope.customer_id else None
        return Viewer(
            actor=actor.principal, kind=scope.actor_kind, permissions=sorted(scope.permissions), customer=customer
        )
