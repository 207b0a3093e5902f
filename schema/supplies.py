"""Supplies as the API shows them: what suppliers will bring, when, and at what cost."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from tortoise.expressions import Q

from domain.kernel.actor import Scope
from domain.supplies.lifecycle import SUPPLY, SupplyFacts, SupplyStatus
from domain.supplies.models import SupplyKind, SupplyLineRow, SupplyRow
from domain.supplies.queries import visible_supplies
from schema.actions import AvailableAction, actions, shown
from schema.locations import Location
from schema.references import key_is
from schema.views import (
    EnumFilter,
    IdFilter,
    Money,
    Node,
    TextFilter,
    TimeFilter,
    many,
    money,
    on,
    one,
    order_of,
    view_of,
    where_of,
)

if TYPE_CHECKING:
    from schema.catalog import Variant


@where_of(SupplyRow)
class SupplyWhere:
    """Which supplies."""

    number: TextFilter
    kind: EnumFilter[SupplyKind]
    status: EnumFilter[SupplyStatus]
    external_reference: TextFilter
    created_at: TimeFilter
    location: IdFilter = on("location_id", prefix="location", doc="To which location.")


SupplyOrdering = order_of(SupplyRow, "SupplyOrdering", "created_at")
SUPPLY_ORDERINGS = ("-created_at",)


def of_supply(scope: Scope, status: SupplyStatus) -> list[AvailableAction]:
    """What can be done with a supply."""
    # Closing says of what is still expected that it will not come: it never stands in its way.
    return shown(SUPPLY.available(scope, status, SupplyFacts(units_expected=0)))


@view_of(SupplyRow, visible=visible_supplies)
class Supply(Node):
    """What a supplier will bring to one location: a purchase order, or an advance shipping notice (ASN)."""

    number: str
    kind: SupplyKind
    supplier: str
    external_reference: str | None
    status: SupplyStatus
    available_actions: list[AvailableAction] = actions(of_supply, "status")
    currency: str
    expected_at: datetime | None
    created_by: str
    created_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    location: Location | None = one(by="location", doc="Where it comes to.")
    lines: list[SupplyLine] = many(by="supply", order_by=("sku",), doc="What comes, by SKU; at most 100.")


@view_of(SupplyLineRow, visible=visible_supplies)
class SupplyLine(Node):
    """Units of one SKU that a supplier will bring."""

    sku: str
    ordered: int
    expected: int
    received: int
    unit_cost: Money | None = money("unit_cost_minor", doc="What one unit costs us; null when nobody said.")
    expected_at: datetime | None
    variant: Annotated[Variant, strawberry.lazy("schema.catalog")] | None = one(by="variant", doc="What comes.")
    supply: Supply | None = one(by="supply", doc="The supply that it is part of.")


def which_supply(_scope: Scope, id: strawberry.ID) -> Q:
    """The condition that names it. Raises BAD_REQUEST for what is no id of a supply."""
    return key_is("supply", id)
