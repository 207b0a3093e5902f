"""Goods that a supplier brought: booked in as they are, fewer or more than were expected, sound or damaged."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.catalog.models import Traceability, VariantRow
from domain.flows.expect_supply import levels_of
from domain.flows.serial_numbers import check_numbered, receive_serial_numbers
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.quantities import checked_units
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.decisions import LotUnits, check_lots, check_note
from domain.stock.models import MovementCause
from domain.supplies import service as supplies
from domain.supplies.decisions import arrived, checked_count
from domain.supplies.events import SupplyClosed, SupplyReceived
from domain.supplies.lifecycle import SupplyAction
from domain.supplies.models import SupplyLineRow, SupplyRow


@dataclass(frozen=True)
class ArrivedLine:
    """Units of one SKU that arrived, the damaged among them; which lots they are of, or each unit's serial number."""

    sku: str
    quantity: int
    damaged: int = 0
    lots: tuple[LotUnits, ...] = ()
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
    await _check_names(came)
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
        found[line] = each
    return found


async def _check_names(came: Mapping[SupplyLineRow, ArrivedLine]) -> None:
    """Raises InvalidInput for lots that do not add up, a unit without its number, and names where none are told."""
    rows = await VariantRow.filter(id__in={line.variant_id for line in came})
    variants = {row.id: row for row in rows}
    for n, (line, each) in enumerate(came.items()):
        path, variant = ("lines", str(n)), variants[line.variant_id]
        is_told_apart = variant.traceability == Traceability.LOT
        check_lots(each.lots, each.quantity, is_told_apart=is_told_apart, path=(*path, "lots"))
        check_numbered(variant, each.serial_numbers, each.quantity, path=(*path, "serialNumbers"))


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
        stock.Movement(
            levels[line.id].id,
            MovementCause.RECEIVED,
            on_hand=each.quantity,
            damaged=each.damaged,
            incoming=-fulfilled[line],
            subject_id=supply.id,
            lots=each.lots,
            lots_path=("lines", str(n), "lots"),
            note=note,
        )
        for n, (line, each) in enumerate(came.items())
    ]
    await stock.move(tx, movements)
    for n, (line, each) in enumerate(came.items()):
        path = ("lines", str(n), "serialNumbers")
        await receive_serial_numbers(tx, levels[line.id], each.serial_numbers, path=path)
    return sum(fulfilled.values())
