"""What somebody else counted at a moment before: the books are put right as of then, and keep what moved since."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tortoise.functions import Sum

from domain.catalog.errors import UnknownSku
from domain.flows.adjust_many import check_rows, shelves_at
from domain.flows.adjust_stock import Shelf, check_counted
from domain.kernel.actor import Permission
from domain.kernel.errors import DomainError, InvalidInput, Refusals
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.locations.queries import no_location
from domain.stock import service as stock
from domain.stock.errors import StaleSnapshot
from domain.stock.models import MovementCause, SnapshotRow, StockMovementRow

MOST_ROWS = 1_000
LONGEST_REFERENCE = 100
COUNTED = ("on_hand", "damaged", "quarantined")


@dataclass(frozen=True)
class SnapshotLine:
    """Units of one SKU that were there; None where the counter did not say."""

    sku: str
    on_hand: int
    damaged: int | None = None
    quarantined: int | None = None

    @property
    def told(self) -> dict[str, int]:
        """What was counted, by counter."""
        return {name: units for name in COUNTED if (units := getattr(self, name)) is not None}


@dataclass(frozen=True)
class ApplySnapshot:
    """What a location had as of a moment. SKUs that are not among the rows stay as they are."""

    location_id: UUID
    as_of: datetime
    rows: tuple[SnapshotLine, ...]
    reference: str | None = None


Since = Mapping[UUID, Mapping[str, int]]


async def apply_snapshot(tx: UnitOfWork, request: ApplySnapshot) -> UUID:
    """Correct each SKU by what was counted less what the ledger says was there then; the snapshot's id.

    So what moved since stays moved. A SKU that a stocktake counted since is left alone, for that is the younger word.
    Never refused for want of stock. Raises StaleSnapshot where a younger one was applied; one of the same moment is
    its next page.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    as_of = request.as_of.astimezone(UTC)
    _check(tx, request, as_of)
    # Snapshots of one location wait for one another; what refers to the location does not wait for them.
    location = await LocationRow.filter(id=request.location_id).select_for_update(no_key=True).get_or_none()
    if location is None:
        raise no_location(request.location_id)
    await _check_youngest(location.id, as_of)
    shelves = await shelves_at(tx, location, [row.sku for row in request.rows])
    _check_known(request, shelves)
    since = await _moved_since([each.level.id for each in shelves.values()], as_of)
    counted = await _counted_since([each.level.id for each in shelves.values()], as_of)
    snapshot_id, movements, outdated = new_id(), list[stock.Movement](), 0
    for row in request.rows:
        shelf = shelves[row.sku]
        if shelf.level.id in counted:
            outdated += 1
        elif change := correction(shelf, row.told, since.get(shelf.level.id, {})):
            movements.append(stock.Movement(shelf.level.id, MovementCause.SNAPSHOT, subject_id=snapshot_id, **change))
    tx.add(_row(tx, snapshot_id, request, as_of, corrected=len(movements), outdated=outdated))
    await stock.move(tx, movements)
    return snapshot_id


def correction(shelf: Shelf, told: Mapping[str, int], moved: Mapping[str, int]) -> dict[str, Any]:
    """What to add to each counter, so that it is what was counted and what moved since; nothing where it is that.

    No counter goes below zero by it, on hand only where the location may: more left since than was counted, so the
    count was wrong.
    """
    changes: dict[str, Any] = {}
    for name, units in told.items():
        now = getattr(shelf.level, name)
        change = units - (now - moved.get(name, 0))
        may_go_below_zero = name == "on_hand" and shelf.location.allows_negative_on_hand
        if change < 0 and not may_go_below_zero:
            change = max(change, min(-now, 0))
        if change:
            changes[name] = change
    return changes


def _check(tx: UnitOfWork, request: ApplySnapshot, as_of: datetime) -> None:
    if as_of > tx.now:
        raise InvalidInput("Nobody can have counted it yet.", path=("asOf",))
    if request.reference is not None and not 1 <= len(request.reference) <= LONGEST_REFERENCE:
        raise InvalidInput(f"A reference has 1 to {LONGEST_REFERENCE} characters.", path=("externalReference",))
    check_rows([row.sku for row in request.rows], most=MOST_ROWS)
    shown = {"on_hand": "onHand"}
    for n, row in enumerate(request.rows):
        for name, units in row.told.items():
            check_counted(units, path=("rows", str(n), shown.get(name, name)))


async def _check_youngest(location_id: UUID, as_of: datetime) -> None:
    youngest = await SnapshotRow.filter(location_id=location_id, as_of__gt=as_of).order_by("-as_of", "-id").first()
    if youngest is not None:
        raise StaleSnapshot(as_of, youngest.as_of, path=("asOf",))


def _check_known(request: ApplySnapshot, shelves: Mapping[str, Shelf]) -> None:
    unknown: list[DomainError] = [
        UnknownSku(row.sku, path=("rows", str(n), "sku"))
        for n, row in enumerate(request.rows)
        if row.sku not in shelves
    ]
    if unknown:
        raise Refusals(unknown)


async def _moved_since(level_ids: Collection[UUID], as_of: datetime) -> Since:
    """What each counter of the locked levels changed by since, but for snapshots: these told of a moment before."""
    moved: dict[UUID, dict[str, int]] = defaultdict(dict)
    changes = StockMovementRow.filter(level_id__in=list(level_ids), occurred_at__gt=as_of).exclude(
        cause=MovementCause.SNAPSHOT
    )
    sums = {f"sum_{name}": Sum(name) for name in COUNTED}
    for row in await changes.annotate(**sums).group_by("level_id").values("level_id", *sums):
        moved[row["level_id"]] = {name: int(row[f"sum_{name}"]) for name in COUNTED}
    return moved


async def _counted_since(level_ids: Collection[UUID], as_of: datetime) -> set[UUID]:
    """The levels that a stocktake counted since."""
    counts = StockMovementRow.filter(level_id__in=list(level_ids), occurred_at__gt=as_of, cause=MovementCause.COUNTED)
    return {each.level_id for each in await counts.only("id", "level_id")}


def _row(
    tx: UnitOfWork, snapshot_id: UUID, request: ApplySnapshot, as_of: datetime, *, corrected: int, outdated: int
) -> SnapshotRow:
    return SnapshotRow(
        id=snapshot_id,
        location_id=request.location_id,
        as_of=as_of,
        external_reference=request.reference,
        rows=len(request.rows),
        corrected=corrected,
        outdated=outdated,
        applied_at=tx.now,
        actor=tx.actor.principal,
    )
