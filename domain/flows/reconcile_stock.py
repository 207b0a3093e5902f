"""Repairing stock that does not add up: the ledger by the documents, the counters by both, and a line that says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.flows.check_stock import MOST_LEVELS, CheckStock, check_scope, levels_to_check
from domain.flows.stock_witnesses import Witnesses, disagreeing
from domain.kernel.actor import Permission
from domain.kernel.ids import new_id
from domain.kernel.lookups import look_up
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.decisions import COUNTERS, LONGEST_NOTE, Counters
from domain.stock.models import LotRow, MovementCause, StockLevelRow
from domain.stock.repairs import service as repairs

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
        repairs.Correction(each.counters, each.right, _movement(run_id, each), shortage=each.short) for each in levels
    ]
    await repairs.set_right(tx, corrections)
    await _set_lots(tx, {each.level_id: each.right.on_hand for each in levels if each.lots is not None})


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


async def _set_lots(tx: UnitOfWork, on_hand: Mapping[UUID, int]) -> None:
    """Lots with a number have what the ledger says of them; the one without has the rest of what is on hand."""
    if not on_hand:
        return
    lines = "SELECT lot_id, SUM(on_hand) AS units FROM stock_movements WHERE lot_id IS NOT NULL AND level_id {0}"
    told = {row["lot_id"]: int(row["units"]) for row in await look_up(f"{lines} GROUP BY lot_id", list(on_hand))}
    rest, nameless = dict(on_hand), dict[UUID, LotRow]()
    for lot in await LotRow.filter(level_id__in=list(on_hand)).order_by("id"):
        if lot.number:
            await _set_lot(lot, told.get(lot.id, 0))
            rest[lot.level_id] -= lot.on_hand
        else:
            nameless[lot.level_id] = lot
    for level_id, units in rest.items():
        if level_id in nameless:
            await _set_lot(nameless[level_id], units)
        elif units:
            await LotRow(id=new_id(), level_id=level_id, on_hand=units, received_at=tx.now).save(force_create=True)


async def _set_lot(lot: LotRow, units: int) -> None:
    quarantined = min(lot.quarantined, max(units, 0))
    if (lot.on_hand, lot.quarantined) != (units, quarantined):
        lot.on_hand, lot.quarantined = units, quarantined
        await lot.save(update_fields=["on_hand", "quarantined"])
