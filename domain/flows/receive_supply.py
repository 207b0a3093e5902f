"""Goods that a supplier brought: booked in as they are, fewer or more than were expected, sound or damaged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.catalog.models import Traceability, VariantRow
from domain.flows.expect_supply import levels_of
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput, NotFound, Path
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.decisions import check_note
from domain.stock.models import MovementCause, StockLevelRow
from domain.supplies import service as supplies
from domain.supplies.decisions import (
    LONGEST_LOT,
    LONGEST_SERIAL_NUMBER,
    MOST_LINES,
    arrived,
    checked_count,
    checked_units,
)
from domain.supplies.events import SupplyClosed, SupplyReceived
from domain.supplies.lifecycle import SupplyAction
from domain.supplies.models import SupplyLineRow, SupplyRow


@dataclass(frozen=True)
class ArrivedLot:
    """Units of a line that were made together."""

    number: str
    quantity: int
    expires_on: date | None = None


@dataclass(frozen=True)
class ArrivedLine:
    """Units of one SKU that arrived, the damaged among them; which lots they are of, or what they are called."""

    sku: str
    quantity: int
    damaged: int = 0
    lots: tuple[ArrivedLot, ...] = ()
    serial_numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReceiveSupply:
    """Units of a supply arrived at its location."""

    supply_id: UUID
    lines: tuple[ArrivedLine, ...]
    note: str | None = None


async def receive_supply(tx: UnitOfWork, request: ReceiveSupply) -> UUID:
    """Book in what arrived, though it be more than was ordered; the supply's id.

    Incoming falls by what was still expected of it. Nothing more being expected, the supply is received.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    check_note(request.note)
    checked_count(len(request.lines))
    supply = await supplies.lock(tx, request.supply_id)
    lines = {line.sku: line for line in await supplies.lines_of(supply)}
    came = _checked(request, lines)
    await _check_names_fit(came)
    await supplies.step(tx, supply, SupplyAction.RECEIVE)
    expected = sum(line.expected for line in lines.values())
    expected -= await _take_in(tx, supply, came, request.note)
    units = sum(each.quantity for each in came.values())
    tx.record(SupplyReceived(None, supply.id, units, sum(each.damaged for each in came.values())))
    if await supplies.close_when_done(tx, supply, expected):
        tx.record(SupplyClosed(None, supply.id, 0))
    return supply.id


def _checked(request: ReceiveSupply, lines: Mapping[str, SupplyLineRow]) -> dict[SupplyLineRow, ArrivedLine]:
    """What arrived, by line. Raises NotFound for what the supply has no line of, InvalidInput for what cannot be."""
    found: dict[SupplyLineRow, ArrivedLine] = {}
    for n, each in enumerate(request.lines):
        path = ("lines", str(n))
        line = lines.get(each.sku)
        if line is None:
            raise NotFound("supply line", each.sku[:64], path=(*path, "sku"))
        if line in found:
            raise InvalidInput(f"Give one line for {each.sku}.", path=(*path, "sku"))
        checked_units(each.quantity, path=(*path, "quantity"))
        if not 0 <= each.damaged <= each.quantity:
            raise InvalidInput(f"Of {each.quantity} units 0 to {each.quantity} are damaged.", path=(*path, "damaged"))
        _check_names(each, path)
        found[line] = each
    return found


def _check_names(each: ArrivedLine, path: Path) -> None:
    """Lots and serial numbers cover no more units than came; the others came without a name."""
    if len(each.lots) > MOST_LINES:
        raise InvalidInput(f"Name at most {MOST_LINES} lots.", path=(*path, "lots"))
    for m, lot in enumerate(each.lots):
        checked_units(lot.quantity, path=(*path, "lots", str(m), "quantity"))
        if not 1 <= len(lot.number.strip()) <= len(lot.number) <= LONGEST_LOT:
            field = (*path, "lots", str(m), "number")
            raise InvalidInput(f"A lot's number has 1 to {LONGEST_LOT} characters.", path=field)
    if sum(lot.quantity for lot in each.lots) > each.quantity:
        raise InvalidInput(f"The lots have more units than the {each.quantity} that came.", path=(*path, "lots"))
    if len(each.serial_numbers) > each.quantity:
        raise InvalidInput(f"{each.quantity} units have no more serial numbers.", path=(*path, "serialNumbers"))
    for m, number in enumerate(each.serial_numbers):
        if not 1 <= len(number.strip()) <= len(number) <= LONGEST_SERIAL_NUMBER:
            field = (*path, "serialNumbers", str(m))
            raise InvalidInput(f"A serial number has 1 to {LONGEST_SERIAL_NUMBER} characters.", path=field)


async def _check_names_fit(came: Mapping[SupplyLineRow, ArrivedLine]) -> None:
    """Raises InvalidInput for a lot, or a serial number, of a SKU whose units are not told apart so."""
    named = {line.variant_id for line, each in came.items() if each.lots or each.serial_numbers}
    rows = await VariantRow.filter(id__in=named) if named else []
    told_apart = {row.id: row.traceability for row in rows}
    for n, (line, each) in enumerate(came.items()):
        path = ("lines", str(n))
        if each.lots and told_apart[line.variant_id] != Traceability.LOT:
            raise InvalidInput(f"Units of {line.sku} are not told apart by lot.", path=(*path, "lots"))
        if each.serial_numbers and told_apart[line.variant_id] != Traceability.SERIAL:
            raise InvalidInput(f"Units of {line.sku} have no serial numbers.", path=(*path, "serialNumbers"))


async def _take_in(
    tx: UnitOfWork, supply: SupplyRow, came: Mapping[SupplyLineRow, ArrivedLine], note: str | None
) -> int:
    """Put what arrived on the shelves; how many of the units that were expected came."""
    levels = await levels_of(tx, list(came))
    fulfilled = {line: arrived(line.expected, each.quantity) for line, each in came.items()}
    await add_all(
        SupplyLineRow,
        {line.id: {"expected": -fulfilled[line], "received": each.quantity} for line, each in came.items()},
    )
    movements = [
        movement
        for line, each in came.items()
        for movement in _movements(levels[line.id], each, supply, fulfilled[line], note)
    ]
    await stock.move(tx, movements)
    return sum(fulfilled.values())


def _movements(
    level: StockLevelRow, each: ArrivedLine, supply: SupplyRow, fulfilled: int, note: str | None
) -> list[stock.Movement]:
    """What the arrival of a line moves on its level."""
    return [
        stock.Movement(
            level.id,
            MovementCause.RECEIVED,
            on_hand=each.quantity,
            damaged=each.damaged,
            incoming=-fulfilled,
            subject_id=supply.id,
            note=note,
        )
    ]
