"""Writes that repair: counters that drifted are set, with a ledger line that says so."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.kernel.sets import Addition, add
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.decisions import COUNTERS, Counters
from domain.stock.models import StockLevelRow


@dataclass(frozen=True)
class Correction:
    """Counters of a locked level that are wrong, what they are by rights, and the ledger line that says so.

    Its deltas are what the ledger lacks, whatever the counters lacked. `shortage` is what the open one says, or 0.
    """

    before: Counters
    after: Counters
    line: stock.Movement
    shortage: int


async def set_right(tx: UnitOfWork, corrections: Sequence[Correction]) -> None:
    """Set counters of locked levels that had drifted: the only change that is no movement's sum, and is a repair."""
    drifts = {
        each.line.level_id: {name: getattr(each.after, name) - getattr(each.before, name) for name in COUNTERS}
        for each in corrections
    }
    changed = await add(Addition(StockLevelRow, drifts, now=tx.now), returning=("sku", "location_id", "low_stock_at"))
    assert changed.keys() == drifts.keys(), "a correction of a level that is not there"
    levels = {level_id: (sku, place) for level_id, (sku, place, _) in changed.items()}
    tx.add(*stock.ledger(tx, [each.line for each in corrections], levels))
    for each in corrections:
        level_id, before, after = each.line.level_id, each.before, each.after
        stock.tell(tx, level_id, before, after, changed[level_id][2])
        if after.waiting and 0 < after.to_hand_out > before.to_hand_out:
            tx.later("fill_backorders", {"level_id": level_id.hex})
        if each.shortage != after.short:
            await stock.note_shortage(tx, level_id, after.short)
