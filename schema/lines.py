"""What an order consists of: lines, what they need, charges and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.orders.models import (
    AddressKind,
    ChargeKind,
    ChargeRow,
    OrderAddressRow,
    OrderLineRow,
    RequirementRow,
)
from domain.orders.queries import visible_parts
from schema.views import Money, Node, many, money, one, view_of

if TYPE_CHECKING:
    from schema.backorders import Backorder
    from schema.catalog import Variant
    from schema.orders import Order


@view_of(OrderLineRow, visible=visible_parts)
class OrderLine(Node):
    """What was bought, at which price: as it was when it was sold, whatever the catalog says now."""

    position: int
    sku: str
    title: str
    quantity: int
    unit_price: Money = money("unit_price_minor")
    discount: Money = money("discount_minor")
    net: Money = money("net_minor")
    tax: Money = money("tax_minor")
    gross: Money = money("gross_minor")
    variant: Annotated[Variant, strawberry.lazy("schema.catalog")] | None = one(
        by="variant", doc="The variant as it is now; null where it is not on sale to you, or only history knows it."
    )
    requirements: list[Requirement] = many(
        by="line", order_by=("sku", "id"), doc="What it needs, and how far those units are; several for a bundle."
    )
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = one(by="order", doc="The order it belongs to.")


@view_of(RequirementRow, visible=visible_parts)
class Requirement(Node):
    """The units of a SKU that a line needs, and how far they are.

    Each unit stands in exactly one counter: required = canceled + unallocated + waiting + allocated + picked + packed
    + shipped. Delivered, lost and returned units are parts of the shipped ones.
    """

    sku: str
    units_per_item: int
    is_stocked: bool
    required: int
    canceled: int
    unallocated: int
    waiting: int
    allocated: int
    picked: int
    packed: int
    shipped: int
    delivered: int
    lost: int
    returned: int
    gross: Money = money("gross_minor")
    released: Money = money("released_minor")
    variant: Annotated[Variant, strawberry.lazy("schema.catalog")] | None = one(
        by="variant", doc="The variant as it is now; null where it is not on sale to you, or only history knows it."
    )
    backorders: list[Annotated[Backorder, strawberry.lazy("schema.backorders")]] = many(
        by="requirement",
        order_by=("promised_at", "id"),
        doc="Where units of it wait for stock, and when they are promised.",
    )
    line: OrderLine | None = one(by="line", doc="The line that needs it.")


@view_of(ChargeRow, visible=visible_parts)
class Charge(Node):
    """What is owed besides the items: shipping, fees, adjustments. It is not spread into items."""

    position: int
    kind: ChargeKind
    title: str
    net: Money = money("net_minor")
    tax: Money = money("tax_minor")
    gross: Money = money("gross_minor")


@view_of(OrderAddressRow, visible=visible_parts)
class OrderAddress(Node):
    """Where an order goes, or who is billed."""

    kind: AddressKind
    name: str
    company: str | None
    street: str
    street_extra: str | None
    postal_code: str
    city: str
    region: str | None
    country_code: str
    phone: str | None
