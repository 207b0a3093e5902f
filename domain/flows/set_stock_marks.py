"""The marks of a level: what is never promised of it, and from where on it is low."""

from dataclasses import dataclass
from uuid import UUID

from domain.flows.adjust_stock import shelf_at
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.quantities import MOST_UNITS
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.decisions import check_note
from domain.stock.models import MovementCause


@dataclass(frozen=True)
class SetSafetyStock:
    """So many units of a SKU at a location are never promised."""

    sku: str
    location_id: UUID
    units: int
    note: str | None = None


async def set_safety_stock(tx: UnitOfWork, request: SetSafetyStock) -> UUID:
    """Keep so many units back; the level's id. Promises that were made stay: ATP may go below zero."""
    tx.actor.require(Permission.ADJUST_STOCK)
    check_note(request.note)
    _check_units(request.units)
    level = (await shelf_at(tx, request.sku, request.location_id)).level
    if change := request.units - level.safety_stock:
        movement = stock.Movement(level.id, MovementCause.SAFETY_STOCK_SET, safety_stock=change, note=request.note)
        await stock.move(tx, [movement])
    return level.id


@dataclass(frozen=True)
class SetLowMark:
    """So many available units of a SKU at a location, or fewer, are low; None where nobody wants to be told."""

    sku: str
    location_id: UUID
    units: int | None


async def set_low_mark(tx: UnitOfWork, request: SetLowMark) -> UUID:
    """Tell from now on when what is available falls to the mark, or below it; the level's id."""
    tx.actor.require(Permission.ADJUST_STOCK)
    if request.units is not None:
        _check_units(request.units)
    level = (await shelf_at(tx, request.sku, request.location_id)).level
    level.low_stock_at = request.units
    await level.save(update_fields=["low_stock_at"])
    return level.id


def _check_units(units: int) -> None:
    if not 0 <= units <= MOST_UNITS:
        raise InvalidInput(f"A mark is 0 to {MOST_UNITS:,} units.", path=("units",))
