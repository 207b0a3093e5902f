"""Queries about what suppliers bring, and about what can be promised."""

from typing import Annotated

import strawberry
from graphql import GraphQLError

from domain.flows.availability import what_is_available
from domain.kernel.actor import Permission
from domain.kernel.errors import DomainError
from resolvers.context import Context
from schema.availability import MOST_SKUS, MOST_TOLD, Availability, availability_of
from schema.supplies import SUPPLY_ORDERINGS, Supply, SupplyOrdering, SupplyWhere, which_supply
from schema.views import Connection, bad_request, connection, limit_exceeded, named
from schema.views.refusals import storable


@strawberry.type(description="What suppliers bring, and what can be promised.")
class SupplyQuery:
    supplies: Connection[Supply] = connection(
        SUPPLY_ORDERINGS, where=SupplyWhere, order_by=SupplyOrdering, doc="Supplies, the newest first; for staff."
    )
    supply: Supply | None = named(
        which_supply,
        id=(strawberry.ID, "Its global id."),
        doc="One supply; null when it is not there, or not for you to see.",
    )

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="What a channel can promise (network ATP): the units of the active locations that it sees, less its"
        " buffers, never below 0 at any location. Answers in the order of the SKUs; one that is not there, or not on"
        " sale to you, is left out. Null when there is no such channel. Customers may ask, and are told of at most"
        f" {MOST_TOLD} units and of no location; staff who may read stock are told everything."
    )
    async def availability(
        self,
        info: strawberry.Info[Context, None],
        channel: Annotated[str, strawberry.argument(description="The channel's code, such as `web-de`.")],
        skus: Annotated[list[str], strawberry.argument(description=f"Of which SKUs, at most {MOST_SKUS}.")],
    ) -> list[Availability] | None:
        scope = info.context.actor.scope
        tells_all = scope.sees_everything and scope.may(Permission.READ_STOCK)
        _check(channel, skus)
        try:
            found = await what_is_available(info.context.actor, channel, skus)
        except DomainError as refusal:
            raise GraphQLError(refusal.message, extensions={"code": refusal.code}) from None
        return None if found is None else [availability_of(each, tells_all=tells_all) for each in found]


def _check(channel: str, skus: list[str]) -> None:
    if len(skus) > MOST_SKUS:
        raise limit_exceeded(f"Ask for at most {MOST_SKUS} SKUs at once, not {len(skus)}.")
    try:
        for text in (channel, *skus):
            storable(text)
    except ValueError:
        raise bad_request("The text has a character that no stored text can have.") from None
