"""What suppliers will bring: expected, expected at another time, and expected no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.models import MovementCause, StockLevelRow
from domain.supplies import service as supplies
from domain.supplies.decisions import MOST_LINES
from domain.supplies.events import SupplyCanceled, SupplyClosed, SupplyConfirmed, SupplyRescheduled
from domain.supplies.lifecycle import SupplyAction
from domain.supplies.models import SupplyLineRow, SupplyRow


@dataclass(frozen=True)
class ConfirmSupply:
    """The supplier will bring it."""

    supply_id: UUID


async def confirm_supply(tx: UnitOfWork, request: ConfirmSupply) -> UUID:
    """Expect every unit of it: they stand in the location's incoming from now on; the supply's id."""
    tx.actor.require(Permission.ADJUST_STOCK)
    supply = await supplies.lock(tx, request.supply_id)
    lines = await supplies.lines_of(supply)
    await supplies.step(tx, supply, SupplyAction.CONFIRM)
    await _expect(tx, supply, {line: line.ordered for line in lines}, MovementCause.EXPECTED)
    tx.record(SupplyConfirmed(None, supply.id, sum(line.ordered for line in lines)))
    return supply.id


@dataclass(frozen=True)
class NewTime:
    """When the units of one SKU will arrive."""

    sku: str
    expected_at: datetime


@dataclass(frozen=True)
class RescheduleSupply:
    """It will come at another time: all that is still to come, or the lines that are named."""

    supply_id: UUID
    expected_at: datetime | None = None
    lines: tuple[NewTime, ...] = ()


async def reschedule_supply(tx: UnitOfWork, request: RescheduleSupply) -> UUID:
    """Change when it should arrive; the supply's id. A time for the supply is one for all its lines but those named."""
    tx.actor.require(Permission.ADJUST_STOCK)
    if request.expected_at is None and not request.lines:
        raise InvalidInput("Say when it will come: all of it, or which lines.", path=("expectedAt",))
    if len(request.lines) > MOST_LINES:
        raise InvalidInput(f"Name at most {MOST_LINES} lines.", path=("lines",))
    supply = await supplies.lock(tx, request.supply_id)
    await supplies.step(tx, supply, SupplyAction.RESCHEDULE)
    known = {line.sku for line in await supplies.lines_of(supply)}
    for n, each in enumerate(request.lines):
        if each.sku not in known:
            raise NotFound("supply line", each.sku[:64], path=("lines", str(n), "sku"))
        if each.sku in [earlier.sku for earlier in request.lines[:n]]:
            raise InvalidInput(f"Give one time for {each.sku}.", path=("lines", str(n), "sku"))
    if request.expected_at is not None:
        await SupplyRow.filter(id=supply.id).update(expected_at=request.expected_at)
        await SupplyLineRow.filter(supply_id=supply.id).update(expected_at=request.expected_at)
    for each in request.lines:
        await SupplyLineRow.filter(supply_id=supply.id, sku=each.sku).update(expected_at=each.expected_at)
    tx.record(SupplyRescheduled(None, supply.id))
    return supply.id


@dataclass(frozen=True)
class CloseSupply:
    """What has not arrived will not."""

    supply_id: UUID


async def close_supply(tx: UnitOfWork, request: CloseSupply) -> UUID:
    """Expect nothing of it any more; the supply's id. What arrived stays."""
    return await _expect_no_more(tx, request.supply_id, SupplyAction.CLOSE, SupplyClosed)


@dataclass(frozen=True)
class CancelSupply:
    """It will not come."""

    supply_id: UUID


async def cancel_supply(tx: UnitOfWork, request: CancelSupply) -> UUID:
    """Call the supply off, of which nothing has arrived; its id."""
    return await _expect_no_more(tx, request.supply_id, SupplyAction.CANCEL, SupplyCanceled)


async def _expect_no_more(
    tx: UnitOfWork, supply_id: UUID, action: SupplyAction, fact: type[SupplyClosed | SupplyCanceled]
) -> UUID:
    tx.actor.require(Permission.ADJUST_STOCK)
    supply = await supplies.lock(tx, supply_id)
    left = {line: -line.expected for line in await supplies.lines_of(supply) if line.expected}
    await supplies.step(tx, supply, action)
    await _expect(tx, supply, left, MovementCause.NO_LONGER_EXPECTED)
    tx.record(fact(None, supply.id, -sum(left.values())))
    return supply.id


async def _expect(tx: UnitOfWork, supply: SupplyRow, units: Mapping[SupplyLineRow, int], cause: MovementCause) -> None:
    """Expect so many more units of each line, or, negative, fewer: on the line, and in its level's incoming."""
    if not units:
        return
    levels = await levels_of(tx, list(units))
    await add_all(SupplyLineRow, {line.id: {"expected": count} for line, count in units.items()})
    movements = [
        stock.Movement(levels[line.id].id, cause, incoming=count, subject_id=supply.id) for line, count in units.items()
    ]
    await stock.move(tx, movements)


async def levels_of(tx: UnitOfWork, lines: Sequence[SupplyLineRow]) -> dict[UUID, StockLevelRow]:
    """The locked level of each line, by the line's id; made, with nothing on it, where there was none."""
    levels = await stock.levels_at(tx, {(line.variant_id, line.location_id): line.sku for line in lines})
    return {line.id: levels[line.variant_id, line.location_id] for line in lines}
