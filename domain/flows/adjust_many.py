"""Tens of corrections, or of counts, at one location: all of them or none, and all that is wrong is said at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.catalog.errors import UnknownSku
from domain.catalog.models import VariantRow
from domain.flows.adjust_stock import (
    AdjustStock,
    CountStock,
    Shelf,
    check_counted,
    check_delta,
    checked_adjustment,
    checked_count,
)
from domain.kernel.actor import Permission
from domain.kernel.errors import DomainError, InvalidInput, Path, Refusals
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.locations.queries import location_at
from domain.stock import service as stock
from domain.stock.decisions import check_note
from domain.stock.models import AdjustmentReason

MOST_ROWS = 100


@dataclass(frozen=True)
class AdjustRow:
    """Units of one SKU to add, or, negative, to take off."""

    sku: str
    delta: int
    expected_on_hand: int | None = None
    reason: AdjustmentReason = AdjustmentReason.CORRECTION


@dataclass(frozen=True)
class AdjustMany:
    """Corrections of many SKUs at a location."""

    location_id: UUID
    rows: tuple[AdjustRow, ...]
    note: str | None = None


async def adjust_many(tx: UnitOfWork, request: AdjustMany) -> UUID:
    """Book every correction; the location's id. Raises Refusals with what is wrong of any row: then none is booked."""

    def movement(shelf: Shelf, row: AdjustRow, path: Path) -> stock.Movement:
        check_delta(row.delta, path=(*path, "delta"))
        asked = AdjustStock(
            row.sku,
            request.location_id,
            row.delta,
            request.note,
            reason=row.reason,
            expected_on_hand=row.expected_on_hand,
        )
        return checked_adjustment(shelf, asked, path=path)

    return await _book(tx, request, movement)


@dataclass(frozen=True)
class CountRow:
    """What was counted of one SKU, and what was seen on hand before."""

    sku: str
    on_hand: int
    expected_on_hand: int


@dataclass(frozen=True)
class CountMany:
    """Counts of many SKUs at a location."""

    location_id: UUID
    rows: tuple[CountRow, ...]
    note: str | None = None


async def count_many(tx: UnitOfWork, request: CountMany) -> UUID:
    """Book every count; the location's id. Raises Refusals with what is wrong of any row: then none is booked."""

    def movement(shelf: Shelf, row: CountRow, path: Path) -> stock.Movement:
        check_counted(row.on_hand, path=(*path, "counted"))
        asked = CountStock(row.sku, request.location_id, row.on_hand, row.expected_on_hand, request.note)
        return checked_count(shelf.level, asked, path=path)

    return await _book(tx, request, movement)


async def _book(tx: UnitOfWork, request: AdjustMany | CountMany, movement: Callable[..., stock.Movement]) -> UUID:
    tx.actor.require(Permission.ADJUST_STOCK)
    check_note(request.note)
    rows: Sequence[AdjustRow | CountRow] = request.rows
    check_rows([row.sku for row in rows], most=MOST_ROWS)
    location = await location_at(request.location_id)
    shelves = await shelves_at(tx, location, [row.sku for row in rows])
    movements, refusals = list[stock.Movement](), list[DomainError]()
    for n, row in enumerate(rows):
        path = ("rows", str(n))
        try:
            if row.sku not in shelves:
                raise UnknownSku(row.sku, path=(*path, "sku"))
            movements.append(movement(shelves[row.sku], row, path))
        except DomainError as refusal:
            refusals.append(refusal)
    if refusals:
        raise Refusals(refusals)
    await stock.move(tx, movements)
    return location.id


def check_rows(skus: Sequence[str], *, most: int) -> None:
    """Raises InvalidInput for no row, too many, or two of one SKU: which of them would be right?"""
    if not 1 <= len(skus) <= most:
        raise InvalidInput(f"1 to {most:,} rows at once.", path=("rows",))
    seen: set[str] = set()
    for n, sku in enumerate(skus):
        if sku in seen:
            raise InvalidInput(f"There is another row of {sku[:64]}.", path=("rows", str(n), "sku"))
        seen.add(sku)


async def shelves_at(tx: UnitOfWork, location: LocationRow, skus: Sequence[str]) -> dict[str, Shelf]:
    """Where those of the SKUs that are counted are, by SKU; their levels locked, or made."""
    variants = await VariantRow.filter(sku__in=list(skus), is_stock_tracked=True)
    levels = await stock.levels_at(tx, {(row.id, location.id): row.sku for row in variants})
    return {row.sku: Shelf(levels[row.id, location.id], row, location) for row in variants}
