"""Repairing stock that does not add up: the ledger by the documents, the counters by both, and a line that says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.flows.check_stock import MOST_LEVELS, CheckStock, check_scope, levels_to_check
from domain.flows.stock_witnesses import Witnesses, disagreeing
from domain.kernel.actor import Permission
from domain.kernel.ids import new_id
from domain.kernel.sets import add
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.decisions import COUNTERS, LONGEST_NOTE, Counters
from domain.stock.models import LotRow, MovementCause, StockLevelRow

MOST_REPAIRS = 100


@dataclass(frozen=True)
class ReconcileStock:
    """Which levels to repair: of a SKU, at a location, or all; of at most so many, behind the one named."""

    sku: str | None = None
    location_id: UUID | None = None
    after_id: UUID | None = None
    most_levels: int = MOST_LEVELS


async def reconcile_stock(tx: UnitOfWork, request: ReconcileStock) -> UUID:
    """Make the witnesses of these levels agree, of at most 100 at once; the id that the movements have as subject.

    Documents decide what is allocated, reserved, waiting and incoming; the ledger decides the rest. Each level that is
    repaired gets one movement RECONCILED: its deltas are what the ledger lacked, all zero where the counters alone had
    drifted, and its note says which counters were set, from what to what. Where nothing is wrong nothing is written.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    scope = CheckStock(request.sku, request.location_id, request.after_id, request.most_levels)
    check_scope(scope)
    level_ids, _ = await levels_to_check(scope)
    suspects = sorted(each.level_id for each in (await disagreeing(level_ids))[:MOST_REPAIRS])
    run_id = new_id()
    if suspects:
        # Whoever changes a document changes its level in the same commit: what is read behind the locks stays true.
        await StockLevelRow.filter(id__in=suspects).order_by("id").select_for_update()
        await _repair(tx, run_id, await disagreeing(suspects))
    return run_id


async def _repair(tx: UnitOfWork, run_id: UUID, levels: Sequence[Witnesses]) -> None:
    corrections = [
        stock.Correction(each.counters, each.right, _movement(run_id, each), shortage=each.short) for each in levels
    ]
    await stock.set_right(tx, corrections)
    lacking = {each.level_id: each.right.on_hand - each.lots for each in levels if each.lots is not None}
    await _balance_lots({level_id: units for level_id, units in lacking.items() if units})


def _movement(run_id: UUID, level: Witnesses) -> stock.Movement:
    right = level.right
    lacking = {name: getattr(right, name) - getattr(level.ledger, name) for name in COUNTERS}
    note = _note(level.counters, right)
    return stock.Movement(level.level_id, MovementCause.RECONCILED, **lacking, subject_id=run_id, note=note)


def _note(before: Counters, after: Counters) -> str:
    """What the counters were set to, and what they said before."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in COUNTERS}
    told = ", ".join(f"{name} {was} to {now}".replace("_", " ") for name, (was, now) in pairs.items() if was != now)
    return f"Counters set: {told}."[:LONGEST_NOTE] if told else "The counters were right, and stay."


async def _balance_lots(lacking: dict[UUID, int]) -> None:
    """Book what the lots of these locked levels lack to the one without a number, where all is that nobody named."""
    known = {row.level_id: row.id for row in await LotRow.filter(level_id__in=list(lacking), number="")}
    await LotRow.bulk_create([LotRow(level_id=each, on_hand=lacking[each]) for each in lacking if each not in known])
    await add(LotRow, {row_id: {"on_hand": lacking[level_id]} for level_id, row_id in known.items()})
