"""Who asks, as the API shows them."""

import strawberry

from domain.kernel.actor import ActorKind, Permission
from schema.customers import Customer


@strawberry.type(description="Whoever asks: you.")
class Viewer:
    actor: str = strawberry.field(description="Your stable name, such as `staff:sam`.")
    kind: ActorKind = strawberry.field(description="What sort of party you are.")
    permissions: list[Permission] = strawberry.field(
        description="What you may do at all; which things you may do it to is another question."
    )
    customer: Customer | None = strawberry.field(description="The customer that you are; null for everyone else.")
