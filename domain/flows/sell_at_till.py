"""Sales over the counter, as the till tells them: facts, which count once and are never refused for want of stock."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from domain.catalog.errors import UnknownSku
from domain.catalog.models import VariantRow
from domain.flows.adjust_stock import Shelf
from domain.flows.set_aside_stock import found
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import new_id
from domain.kernel.quantities import checked_units
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.queries import location_at
from domain.stock import service as stock
from domain.stock.decisions import check_note
from domain.stock.models import MovementCause, StockMovementRow

MOST_LINES = 100
LONGEST_RECEIPT = 60


@dataclass(frozen=True)
class TillLine:
    """Units of one SKU that were sold."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class TillSale:
    """What a receipt of a location's till says. `receipt` is its number there: it counts once."""

    location_id: UUID
    receipt: str
    lines: tuple[TillLine, ...]
    note: str | None = None


async def sell_at_till(tx: UnitOfWork, request: TillSale) -> UUID:
    """Take what was sold off on hand; the location's id. A receipt that was told before changes nothing.

    More than the books have was there all the same: they are put right first. ATP may go below zero.
    Raises InvalidInput for a receipt that said something else before.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    units = _units(request)
    location = await location_at(request.location_id)
    variants = {row.sku: row for row in await VariantRow.filter(sku__in=list(units), is_stock_tracked=True)}
    for n, line in enumerate(request.lines):
        if line.sku not in variants:
            raise UnknownSku(line.sku, path=("lines", str(n), "sku"))
    levels = await stock.levels_at(tx, {(row.id, location.id): row.sku for row in variants.values()})
    shelves = {sku: Shelf(levels[row.id, location.id], row, location) for sku, row in variants.items()}
    if await _is_told(request, {shelves[sku].level.id: count for sku, count in units.items()}):
        return location.id
    told, key, movements = new_id(), _key(request), list[stock.Movement]()
    for n, (sku, count) in enumerate(units.items()):
        sold = stock.Movement(
            shelves[sku].level.id,
            MovementCause.SOLD_AT_TILL,
            on_hand=-count,
            subject_id=told,
            note=request.note,
            unique_key=None if n else key,
        )
        movements += [*found(shelves[sku], count), sold]
    await stock.move(tx, movements)
    return location.id


def _units(request: TillSale) -> dict[str, int]:
    """Units of each SKU, the lines of one SKU added up."""
    check_note(request.note)
    receipt = request.receipt
    if not 1 <= len(receipt.strip()) <= len(receipt) <= LONGEST_RECEIPT:
        raise InvalidInput(f"A receipt's number has 1 to {LONGEST_RECEIPT} characters.", path=("receipt",))
    if not 1 <= len(request.lines) <= MOST_LINES:
        raise InvalidInput(f"A receipt has 1 to {MOST_LINES} lines.", path=("lines",))
    units: dict[str, int] = {}
    for n, line in enumerate(request.lines):
        path = ("lines", str(n), "quantity")
        units[line.sku] = checked_units(units.get(line.sku, 0) + checked_units(line.quantity, path=path), path=path)
    return units


def _key(request: TillSale) -> str:
    return f"till/{request.location_id.hex}/{request.receipt}"


async def _is_told(request: TillSale, units: dict[UUID, int]) -> bool:
    """Whether the books have the receipt. Raises InvalidInput where they have other units by its number."""
    known = await StockMovementRow.get_or_none(unique_key=_key(request))
    if known is None:
        return False
    sold: Counter[UUID] = Counter()
    for each in await StockMovementRow.filter(subject_id=known.subject_id, cause=MovementCause.SOLD_AT_TILL):
        sold[each.level_id] -= each.on_hand
    if sold != units:
        raise InvalidInput("A receipt by that number said something else before.", path=("receipt",))
    return True
