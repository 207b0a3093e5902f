"""Assemblies as the API shows them: kits that are made to stock, and what they are made of."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from tortoise.expressions import Q

from domain.assemblies.lifecycle import ASSEMBLY, AssemblyFacts, AssemblyStatus
from domain.assemblies.models import AssemblyLineRow, AssemblyRow
from domain.assemblies.queries import visible_assemblies
from domain.kernel.actor import Scope
from schema.actions import AvailableAction, actions, shown
from schema.locations import Location
from schema.references import key_is
from schema.stock import StockMovement, StockMovementOrdering, StockMovementWhere
from schema.views import (
    Connection,
    EnumFilter,
    IdFilter,
    Node,
    TextFilter,
    TimeFilter,
    connection,
    many,
    on,
    one,
    order_of,
    view_of,
    where_of,
)

if TYPE_CHECKING:
    from schema.catalog import Variant


def of_assembly(scope: Scope, status: AssemblyStatus) -> list[AvailableAction]:
    """What can be done with an assembly."""
    return shown(ASSEMBLY.available(scope, status, AssemblyFacts()))


@where_of(AssemblyRow)
class AssemblyWhere:
    """Which assemblies."""

    status: EnumFilter[AssemblyStatus]
    number: TextFilter
    location: IdFilter = on("location_id", prefix="location", doc="At which location.")
    variant: IdFilter = on("variant_id", prefix="variant", doc="Of which kit.")
    created_at: TimeFilter


AssemblyOrdering = order_of(AssemblyRow, "AssemblyOrdering", "created_at")
ASSEMBLY_ORDERINGS = ("-created_at",)


@view_of(AssemblyRow, visible=visible_assemblies)
class Assembly(Node):
    """Kits that one location makes to stock out of their components."""

    number: str
    sku: str
    status: AssemblyStatus
    available_actions: list[AvailableAction] = actions(of_assembly, "status")
    quantity: int
    made: int
    note: str | None
    created_by: str
    created_at: datetime
    released_at: datetime | None
    ended_at: datetime | None
    variant: Annotated[Variant, strawberry.lazy("schema.catalog")] | None = one(by="variant", doc="The kit.")
    location: Location | None = one(by="location", doc="Where it is made.")
    lines: list[AssemblyLine] = many(by="assembly", order_by=("sku", "id"), doc="What the kits are made of.")
    movements: Connection[StockMovement] = connection(
        ("-occurred_at",),
        by="subject_id",
        where=StockMovementWhere,
        order_by=StockMovementOrdering,
        doc="What it did to stock: its lines of the ledger.",
    )


@view_of(AssemblyLineRow, visible=visible_assemblies)
class AssemblyLine(Node):
    """Units of one component that an assembly needs."""

    sku: str
    units_per_kit: int
    allocated: int
    used: int
    variant: Annotated[Variant, strawberry.lazy("schema.catalog")] | None = one(by="variant", doc="The component.")


def which_assembly(_scope: Scope, id: strawberry.ID) -> Q:
    """The condition that names it. Raises BAD_REQUEST for what is no id of an assembly."""
    return key_is("assembly", id)
