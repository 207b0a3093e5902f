"""Units on hand that cannot be sold: damaged ones, and those in quarantine that wait for a decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.flows.adjust_stock import Shelf, shelf_at
from domain.kernel.actor import Permission
from domain.kernel.quantities import checked_units
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.decisions import check_note
from domain.stock.errors import NotSetAside
from domain.stock.models import AdjustmentReason, MovementCause

FOUND_NOTE = "More was there than the books had."


class SetAsideState(StrEnum):
    """Why units on hand cannot be sold."""

    DAMAGED = "DAMAGED"
    QUARANTINED = "QUARANTINED"

    @property
    def counter(self) -> str:
        """The counter of a level that has them."""
        return self.value.lower()


@dataclass(frozen=True)
class SetAside:
    """Units of a SKU at a location that change their state."""

    sku: str
    location_id: UUID
    quantity: int
    note: str | None = None


async def damage_stock(tx: UnitOfWork, request: SetAside) -> UUID:
    """Units cannot be sold any more; the level's id. Never refused for want of stock: ATP may go below zero."""
    return await _set_aside(tx, request, SetAsideState.DAMAGED, MovementCause.DAMAGED)


async def quarantine_stock(tx: UnitOfWork, request: SetAside) -> UUID:
    """Units wait for a decision; the level's id. Never refused for want of stock: ATP may go below zero."""
    return await _set_aside(tx, request, SetAsideState.QUARANTINED, MovementCause.QUARANTINED)


async def repair_stock(tx: UnitOfWork, request: SetAside) -> UUID:
    """Damaged units can be sold again; the level's id. Raises NotSetAside for more than are damaged."""
    return await _give_back(tx, request, SetAsideState.DAMAGED, MovementCause.REPAIRED)


async def clear_stock(tx: UnitOfWork, request: SetAside) -> UUID:
    """Units in quarantine can be sold again; the level's id. Raises NotSetAside for more than are in quarantine."""
    return await _give_back(tx, request, SetAsideState.QUARANTINED, MovementCause.CLEARED)


@dataclass(frozen=True)
class DisposeStock:
    """Units that cannot be sold leave for good: thrown away, or sent back to where they came from."""

    sku: str
    location_id: UUID
    quantity: int
    state: SetAsideState
    note: str | None = None


async def dispose_stock(tx: UnitOfWork, request: DisposeStock) -> UUID:
    """Damaged or quarantined units are on hand no more; the level's id. Raises NotSetAside for more than there are."""
    shelf = await _shelf(tx, request)
    _check_there(shelf, request, request.state)
    changes: dict[str, Any] = {"on_hand": -request.quantity, request.state.counter: -request.quantity}
    disposed = stock.Movement(shelf.level.id, MovementCause.DISPOSED, note=request.note, **changes)
    await stock.move(tx, [*found(shelf, request.quantity), disposed])
    return shelf.level.id


async def _set_aside(tx: UnitOfWork, request: SetAside, state: SetAsideState, cause: MovementCause) -> UUID:
    shelf = await _shelf(tx, request)
    level = shelf.level
    counter: dict[str, Any] = {state.counter: request.quantity}
    # What is set aside is on hand: where the books have less, they were wrong.
    there = level.damaged + level.quarantined + request.quantity
    await stock.move(tx, [*found(shelf, there), stock.Movement(level.id, cause, note=request.note, **counter)])
    return level.id


async def _give_back(tx: UnitOfWork, request: SetAside, state: SetAsideState, cause: MovementCause) -> UUID:
    shelf = await _shelf(tx, request)
    _check_there(shelf, request, state)
    counter: dict[str, Any] = {state.counter: -request.quantity}
    await stock.move(tx, [stock.Movement(shelf.level.id, cause, note=request.note, **counter)])
    return shelf.level.id


async def _shelf(tx: UnitOfWork, request: SetAside | DisposeStock) -> Shelf:
    tx.actor.require(Permission.ADJUST_STOCK)
    check_note(request.note)
    checked_units(request.quantity, path=("quantity",))
    return await shelf_at(tx, request.sku, request.location_id)


def _check_there(shelf: Shelf, request: SetAside | DisposeStock, state: SetAsideState) -> None:
    there = getattr(shelf.level, state.counter)
    if request.quantity > there:
        raise NotSetAside(request.sku, request.quantity, state, there, path=("quantity",))


def found(shelf: Shelf, units: int) -> Sequence[stock.Movement]:
    """What puts the books right where a fact shows that so many units were on hand; nothing where they have them.

    Not where on hand may be below zero: there somebody reckons with books that come after the facts.
    """
    missing = units - shelf.level.on_hand
    if missing <= 0 or shelf.location.allows_negative_on_hand:
        return ()
    reason = AdjustmentReason.CORRECTION
    return (stock.Movement(shelf.level.id, MovementCause.ADJUSTED, on_hand=missing, reason=reason, note=FOUND_NOTE),)
