"""Verbs about what a shop is made of."""

from typing import Annotated

import strawberry

from domain.flows.keep_catalog import create_channel, create_location, create_product
from resolvers.mutations.deed import ASKED, Info, done
from schema.catalog import Product
from schema.channels import Channel
from schema.inputs.catalog import ChannelCreateInput, LocationCreateInput, ProductCreateInput
from schema.locations import Location
from schema.payloads import ChannelCreatePayload, LocationCreatePayload, ProductCreatePayload


@strawberry.type
class CatalogMutations:
    """Verbs about what a shop is made of."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Enter a product with its variants and prices."
    )
    async def product_create(self, info: Info, input: Annotated[ProductCreateInput, ASKED]) -> ProductCreatePayload:
        return await done(info, create_product, input, ProductCreatePayload, product=Product)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Open a sales channel."
    )
    async def channel_create(self, info: Info, input: Annotated[ChannelCreateInput, ASKED]) -> ChannelCreatePayload:
        return await done(info, create_channel, input, ChannelCreatePayload, channel=Channel)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Open a location that holds and ships stock."
    )
    async def location_create(self, info: Info, input: Annotated[LocationCreateInput, ASKED]) -> LocationCreatePayload:
        return await done(info, create_location, input, LocationCreatePayload, location=Location)
