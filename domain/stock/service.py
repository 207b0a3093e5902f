"""Writes to stock: every change of a counter is one guarded UPDATE and one ledger line, in the same transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from domain.kernel.errors import InvalidInput
from domain.kernel.events import StockFact
from domain.kernel.ids import new_id
from domain.kernel.lookups import look_up
from domain.kernel.sets import add, insert_new
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock.decisions import COUNTERS, Counters, LotUnits, available_to_promise
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


@dataclass(frozen=True)
class Movement:
    """A change of one level's counters, in units, and why. `subject_id` is what it was for, if no order.

    Where lots are told apart, `lots` names those whose units come or go. The rest comes to the lot without a number,
    or leaves the lots whose turn it is. `lot_id` is written by whoever splits it so.
    `actor` is who did it, where that is somebody else than who asks: time itself, for one.
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


@dataclass(frozen=True)
class Free:
    """What may still be promised of a SKU at a location; negative when facts took more than was free.

    `reserved` are units that baskets hold, which are free again where their time is over.
    """

    level_id: UUID
    location_id: UUID
    sku: str
    atp: int
    reserved: int


async def lock_free(variant_ids: Collection[UUID]) -> list[Free]:
    """What is free of these variants at every location; their levels are locked, in the order of their keys."""
    found = await look_up(
        "SELECT id, location_id, sku, on_hand, allocated, reserved, waiting, damaged, quarantined, safety_stock"
        " FROM stock_levels WHERE variant_id {0} ORDER BY id FOR UPDATE",
        variant_ids,
    )
    return [
        Free(level, place, sku, available_to_promise(*counters), counters[2])
        for level, place, sku, *counters in map(_all, found)
    ]


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
_AFTER = (*COUNTERS, "low_stock_at", "rotation")
# What leaves because it is past its date, or with it: there what is past its date goes first.
_PAST_FIRST = frozenset({MovementCause.DISPOSED, MovementCause.WRITTEN_OFF})


async def move(tx: UnitOfWork, movements: Sequence[Movement]) -> None:
    """Apply the movements: one guarded UPDATE for each level's sum, a ledger line each, and what follows from them.

    A promise (more allocated or reserved) needs that many units of ATP; nothing that is held falls below zero. Levels
    that are several are locked by the caller, in key order.
    Raises InsufficientStock when a level cannot give what is asked; the caller's transaction then rolls back whole.
    """
    changes: dict[UUID, dict[str, int]] = {}
    for movement in movements:
        change = changes.setdefault(movement.level_id, {})
        for name, units in movement.deltas.items():
            change[name] = change.get(name, 0) + units
    changed = await add(StockLevelRow, changes, guard=_GUARD, now=tx.now, returning=_AFTER)
    for level_id in sorted(changes.keys() - changed.keys()):
        await _refuse(level_id, changes[level_id])
    rotations = {level_id: Rotation(told) for level_id, (*_, told) in changed.items() if told}
    lines = movements if not rotations else [part for each in movements for part in await _by_lot(tx, each, rotations)]
    tx.add(*(_line(tx, each) for each in lines))
    for level_id, (*counters, low_stock_at, _) in changed.items():
        await _follow(tx, level_id, Counters(*counters), changes[level_id], low_stock_at)


async def _by_lot(tx: UnitOfWork, each: Movement, rotations: Mapping[UUID, Rotation]) -> list[Movement]:
    """The movement in parts, one for each lot whose units came or went; the lots are changed with it."""
    rotation = rotations.get(each.level_id)
    if rotation is None or not each.on_hand:
        return [each]
    if each.on_hand > 0:
        shares = await lots.put(tx, each.level_id, each.on_hand, each.lots)
    else:
        past_first = each.cause in _PAST_FIRST or each.reason == AdjustmentReason.EXPIRED
        taken = await lots.take(tx, each.level_id, -each.on_hand, rotation, each.lots, past_first=past_first)
        shares = [(lot_id, -units) for lot_id, units in taken]
    parts = list[Movement]()
    for lot_id, units in shares:
        # What changes as on hand does is split as it is; the rest stands in the first part.
        split: dict[str, Any] = {
            name: units if change == each.on_hand else 0 if parts else change for name, change in each.deltas.items()
        }
        key = None if parts else each.unique_key
        parts.append(replace(each, lot_id=lot_id, unique_key=key, **split))
    return parts


def _line(tx: UnitOfWork, each: Movement) -> StockMovementRow:
    return StockMovementRow(
        level_id=each.level_id,
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


async def _follow(
    tx: UnitOfWork, level_id: UUID, after: Counters, changes: Mapping[str, int], low_stock_at: int | None
) -> None:
    """Tell the feed, give the waiting what came, and give promises elsewhere that can no longer be kept."""
    if not any(changes.values()):
        return
    before = after.less(changes)
    _tell(tx, level_id, before, after, low_stock_at)
    if after.short != before.short:
        await note_shortage(tx, level_id, after.short)


def _tell(tx: UnitOfWork, level_id: UUID, before: Counters, after: Counters, low_stock_at: int | None) -> None:
    tx.record(StockLevelChanged(level_id, before.available, after.available))
    tx.record(*_alerts(level_id, before.available, after.available, low_stock_at))
    if after.waiting and 0 < after.to_hand_out > before.to_hand_out:
        tx.later("fill_backorders", {"level_id": level_id.hex})


def _alerts(level_id: UUID, before: int, after: int, low_stock_at: int | None) -> list[StockFact]:
    """What people want to be told of when available units changed from one number to another."""
    if before == 0 < after:
        return [StockCameBack(level_id, after)]
    if after == 0 < before:
        return [StockRanOut(level_id)]
    is_low = low_stock_at is not None and after <= low_stock_at < before
    return [StockRanLow(level_id, after)] if is_low else []


async def note_shortage(tx: UnitOfWork, level_id: UUID, units: int) -> None:
    """So many units of the locked level are promised that are not there: open, change or resolve its shortage."""
    open_one = await ShortageRow.get_or_none(level_id=level_id, resolved_at=None)
    has_grown = open_one is None or units > open_one.units
    if open_one is None:
        open_one = ShortageRow(id=new_id(), level_id=level_id, units=units, opened_at=tx.now)
        await open_one.save(force_create=True)
        tx.record(ShortageOpened(level_id, open_one.id, units))
    else:
        open_one.units, open_one.resolved_at = units, None if units else tx.now
        await open_one.save(update_fields=["units", "resolved_at"])
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


@dataclass(frozen=True)
class Correction:
    """Counters of a locked level that are wrong, what they are by rights, and the ledger line that says so.

    Its deltas are what the ledger lacks, whatever the counters lacked. `shortage` is what the open one says, or 0.
    """

    before: Counters
    after: Counters
    line: Movement
    shortage: int


async def set_right(tx: UnitOfWork, corrections: Sequence[Correction]) -> None:
    """Set counters of locked levels that had drifted: the only change that is no movement's sum, and is a repair."""
    drifts = {
        each.line.level_id: {name: getattr(each.after, name) - getattr(each.before, name) for name in COUNTERS}
        for each in corrections
    }
    changed = await add(StockLevelRow, drifts, now=tx.now, returning=("low_stock_at",))
    assert changed.keys() == drifts.keys(), "a correction of a level that is not there"
    for each in corrections:
        level_id = each.line.level_id
        tx.add(_line(tx, each.line))
        if each.before != each.after:
            _tell(tx, level_id, each.before, each.after, changed[level_id][0])
        if each.shortage != each.after.short:
            await note_shortage(tx, level_id, each.after.short)
