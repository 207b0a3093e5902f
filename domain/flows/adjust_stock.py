"""Stock that changes by hand: receipts, corrections and counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.catalog.errors import UnknownSku
from domain.catalog.models import Traceability, VariantRow
from domain.flows.serial_numbers import check_numbered, receive_serial_numbers
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput, Path
from domain.kernel.quantities import MOST_UNITS, checked_units
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.locations.queries import location_at, no_location
from domain.stock import service as stock
from domain.stock.decisions import LotUnits, check_lots, check_note
from domain.stock.errors import InsufficientStock, StaleStock
from domain.stock.models import AdjustmentReason, MovementCause, StockLevelRow


@dataclass(frozen=True)
class AdjustStock:
    """Add units to what a location has on hand, or, negative, take them off.

    `lots` are those whose units they are, and `serial_numbers` the units that arrived, where they are told apart.
    """

    sku: str
    location_id: UUID
    delta: int
    note: str | None = None
    is_receipt: bool = False
    reason: AdjustmentReason = AdjustmentReason.CORRECTION
    expected_on_hand: int | None = None
    lots: tuple[LotUnits, ...] = ()
    serial_numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shelf:
    """Where units are counted: the locked level, what it holds, and where it is."""

    level: StockLevelRow
    variant: VariantRow
    location: LocationRow


async def adjust_stock(tx: UnitOfWork, request: AdjustStock) -> UUID:
    """Change on hand by a number of units; the level's id.

    What is allocated stays so: ATP may go below zero. On hand does only where the location is flagged for it:
    elsewhere InsufficientStock is raised. Raises StaleStock when it is not what the caller expected.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    _check(request)
    shelf = await shelf_at(tx, request.sku, request.location_id)
    await stock.move(tx, [checked_adjustment(shelf, request)])
    if request.is_receipt:
        path, numbers = ("serialNumbers",), request.serial_numbers
        check_numbered(shelf.variant, numbers, request.delta, path=path)
        await receive_serial_numbers(tx, shelf.level, numbers, path=path)
    return shelf.level.id


def _check(request: AdjustStock) -> None:
    check_note(request.note)
    if request.is_receipt:
        checked_units(request.delta, path=("quantity",))
    else:
        check_delta(request.delta, path=("delta",))


def check_delta(delta: int, *, path: Path) -> None:
    """Raises InvalidInput for a change of nothing, or of more than anybody has."""
    if delta == 0 or abs(delta) > MOST_UNITS:
        raise InvalidInput(f"A change is 1 to {MOST_UNITS:,} units, up or down.", path=path)


def checked_adjustment(shelf: Shelf, request: AdjustStock, *, path: Path = ()) -> stock.Movement:
    """What the request moves on its level. Raises what `adjust_stock` does."""
    level, expected = shelf.level, request.expected_on_hand
    if expected is not None and expected != level.on_hand:
        raise StaleStock(request.sku, expected, level.on_hand, path=(*path, "expectedOnHand"))
    if level.on_hand + request.delta < 0 and not shelf.location.allows_negative_on_hand:
        raise InsufficientStock(request.sku, -request.delta, max(level.on_hand, 0), path=(*path, "delta"))
    is_told_apart = shelf.variant.traceability == Traceability.LOT
    check_lots(request.lots, abs(request.delta), is_told_apart=is_told_apart, path=(*path, "lots"))
    return stock.Movement(
        level.id,
        MovementCause.RECEIVED if request.is_receipt else MovementCause.ADJUSTED,
        on_hand=request.delta,
        lots=request.lots,
        reason=None if request.is_receipt else request.reason,
        note=request.note,
    )


@dataclass(frozen=True)
class CountStock:
    """What a count found on hand. `expected_on_hand` is what was seen before; another value refuses the count."""

    sku: str
    location_id: UUID
    counted: int
    expected_on_hand: int
    note: str | None = None


async def count_stock(tx: UnitOfWork, request: CountStock) -> UUID:
    """Set on hand to what was counted; the level's id. Raises StaleStock when it changed since the caller looked.

    A count that agrees with the books stands in the ledger too: from then on older numbers say nothing new.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    check_note(request.note)
    check_counted(request.counted, path=("counted",))
    shelf = await shelf_at(tx, request.sku, request.location_id)
    await stock.move(tx, [checked_count(shelf.level, request)])
    return shelf.level.id


def check_counted(units: int, *, path: Path) -> None:
    """Raises InvalidInput for what nobody can have counted."""
    if not 0 <= units <= MOST_UNITS:
        raise InvalidInput(f"A count is 0 to {MOST_UNITS:,} units.", path=path)


def checked_count(level: StockLevelRow, request: CountStock, *, path: Path = ()) -> stock.Movement:
    """What the count moves on its level. Raises StaleStock."""
    if level.on_hand != request.expected_on_hand:
        raise StaleStock(request.sku, request.expected_on_hand, level.on_hand, path=(*path, "expectedOnHand"))
    difference = request.counted - level.on_hand
    return stock.Movement(level.id, MovementCause.COUNTED, on_hand=difference, note=request.note)


async def shelf_at(tx: UnitOfWork, sku: str, location_id: UUID, *, path: Path = ()) -> Shelf:
    """Where a SKU is counted at a location, its level locked, or made. Raises UnknownSku or NotFound."""
    variant = await VariantRow.get_or_none(sku=sku)
    if variant is None or not variant.is_stock_tracked:
        raise UnknownSku(sku, path=(*path, "sku"))
    location = await location_at(location_id)
    return Shelf(await stock.level_at(tx, variant.id, variant.sku, location.id), variant, location)


@dataclass(frozen=True)
class StockReceipt:
    """First units of many SKUs at once, as a shop's opening does it."""

    receipts: Sequence[AdjustStock]


async def open_stock(tx: UnitOfWork, request: StockReceipt) -> int:
    """Book many receipts in one transaction, looked up and entered together; how many."""
    tx.actor.require(Permission.ADJUST_STOCK)
    variants = {row.sku: row for row in await VariantRow.filter(sku__in={each.sku for each in request.receipts})}
    places = {row.id for row in await LocationRow.filter(id__in={each.location_id for each in request.receipts})}
    for n, each in enumerate(request.receipts):
        path = ("receipts", str(n))
        check_note(each.note)
        if each.sku not in variants or not variants[each.sku].is_stock_tracked:
            raise UnknownSku(each.sku, path=(*path, "sku"))
        if each.location_id not in places:
            raise no_location(each.location_id, path=(*path, "location"))
        if not 1 <= each.delta <= MOST_UNITS:
            raise InvalidInput(f"A receipt adds 1 to {MOST_UNITS:,} units.", path=(*path, "delta"))
    levels = await stock.levels_at(
        tx, {(variants[each.sku].id, each.location_id): each.sku for each in request.receipts}
    )
    movements = [
        stock.Movement(
            levels[variants[each.sku].id, each.location_id].id,
            MovementCause.RECEIVED,
            on_hand=each.delta,
            note=each.note,
        )
        for each in request.receipts
    ]
    await stock.move(tx, movements)
    return len(request.receipts)
