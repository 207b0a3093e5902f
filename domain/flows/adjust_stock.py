"""Stock that changes by hand: receipts, corrections and counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.catalog.errors import UnknownSku
from domain.catalog.models import VariantRow
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.orders.decisions import MOST_UNITS, checked_units
from domain.stock import service as stock
from domain.stock.errors import InsufficientStock, StaleStock
from domain.stock.models import MovementCause, StockLevelRow


@dataclass(frozen=True)
class AdjustStock:
    """Add units to what a location has on hand, or, negative, take them off."""

    sku: str
    location_id: UUID
    delta: int
    note: str | None = None
    is_receipt: bool = False


async def adjust_stock(tx: UnitOfWork, request: AdjustStock) -> UUID:
    """Change on hand by a number of units; the level's id.

    What is allocated stays so: ATP may go below zero. On hand does only where the location is flagged for it:
    elsewhere InsufficientStock is raised.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    _check_note(request.note)
    if request.is_receipt:
        checked_units(request.delta, path=("quantity",))
    elif request.delta == 0 or abs(request.delta) > MOST_UNITS:
        raise InvalidInput(f"A change is 1 to {MOST_UNITS:,} units, up or down.", path=("delta",))
    level, location = await _level(tx, request.sku, request.location_id)
    if level.on_hand + request.delta < 0 and not location.allows_negative_on_hand:
        raise InsufficientStock(request.sku, -request.delta, level.on_hand, path=("delta",))
    cause = MovementCause.RECEIVED if request.is_receipt else MovementCause.ADJUSTED
    await stock.move(tx, [stock.Movement(level.id, cause, on_hand=request.delta, note=request.note)])
    return level.id


@dataclass(frozen=True)
class CountStock:
    """What a count found on hand. `expected_on_hand` is what was seen before; another value refuses the count."""

    sku: str
    location_id: UUID
    counted: int
    expected_on_hand: int
    note: str | None = None


async def count_stock(tx: UnitOfWork, request: CountStock) -> UUID:
    """Set on hand to what was counted; the level's id. Raises StaleStock when it changed since the caller looked."""
    tx.actor.require(Permission.ADJUST_STOCK)
    _check_note(request.note)
    if not 0 <= request.counted <= MOST_UNITS:
        raise InvalidInput(f"A count is 0 to {MOST_UNITS:,} units.", path=("counted",))
    level, _ = await _level(tx, request.sku, request.location_id)
    if level.on_hand != request.expected_on_hand:
        raise StaleStock(request.sku, request.expected_on_hand, level.on_hand, path=("expectedOnHand",))
    difference = request.counted - level.on_hand
    if difference:
        movement = stock.Movement(level.id, MovementCause.COUNTED, on_hand=difference, note=request.note)
        await stock.move(tx, [movement])
    return level.id


def _check_note(note: str | None) -> None:
    if note is not None and len(note) > 300:
        raise InvalidInput("A note has at most 300 characters.", path=("note",))


async def _level(tx: UnitOfWork, sku: str, location_id: UUID) -> tuple[StockLevelRow, LocationRow]:
    variant = await VariantRow.get_or_none(sku=sku)
    if variant is None or not variant.is_stock_tracked:
        raise UnknownSku(sku, path=("sku",))
    location = await LocationRow.get_or_none(id=location_id)
    if location is None:
        raise NotFound("location", f"location_{location_id.hex}", path=("location",))
    return await stock.level_at(tx, variant.id, variant.sku, location.id), location


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
        _check_note(each.note)
        if each.sku not in variants or not variants[each.sku].is_stock_tracked:
            raise UnknownSku(each.sku, path=(*path, "sku"))
        if each.location_id not in places:
            raise NotFound("location", f"location_{each.location_id.hex}", path=(*path, "location"))
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
