"""Writes to stock: every change of a counter is one guarded UPDATE and one ledger line, in the same transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tortoise.expressions import F

from domain.kernel.errors import InvalidInput
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import UnitOfWork
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


@dataclass
class Change:
    """All movements of one level in one unit of work, added up."""

    deltas: dict[str, int] = field(default_factory=dict)

    def add(self, deltas: dict[str, int]) -> None:
        """Add one movement's deltas."""
        for name, units in deltas.items():
            self.deltas[name] = self.deltas.get(name, 0) + units


async def lock_levels(variant_ids: Iterable[UUID]) -> list[StockLevelRow]:
    """The levels of these variants at every location, locked, in the order of their keys."""
    return await StockLevelRow.filter(variant_id__in=list(variant_ids)).order_by("id").select_for_update()


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


async def move(tx: UnitOfWork, movements: Sequence[Movement]) -> None:
    """Apply the movements: one guarded UPDATE a level, in key order, and a ledger line each.

    A promise (more allocated) needs that many units of ATP; nothing that is held falls below zero.
    Raises InsufficientStock when a level cannot give what is asked; the caller's transaction then rolls back whole.
    """
    changes: dict[UUID, Change] = {}
    for movement in movements:
        changes.setdefault(movement.level_id, Change()).add(movement.deltas)
    for level_id in sorted(changes):
        await _apply(tx, level_id, changes[level_id].deltas)
    rows = [
        StockMovementRow(
            level_id=each.level_id,
            cause=each.cause,
            order_id=each.order_id,
            actor=tx.actor.principal,
            note=each.note,
            unique_key=each.unique_key,
            occurred_at=tx.now,
            **each.deltas,
        )
        for each in movements
    ]
    await StockMovementRow.bulk_create(rows, batch_size=500)


async def _apply(tx: UnitOfWork, level_id: UUID, deltas: dict[str, int]) -> None:
    guard: dict[str, Any] = {
        f"{name}__gte": -units for name, units in deltas.items() if units < 0 and name != "on_hand"
    }
    if (promised := deltas.get("allocated", 0)) > 0:
        held = F("reserved") + (F("waiting") + (F("damaged") + (F("quarantined") + (F("safety_stock") + promised))))
        guard["on_hand__gte"] = F("allocated") + held
    if units := deltas.get("on_hand", 0):
        side, bound = ("lte", MOST_ON_HAND) if units > 0 else ("gte", -MOST_ON_HAND)
        guard[f"on_hand__{side}"] = bound - units
    changed: dict[str, Any] = {name: F(name) + units for name, units in deltas.items()}
    if await StockLevelRow.filter(id=level_id, **guard).update(updated_at=tx.now, **changed):
        return
    level = await StockLevelRow.get(id=level_id)
    if abs(level.on_hand + deltas.get("on_hand", 0)) > MOST_ON_HAND:
        raise InvalidInput(f"A location has at most {MOST_ON_HAND:,} units of a SKU on hand.", path=("quantity",))
    assert promised > 0, f"{level.sku}: more was taken out of a counter than is in it: {deltas}"
    raise InsufficientStock(level.sku, promised, max(atp(level), 0))
