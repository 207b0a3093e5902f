"""Writes to supplies: their locks, their lines, and how far they are."""

from uuid import UUID

from domain.kernel.errors import NotFound
from domain.kernel.unit_of_work import UnitOfWork
from domain.supplies.lifecycle import SUPPLY, SupplyAction, SupplyFacts, SupplyStatus
from domain.supplies.models import SupplyLineRow, SupplyRow
from domain.supplies.queries import visible_supplies


async def lock(tx: UnitOfWork, supply_id: UUID) -> SupplyRow:
    """The supply, locked until the commit. Raises NotFound when there is none, or the actor may not see it."""
    found = SupplyRow.filter(visible_supplies(tx.actor.scope), id=supply_id).select_for_update()
    supply = await found.get_or_none()
    if supply is None:
        raise NotFound("supply", f"supply_{supply_id.hex}")
    return supply


async def lines_of(supply: SupplyRow) -> list[SupplyLineRow]:
    """Its lines, in the order of their keys; the supply is locked, so nobody else changes them."""
    return await SupplyLineRow.filter(supply_id=supply.id).order_by("id")


async def step(tx: UnitOfWork, supply: SupplyRow, action: SupplyAction, *, expected: int = 0) -> None:
    """Take the locked supply a step on, `expected` units being still expected. Raises IllegalTransition."""
    supply.status = SUPPLY.step(action, supply.status, SupplyFacts(expected))
    if action is SupplyAction.CONFIRM:
        supply.confirmed_at = tx.now
    if supply.status in (SupplyStatus.RECEIVED, SupplyStatus.CANCELED) and supply.ended_at is None:
        supply.ended_at = tx.now
    await supply.save(update_fields=["status", "confirmed_at", "ended_at"])


async def close_when_done(tx: UnitOfWork, supply: SupplyRow, expected: int) -> bool:
    """Whether the last unit that was expected has just arrived: the supply is received then."""
    is_done = expected == 0 and supply.status is not SupplyStatus.RECEIVED
    if is_done:
        await step(tx, supply, SupplyAction.CLOSE)
    return is_done
