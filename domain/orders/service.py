"""Writes to orders: numbers, locks, and the units of requirements."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any
from uuid import UUID

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from domain.kernel.errors import NotFound, StaleRevision
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders.decisions import Units
from domain.orders.models import HoldRow, OrderRow, RequirementRow
from domain.orders.queries import visible_orders


async def lock(tx: UnitOfWork, order_id: UUID, *, expected_revision: int | None = None) -> OrderRow:
    """The order, locked until the commit.

    Raises NotFound when there is none or the actor may not see it, StaleRevision when it was edited since it was read.
    """
    found = OrderRow.filter(visible_orders(tx.actor.scope), id=order_id).select_for_update()
    # What this transaction has settled about it already is not in the database yet.
    order: OrderRow | None = tx.heads.get(order_id) or await found.get_or_none()
    if order is None:
        raise NotFound("order", f"order_{order_id.hex}")
    if expected_revision is not None and expected_revision != order.revision:
        raise StaleRevision(expected_revision, order.revision)
    return order


async def lock_of(tx: UnitOfWork, part: QuerySet[Any]) -> OrderRow | None:
    """The order that the one part belongs to, locked until the commit; None when there is none in sight."""
    whose = OrderRow.filter(visible_orders(tx.actor.scope), id=Subquery(part.values("order_id")))
    order = await whose.select_for_update().get_or_none()
    return tx.heads.get(order.id, order) if order else None


async def is_on_hold(order_id: UUID) -> bool:
    """Whether any hold on it is open."""
    return await HoldRow.filter(order_id=order_id, released_at__isnull=True).exists()


async def requirements_of(order_id: UUID) -> list[RequirementRow]:
    """Its requirements, in the order of their keys; the order is locked, so nobody else changes them."""
    return await RequirementRow.filter(order_id=order_id).order_by("id")


_COUNTED = attrgetter(*(each.name for each in fields(Units)))
_NONE = (0,) * len(fields(Units))


def units_of(requirements: Sequence[RequirementRow]) -> Units:
    """Its requirements, added up."""
    return Units(*map(sum, zip(_NONE, *map(_COUNTED, requirements), strict=True)))


async def shift(units: Mapping[UUID, int], source: str, target: str) -> None:
    """Move units of requirements from one counter to another; the quantity identity holds on either side."""
    await add_all(RequirementRow, {each: {source: -count, target: count} for each, count in units.items()})
