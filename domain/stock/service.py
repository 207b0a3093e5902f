"""Writes to stock: every change of a counter is one guarded UPDATE and one ledger line, in the same transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.kernel.errors import InvalidInput
from domain.kernel.ids import new_id
from domain.kernel.lookups import look_up
from domain.kernel.sets import Addition, add
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock.decisions import available_to_promise
from domain.stock.errors import InsufficientStock
from domain.stock.models import MovementCause, StockLevelRow, StockMovementRow
from domain.stock.queries import atp

MOST_ON_HAND = 1_000_000_000


@dataclass(frozen=True)
class Movement:
    """A change of one level's counters, in units, and why."""

    level_id: UUID
    cause: MovementCause
    on_hand: int = 0
    allocated: int = 0
    damaged: int = 0
    order_id: UUID | None = None
    note: str | None = None
    unique_key: str | None = None

    @property
    def deltas(self) -> dict[str, int]:
        """The counters that change."""
        changed = {"on_hand": self.on_hand, "allocated": self.allocated, "damaged": self.damaged}
        return {name: units for name, units in changed.items() if units}


async def lock_levels(variant_ids: Iterable[UUID]) -> list[StockLevelRow]:
    """The levels of these variants at every location, locked, in the order of their keys."""
    return await StockLevelRow.filter(variant_id__in=list(variant_ids)).order_by("id").select_for_update()


@dataclass(frozen=True)
class Free:
    """What may still be promised of a SKU at a location; negative when facts took more than was free."""

    level_id: UUID
    location_id: UUID
    sku: str
    atp: int


# Locked in the order of their keys, whatever the order in which they are given.
_LOCK_FREE = """
    SELECT id, location_id, sku, on_hand, allocated, reserved, waiting, damaged, quarantined, safety_stock
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
    return [
        Free(level, place, sku, available_to_promise(*counters)) for level, place, sku, *counters in map(_all, found)
    ]


def _all(row: Mapping[str, Any]) -> Iterable[Any]:
    return row.values()


async def level_at(tx: UnitOfWork, variant_id: UUID, sku: str, location_id: UUID) -> StockLevelRow:
    """The locked level of a variant at a location; made, with nothing on it, where there was none."""
    fresh = StockLevelRow(id=new_id(), variant_id=variant_id, location_id=location_id, sku=sku, updated_at=tx.now)
    found = StockLevelRow.filter(variant_id=variant_id, location_id=location_id).select_for_update()
    level = await found.get_or_none()
    if level is None:
        await StockLevelRow.bulk_create([fresh], ignore_conflicts=True)
        level = await found.get()
    return level


async def levels_at(tx: UnitOfWork, wanted: Mapping[tuple[UUID, UUID], str]) -> dict[tuple[UUID, UUID], StockLevelRow]:
    """The locked levels of these SKUs, by variant and location; made, with nothing on them, where there were none."""
    fresh = [
        StockLevelRow(id=new_id(), variant_id=variant_id, location_id=location_id, sku=sku, updated_at=tx.now)
        for (variant_id, location_id), sku in wanted.items()
    ]
    await StockLevelRow.bulk_create(fresh, batch_size=200, ignore_conflicts=True)
    locked = await lock_levels({variant_id for variant_id, _ in wanted})
    return {(level.variant_id, level.location_id): level for level in locked}


# What a change of counters may do: no promise (more allocated) beyond ATP, nothing that is held below zero, and what
# is on hand within bounds. on_hand itself goes below zero where a fact says so: the flow decides.
_GUARD = f"""
    allocated + d_allocated >= 0 AND damaged + d_damaged >= 0
    AND (d_allocated <= 0
         OR on_hand - allocated - reserved - waiting - damaged - quarantined - safety_stock >= d_allocated)
    AND on_hand + d_on_hand BETWEEN {-MOST_ON_HAND} AND {MOST_ON_HAND}
"""


async def move(tx: UnitOfWork, movements: Sequence[Movement]) -> None:
    """Apply the movements: one guarded UPDATE for each level's sum, and a ledger line each.

    A promise (more allocated) needs that many units of ATP; nothing that is held falls below zero. Levels that are
    several are locked by the caller, in key order.
    Raises InsufficientStock when a level cannot give what is asked; the caller's transaction then rolls back whole.
    """
    changes = _sums(movements)
    changed = await add(Addition(StockLevelRow, changes, _GUARD, tx.now))
    for level_id in sorted(changes.keys() - changed.keys()):
        await _refuse(level_id, changes[level_id])
    tx.add(*_ledger(tx, movements))


def move_free(tx: UnitOfWork, movements: Sequence[Movement]) -> None:
    """As `move`, with everything else at the end: for levels that `lock_free` showed to have what is asked of them."""
    tx.add_units(Addition(StockLevelRow, _sums(movements), _GUARD, tx.now))
    tx.add(*_ledger(tx, movements))


def _sums(movements: Sequence[Movement]) -> dict[UUID, dict[str, int]]:
    """What changes of each level."""
    changes: dict[UUID, dict[str, int]] = {}
    for movement in movements:
        change = changes.setdefault(movement.level_id, {})
        for name, units in movement.deltas.items():
            change[name] = change.get(name, 0) + units
    return changes


def _ledger(tx: UnitOfWork, movements: Sequence[Movement]) -> Iterable[StockMovementRow]:
    for each in movements:
        yield StockMovementRow(
            level_id=each.level_id,
            cause=each.cause,
            order_id=each.order_id,
            actor=tx.principal(each.order_id),
            note=each.note,
            unique_key=each.unique_key,
            occurred_at=tx.now,
            **each.deltas,
        )


async def _refuse(level_id: UUID, deltas: Mapping[str, int]) -> None:
    level, promised = await StockLevelRow.get(id=level_id), deltas.get("allocated", 0)
    if abs(level.on_hand + deltas.get("on_hand", 0)) > MOST_ON_HAND:
        raise InvalidInput(f"A location has at most {MOST_ON_HAND:,} units of a SKU on hand.", path=("quantity",))
    assert promised > 0, f"{level.sku}: more was taken out of a counter than is in it: {deltas}"
    raise InsufficientStock(level.sku, promised, max(atp(level), 0))
