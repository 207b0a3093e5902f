"""Writes to stock: every change of a counter is one guarded UPDATE and one ledger line, in the same transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from domain.kernel.errors import InvalidInput, Path
from domain.kernel.events import StockFact
from domain.kernel.ids import new_id
from domain.kernel.lookups import look_up
from domain.kernel.sets import Addition, add, insert_new
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock.decisions import COUNTERS, Counters, LotUnits
from domain.stock.errors import InsufficientStock
from domain.stock.events import (
    ShortageOpened,
    ShortageResolved,
    StockCameBack,
    StockLevelChanged,
    StockRanLow,
    StockRanOut,
)
from domain.stock.lots import service as lots
from domain.stock.models import (
    AdjustmentReason,
    MovementCause,
    Rotation,
    ShortageRow,
    StockLevelRow,
    StockMovementRow,
)
from domain.stock.queries import atp

MOST_ON_HAND = 1_000_000_000


class Movement(NamedTuple):
    """A change of one level's counters, in units, and why. `subject_id` is what it was for, if no order.

    `actor` is who did it, where that is somebody else than who asks: time itself, for one.
    Where lots are told apart, `lots` names those whose units come or go. The rest comes to the lot without a number,
    or leaves the lots whose turn it is. `lot_id` is written by whoever splits it so; `lots_path` is the field that
    names them, for refusals.
    """

    level_id: UUID
    cause: MovementCause
    on_hand: int = 0
    allocated: int = 0
    reserved: int = 0
    waiting: int = 0
    damaged: int = 0
    quarantined: int = 0
    safety_stock: int = 0
    incoming: int = 0
    order_id: UUID | None = None
    subject_id: UUID | None = None
    lot_id: UUID | None = None
    lots: tuple[LotUnits, ...] = ()
    lots_path: Path = ("lots",)
    reason: AdjustmentReason | None = None
    note: str | None = None
    unique_key: str | None = None
    actor: str | None = None

    @property
    def deltas(self) -> dict[str, int]:
        """The counters that change."""
        return {name: units for name in COUNTERS if (units := getattr(self, name))}


async def lock_levels(variant_ids: Iterable[UUID]) -> list[StockLevelRow]:
    """The levels of these variants at every location, locked, in the order of their keys."""
    return await StockLevelRow.filter(variant_id__in=list(variant_ids)).order_by("id").select_for_update()


async def lock_each(level_ids: Collection[UUID]) -> list[StockLevelRow]:
    """These levels, locked, in the order of their keys."""
    return await StockLevelRow.filter(id__in=list(level_ids)).order_by("id").select_for_update()


class Free(NamedTuple):
    """A locked level of a SKU at a location that takes work, as it was when it was locked."""

    level_id: UUID
    location_id: UUID
    sku: str
    counters: Counters
    low_stock_at: int | None = None

    @property
    def atp(self) -> int:
        """What may still be promised; negative when facts took more than was free."""
        return self.counters.atp


# Locked in the order of their keys, whatever the order in which they are given.
_LOCK_FREE = """
    SELECT id, location_id, sku, low_stock_at, on_hand, allocated, reserved, waiting, damaged, quarantined,
        safety_stock, incoming
    FROM (SELECT level.*, place.priority, place.code
          FROM stock_levels AS level JOIN locations AS place ON place.id = level.location_id
          WHERE level.variant_id {0} AND place.is_active ORDER BY level.id FOR UPDATE OF level) AS locked
    ORDER BY priority, code, id
"""


async def lock_free(variant_ids: Collection[UUID]) -> list[Free]:
    """What is free of these variants at the locations that take work, in the order in which those are asked for stock.

    The levels are locked, in the order of their keys.
    """
    found = await look_up(_LOCK_FREE, variant_ids)
    return [Free(level, place, sku, Counters(*counters), low) for level, place, sku, low, *counters in map(_all, found)]


def _all(row: Mapping[str, Any]) -> Iterable[Any]:
    return row.values()


async def level_at(tx: UnitOfWork, variant_id: UUID, sku: str, location_id: UUID) -> StockLevelRow:
    """The locked level of a variant at a location; made, with nothing on it, where there was none."""
    fresh = StockLevelRow(id=new_id(), variant_id=variant_id, location_id=location_id, sku=sku, updated_at=tx.now)
    found = StockLevelRow.filter(variant_id=variant_id, location_id=location_id).select_for_update()
    level = await found.get_or_none()
    if level is None:
        await _enter([fresh])
        level = await found.get()
    return level


async def levels_at(tx: UnitOfWork, wanted: Mapping[tuple[UUID, UUID], str]) -> dict[tuple[UUID, UUID], StockLevelRow]:
    """The locked levels of these SKUs, by variant and location; made, with nothing on them, where there were none."""
    fresh = [
        StockLevelRow(id=new_id(), variant_id=variant_id, location_id=location_id, sku=sku, updated_at=tx.now)
        for (variant_id, location_id), sku in wanted.items()
    ]
    await _enter(fresh)
    locked = await lock_levels({variant_id for variant_id, _ in wanted})
    return {(level.variant_id, level.location_id): level for level in locked}


async def _enter(fresh: Sequence[StockLevelRow]) -> None:
    """Make those of the levels that are not there; each knows, as its variant does, in which order its lots leave."""
    made = await insert_new(fresh)
    if not made:
        return
    # After the insert, which keeps the variants from being changed until the commit.
    told = await look_up(
        "SELECT id, is_first_expired_first_out FROM variants WHERE id {0} AND traceability = 'LOT'",
        {row.variant_id for row in fresh if row.id in made},
    )
    for each in told:
        mine = StockLevelRow.filter(variant_id=each["id"], id__in=[row.id for row in fresh if row.id in made])
        await mine.update(rotation=Rotation.FEFO if each["is_first_expired_first_out"] else Rotation.FIFO)


# What a change of counters may do: no promise (allocated, reserved) beyond ATP, though what waits, or is reserved,
# may become allocated; nothing that is held below zero; and what is on hand within bounds. Demand that is accepted to
# wait needs no ATP: that is the policy's matter, as on_hand below zero is the flow's, where a fact says so.
_PROMISED = "(d_allocated + d_reserved + CASE WHEN d_waiting < 0 THEN d_waiting ELSE 0 END)"
_GUARD = f"""
    allocated + d_allocated >= 0 AND reserved + d_reserved >= 0 AND waiting + d_waiting >= 0
    AND damaged + d_damaged >= 0 AND quarantined + d_quarantined >= 0 AND safety_stock + d_safety_stock >= 0
    AND incoming + d_incoming >= 0
    AND ({_PROMISED} <= 0
         OR on_hand - allocated - reserved - waiting - damaged - quarantined - safety_stock >= {_PROMISED})
    AND on_hand + d_on_hand BETWEEN {-MOST_ON_HAND} AND {MOST_ON_HAND}
"""
_AFTER = ("sku", "location_id", "low_stock_at", "rotation", *COUNTERS)


async def move(tx: UnitOfWork, movements: Sequence[Movement]) -> None:
    """Apply the movements: one guarded UPDATE for each level's sum, a ledger line each, and what follows from them.

    A promise (more allocated or reserved) needs that many units of ATP; nothing that is held falls below zero. Levels
    that are several are locked by the caller, in key order.
    Raises InsufficientStock when a level cannot give what is asked; the caller's transaction then rolls back whole.
    """
    changes = sums(movements)
    changed = await add(Addition(StockLevelRow, changes, _GUARD, tx.now), returning=_AFTER)
    for level_id in sorted(changes.keys() - changed.keys()):
        await _refuse(level_id, changes[level_id])
    rotations = {level_id: Rotation(told) for level_id, (_, _, _, told, *_) in changed.items() if told}
    if rotations:
        movements = [part for each in movements for part in await lots.by_lot(tx, each, rotations)]
    tx.add(*ledger(tx, movements, {level_id: (sku, place) for level_id, (sku, place, *_) in changed.items()}))
    for level_id, (_, _, low_stock_at, _, *counters) in changed.items():
        after = Counters(*counters)
        await _follow(tx, level_id, after.less(changes[level_id]), after)
        tell(tx, level_id, after.less(changes[level_id]), after, low_stock_at)


def move_free(tx: UnitOfWork, movements: Sequence[Movement], shelf: Iterable[Free]) -> None:
    """As `move`, with everything else at the end: for promises of what `lock_free` showed to be free on this shelf.

    What is on hand does not change by it, and so no lot does.
    """
    changes = sums(movements)
    tx.add_units(Addition(StockLevelRow, changes, _GUARD, tx.now))
    moved = [level for level in shelf if level.level_id in changes]
    tx.add(*ledger(tx, movements, {level.level_id: (level.sku, level.location_id) for level in moved}))
    for level in moved:
        after = level.counters.more(changes[level.level_id])
        tell(tx, level.level_id, level.counters, after, level.low_stock_at)


def sums(movements: Sequence[Movement]) -> dict[UUID, dict[str, int]]:
    """What changes of each level."""
    changes: dict[UUID, dict[str, int]] = {}
    for movement in movements:
        change = changes.setdefault(movement.level_id, {})
        for name, units in movement.deltas.items():
            change[name] = change.get(name, 0) + units
    return changes


def ledger(
    tx: UnitOfWork, movements: Sequence[Movement], levels: Mapping[UUID, tuple[str, UUID]]
) -> Iterable[StockMovementRow]:
    """The lines of these movements; `levels` says of each level its SKU and its location."""
    for each in movements:
        sku, location_id = levels[each.level_id]
        yield StockMovementRow(
            level_id=each.level_id,
            sku=sku,
            location_id=location_id,
            cause=each.cause,
            reason=each.reason,
            order_id=each.order_id,
            subject_id=each.subject_id,
            lot_id=each.lot_id,
            actor=each.actor or tx.principal(each.order_id),
            note=each.note,
            unique_key=each.unique_key,
            occurred_at=tx.now,
            **each.deltas,
        )


def tell(tx: UnitOfWork, level_id: UUID, before: Counters, after: Counters, low_stock_at: int | None) -> None:
    """Tell the feed."""
    if after != before:
        tx.record(StockLevelChanged(level_id, before.available, after.available))
        tx.record(*_alerts(level_id, before.available, after.available, low_stock_at))


def _alerts(level_id: UUID, before: int, after: int, low_stock_at: int | None) -> list[StockFact]:
    """What people want to be told of when available units changed from one number to another."""
    if before == 0 < after:
        return [StockCameBack(level_id, after)]
    if after == 0 < before:
        return [StockRanOut(level_id)]
    is_low = low_stock_at is not None and after <= low_stock_at < before
    return [StockRanLow(level_id, after)] if is_low else []


async def _follow(tx: UnitOfWork, level_id: UUID, before: Counters, after: Counters) -> None:
    """Give the waiting what came, and give promises elsewhere that can no longer be kept."""
    if after.waiting and 0 < after.to_hand_out > before.to_hand_out:
        tx.later("fill_backorders", {"level_id": level_id.hex})
    if after.short != before.short:
        await note_shortage(tx, level_id, after.short)


async def note_shortage(tx: UnitOfWork, level_id: UUID, units: int) -> None:
    """So many units of the locked level are promised that are not there: open, change or resolve its shortage."""
    open_one = await ShortageRow.get_or_none(level_id=level_id, resolved_at=None)
    if open_one is None and not units:
        return
    has_grown = open_one is None or units > open_one.units
    if open_one is None:
        open_one = ShortageRow(id=new_id(), level_id=level_id, units=units, opened_at=tx.now)
        await open_one.save(force_create=True)
        tx.record(ShortageOpened(level_id, open_one.id, units))
    else:
        open_one.units, open_one.is_open, open_one.resolved_at = units, units > 0, None if units else tx.now
        await open_one.save(update_fields=["units", "is_open", "resolved_at"])
    if has_grown:  # where it shrank, somebody is about it
        tx.later("resolve_shortage", {"level_id": level_id.hex})
    if not units:
        tx.record(ShortageResolved(level_id, open_one.id))


async def _refuse(level_id: UUID, deltas: Mapping[str, int]) -> None:
    level = await StockLevelRow.get(id=level_id)
    promised = deltas.get("allocated", 0) + deltas.get("reserved", 0) + min(deltas.get("waiting", 0), 0)
    if abs(level.on_hand + deltas.get("on_hand", 0)) > MOST_ON_HAND:
        raise InvalidInput(f"A location has at most {MOST_ON_HAND:,} units of a SKU on hand.", path=("quantity",))
    assert promised > 0, f"{level.sku}: more was taken out of a counter than is in it: {deltas}"
    raise InsufficientStock(level.sku, promised, max(atp(level), 0))
