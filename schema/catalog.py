"""The catalog as the API shows it: products, their variants, and what these cost."""

from __future__ import annotations

from datetime import datetime

import strawberry
from tortoise.expressions import Q

from domain.catalog.models import (
    BackorderPolicy,
    ComponentRow,
    Composition,
    PriceRow,
    ProductRow,
    SubstituteRow,
    Traceability,
    VariantKind,
    VariantRow,
)
from domain.catalog.queries import (
    visible_components,
    visible_prices,
    visible_products,
    visible_substitutes,
    visible_variants,
)
from domain.kernel.actor import Scope
from schema.channels import Channel
from schema.references import key_is, text_is
from schema.stock import STOCK_ORDERINGS, StockLevel, StockLevelOrdering, StockLevelWhere
from schema.views import (
    BoolFilter,
    Connection,
    Money,
    Node,
    TextFilter,
    TimeFilter,
    connection,
    many,
    money,
    one,
    order_of,
    view_of,
    where_of,
)


@where_of(ProductRow)
class ProductWhere:
    """Which products."""

    handle: TextFilter
    title: TextFilter
    is_active: BoolFilter
    created_at: TimeFilter


ProductOrdering = order_of(ProductRow, "ProductOrdering", "title", "created_at")
PRODUCT_ORDERINGS = ("title", "created_at")


@view_of(ProductRow, visible=visible_products)
class Product(Node):
    """Something on sale, in one or more variants."""

    handle: str
    title: str
    description: str
    is_active: bool
    created_at: datetime
    variants: list[Variant] = many(by="product", order_by=("sku",), doc="The sellable units, by SKU.")


@view_of(VariantRow, visible=visible_variants)
class Variant(Node):
    """The sellable unit, named by its SKU."""

    sku: str
    title: str
    kind: VariantKind
    is_stock_tracked: bool
    is_active: bool
    composition: Composition
    backorder_policy: BackorderPolicy
    backorder_limit: int | None
    available_from: datetime | None
    traceability: Traceability
    is_first_expired_first_out: bool
    unit_of_measure: str
    weight_grams: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    product: Product | None = one(by="product", doc="What it is a variant of.")
    prices: list[Price] = many(by="variant", order_by=("channel_id",), doc="What one unit costs, per channel.")
    components: list[Component] = many(
        by="whole", order_by=("position", "id"), doc="What a unit of it consists of: of a bundle or a kit."
    )
    substitutes: list[Substitute] = many(
        by="variant", order_by=("position", "id"), doc="What may be sent in its place; the first is tried first."
    )
    stock: Connection[StockLevel] = connection(
        STOCK_ORDERINGS,
        by="variant",
        where=StockLevelWhere,
        order_by=StockLevelOrdering,
        doc="How many units each location has; for staff.",
    )


@view_of(ComponentRow, visible=visible_components)
class Component(Node):
    """A part of a bundle or a kit: so many units of it are in one unit of the whole."""

    position: int
    units: int
    part: Variant | None = one(by="part", doc="What it is; null where it is not on sale to you.")
    whole: Variant | None = one(by="whole", doc="The bundle or kit.")


@view_of(SubstituteRow, visible=visible_substitutes)
class Substitute(Node):
    """Another variant that may be sent in a variant's place, where the buyer accepts one."""

    position: int
    substitute: Variant | None = one(by="substitute", doc="What may be sent; null where it is not on sale to you.")
    variant: Variant | None = one(by="variant", doc="What was bought.")


@view_of(PriceRow, visible=visible_prices)
class Price(Node):
    """What one unit costs in one channel, tax included."""

    amount: Money = money("amount_minor", doc="For one unit, tax included.")
    channel: Channel | None = one(by="channel", doc="Where it is sold.")


@strawberry.input(one_of=True, description="Which product: exactly one of these.")
class ProductBy:
    id: strawberry.ID | None = strawberry.field(description="Its global id.", default=strawberry.UNSET)
    handle: str | None = strawberry.field(description="Its short name in addresses.", default=strawberry.UNSET)


def which_product(_scope: Scope, by: ProductBy) -> Q:
    """The condition that names it. Raises BAD_REQUEST for what can name no product."""
    if isinstance(by.id, str):
        return key_is("product", by.id)
    assert isinstance(by.handle, str), "Strawberry refuses whoever gives none, or two"
    return text_is("handle", by.handle)


def which_variant(_scope: Scope, sku: str) -> Q:
    """The condition that names it. Raises BAD_REQUEST for what can be no SKU."""
    return text_is("sku", sku)
