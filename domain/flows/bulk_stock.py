"""Thousands of stock levels from a file: asked for at once, done in steps, each with its own commit."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain.bulk.decisions import FileRow, count_rows, read_rows
from domain.bulk.events import BulkRunProgressed
from domain.bulk.lifecycle import BULK_RUN, BulkMode, BulkOutcome, BulkRunAction, BulkRunFacts, BulkRunStatus
from domain.bulk.models import BulkRowRow, BulkRunRow
from domain.catalog.errors import UnknownSku
from domain.catalog.models import VariantRow
from domain.flows.adjust_stock import AdjustStock, Shelf, checked_adjustment
from domain.kernel.actor import Permission
from domain.kernel.errors import DomainError, InvalidInput, NotFound
from domain.kernel.ids import global_id, new_id
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.stock import service as stock
from domain.stock.decisions import check_note
from domain.stock.models import StockLevelRow
from domain.uploads.models import UploadRow
from domain.uploads.service import own_upload

ROWS_A_STEP = 200


@dataclass(frozen=True)
class StartBulk:
    """Set or adjust the levels that an upload names."""

    upload_id: UUID
    mode: BulkMode
    is_dry_run: bool = False
    note: str | None = None


async def start_bulk(tx: UnitOfWork, request: StartBulk) -> UUID:
    """Check that the file can be read, and have its rows done one step after the other; the run's id.

    Raises NotFound for another's upload, InvalidInput for a file without the columns, or with too many rows.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    check_note(request.note)
    upload = await own_upload(tx, request.upload_id)
    run = BulkRunRow(
        id=new_id(),
        upload_id=upload.id,
        filename=upload.filename,
        mode=request.mode,
        is_dry_run=request.is_dry_run,
        status=BulkRunStatus.QUEUED,
        rows=count_rows(upload.content, request.mode),
        note=request.note,
        created_by=tx.actor.principal,
        created_at=tx.now,
    )
    tx.add(run)
    tx.later("work_bulk", {"run_id": run.id.hex, "principal": tx.actor.principal})
    return run.id


@dataclass(frozen=True)
class CancelBulk:
    """Do no more of its rows."""

    run_id: UUID


async def cancel_bulk(tx: UnitOfWork, request: CancelBulk) -> UUID:
    """Call the run off; what was done stays done. Raises NotFound, or IllegalTransition when it has ended."""
    tx.actor.require(Permission.ADJUST_STOCK)
    run = await _locked(request.run_id)
    if run is None:
        raise NotFound("bulk run", global_id("bulk_run", request.run_id), path=("bulkRun",))
    run.status, run.ended_at = BULK_RUN.step(BulkRunAction.CANCEL, run.status, BulkRunFacts()), tx.now
    await run.save(update_fields=["status", "ended_at"])
    tx.record(BulkRunProgressed(None, run.id, run.done, run.rows))
    return run.id


@dataclass(frozen=True)
class StepOfBulk:
    """Do the next rows; `hands_over` says that another job does those after them."""

    run_id: UUID
    hands_over: bool = False


async def step_of_bulk(tx: UnitOfWork, request: StepOfBulk) -> bool:
    """Do the next rows, each as if it were alone; whether more are left. Where it stands is in the same commit."""
    run = await _locked(request.run_id)
    if run is None or run.status not in (BulkRunStatus.QUEUED, BulkRunStatus.RUNNING):
        return False
    if run.status == BulkRunStatus.QUEUED:
        run.status = BULK_RUN.step(BulkRunAction.START, run.status, BulkRunFacts())
    upload = await UploadRow.get(id=run.upload_id)
    step = list(read_rows(upload.content, run.mode, start=run.done, stop=run.done + ROWS_A_STEP))
    shelf = await _Shelf.lock(tx, step, is_dry_run=run.is_dry_run)
    done = [shelf.apply(run, each) for each in step]
    if not run.is_dry_run:
        await stock.move(tx, shelf.movements)
    tx.add(*done)
    return await _book(tx, run, done, hands_over=request.hands_over)


async def _book(tx: UnitOfWork, run: BulkRunRow, done: Sequence[BulkRowRow], *, hands_over: bool) -> bool:
    """Say how far the run is now; whether more is left."""
    outcomes = Counter(each.outcome for each in done)
    run.done += len(done)
    run.applied += outcomes[BulkOutcome.APPLIED]
    run.unchanged += outcomes[BulkOutcome.UNCHANGED]
    run.refused += outcomes[BulkOutcome.REFUSED]
    is_over = run.done == run.rows
    if is_over:
        run.status, run.ended_at = BULK_RUN.step(BulkRunAction.COMPLETE, run.status, BulkRunFacts()), tx.now
    elif hands_over:
        tx.later("work_bulk", {"run_id": run.id.hex, "principal": run.created_by})
    await run.save(update_fields=["status", "done", "applied", "unchanged", "refused", "ended_at"])
    tx.record(BulkRunProgressed(None, run.id, run.done, run.rows))
    return not is_over


async def _locked(run_id: UUID) -> BulkRunRow | None:
    return await BulkRunRow.filter(id=run_id).select_for_update().get_or_none()


@dataclass
class _Shelf:
    """The levels that a step is about: locked, unless it is a rehearsal; and what becomes of them."""

    variants: dict[str, VariantRow]
    places: dict[str, LocationRow]
    levels: dict[tuple[UUID, UUID], StockLevelRow]
    seen: set[tuple[UUID, UUID]] = field(default_factory=set)
    movements: list[stock.Movement] = field(default_factory=list)

    @classmethod
    async def lock(cls, tx: UnitOfWork, rows: Sequence[FileRow], *, is_dry_run: bool) -> "_Shelf":
        variants = {
            row.sku: row for row in await VariantRow.filter(sku__in={each.sku for each in rows}, is_stock_tracked=True)
        }
        places = {row.code: row for row in await LocationRow.filter(code__in={each.location for each in rows})}
        wanted = {
            (variants[each.sku].id, places[each.location].id): each.sku
            for each in rows
            if not each.fault and each.sku in variants and each.location in places
        }
        if not is_dry_run:
            return cls(variants, places, await stock.levels_at(tx, wanted) if wanted else {})
        there = await StockLevelRow.filter(variant_id__in={variant for variant, _ in wanted}) if wanted else []
        levels = {key: StockLevelRow(variant_id=key[0], location_id=key[1], sku=sku) for key, sku in wanted.items()}
        return cls(variants, places, levels | {(each.variant_id, each.location_id): each for each in there})

    def apply(self, run: BulkRunRow, row: FileRow) -> BulkRowRow:
        """What becomes of a row, as the levels are after the rows before it."""
        done = BulkRowRow(run_id=run.id, number=row.number, sku=row.sku, location=row.location)
        try:
            movement = self._movement(run, row)
        except DomainError as refusal:
            done.outcome, done.code, done.message = BulkOutcome.REFUSED, refusal.code, refusal.message[:300]
            return done
        done.change = movement.on_hand
        done.outcome = BulkOutcome.APPLIED if done.change else BulkOutcome.UNCHANGED
        if done.change:
            self.movements.append(movement)
        return done

    def _movement(self, run: BulkRunRow, row: FileRow) -> stock.Movement:
        """What it moves, which is on its level then. Raises what is wrong with it."""
        if row.fault:
            raise InvalidInput(row.fault)
        variant, place = self.variants.get(row.sku), self.places.get(row.location)
        if variant is None:
            raise UnknownSku(row.sku)
        if place is None:
            raise NotFound("location", row.location)
        level, key = self.levels[variant.id, place.id], (variant.id, place.id)
        if run.mode is BulkMode.SET and key in self.seen:
            raise InvalidInput(f"A row above sets {row.sku} at {row.location} already.")
        self.seen.add(key)
        change = row.units - level.on_hand if run.mode is BulkMode.SET else row.units
        asked = AdjustStock(row.sku, place.id, change, run.note, expected_on_hand=row.expected_on_hand)
        movement = checked_adjustment(Shelf(level, variant, place), asked)._replace(subject_id=run.id)
        level.on_hand += change
        return movement
