"""Queries about what is on sale, and where."""

import strawberry

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
from schema.views import Connection, connection, named


@strawberry.type(description="What is on sale, and where.")
class CatalogQuery:
    products: Connection[Product] = connection(
        PRODUCT_ORDERINGS, where=ProductWhere, order_by=ProductOrdering, doc="Products, by title."
    )
    channels: Connection[Channel] = connection(("code",), doc="Sales channels, by code.")
    product: Product | None = named(
        which_product,
        by=(ProductBy, "Which one."),
        doc="One product; null when it is not there, or not on sale to you.",
    )
    variant: Variant | None = named(
        which_variant, sku=(str, "Its SKU."), doc="One variant; null when it is not there, or not on sale to you."
    )
