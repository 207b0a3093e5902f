"""Queries about what is on sale, and where."""

from typing import Annotated

import strawberry

from resolvers.context import Context
from schema.catalog import (
    PRODUCT_ORDERINGS,
    Product,
    ProductBy,
    ProductOrdering,
    ProductWhere,
    Variant,
    which_product,
    which_variant,
)
from schema.channels import Channel
from schema.views import Connection, connection


@strawberry.type(description="What is on sale, and where.")
class CatalogQuery:
    products: Connection[Product] = connection(
        PRODUCT_ORDERINGS, where=ProductWhere, order_by=ProductOrdering, doc="Products, by title."
    )
    channels: Connection[Channel] = connection(("code",), doc="Sales channels, by code.")

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="One product; null when it is not there, or not on sale to you."
    )
    async def product(
        self,
        info: strawberry.Info[Context, None],
        by: Annotated[ProductBy, strawberry.argument(description="Which one.")],
    ) -> Product | None:
        return await info.context.reader.one(Product, which_product(by))

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="One variant; null when it is not there, or not on sale to you."
    )
    async def variant(
        self, info: strawberry.Info[Context, None], sku: Annotated[str, strawberry.argument(description="Its SKU.")]
    ) -> Variant | None:
        return await info.context.reader.one(Variant, which_variant(sku))
