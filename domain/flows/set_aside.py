"""Units that a location sets aside for work of its own, a transfer or an assembly: all of them or none."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.flows.free_stock import lock_free
from domain.kernel.errors import Refusals
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.errors import InsufficientStock
from domain.stock.models import MovementCause
from domain.stock.queries import counters_of


@dataclass(frozen=True)
class SetAside:
    """Units of a variant."""

    variant_id: UUID
    sku: str
    units: int


async def set_aside(tx: UnitOfWork, subject_id: UUID, location_id: UUID, wanted: Sequence[SetAside]) -> None:
    """Allocate these units at the location for the locked thing, which is told in the ledger.

    Raises InsufficientStock for each SKU of which too few are free there; nothing is allocated then.
    """
    here = await _free_at(tx, location_id, {each.variant_id for each in wanted})
    short = [
        InsufficientStock(each.sku, each.units, max(here[each.sku].atp, 0) if each.sku in here else 0)
        for each in wanted
        if each.sku not in here or here[each.sku].atp < each.units
    ]
    if short:
        raise Refusals(short) if len(short) > 1 else short[0]
    cause = MovementCause.ALLOCATED
    await stock.move(
        tx,
        [
            stock.Movement(here[each.sku].level_id, cause, allocated=each.units, subject_id=subject_id)
            for each in wanted
        ],
    )


async def _free_at(tx: UnitOfWork, location_id: UUID, variant_ids: Collection[UUID]) -> dict[str, stock.Free]:
    """What is free at the location, by SKU, also where it takes no orders any more: it may be cleared out."""
    # All of them at once, in the order of their keys, for the door shows those alone that take orders.
    levels = await stock.lock_levels(variant_ids)
    here = {
        level.sku: stock.Free(level.id, location_id, level.sku, counters_of(level), level.low_stock_at)
        for level in levels
        if level.location_id == location_id
    }
    return here | {free.sku: free for free in await lock_free(tx, variant_ids) if free.location_id == location_id}


async def give_back(tx: UnitOfWork, subject_id: UUID, location_id: UUID, held: Sequence[SetAside]) -> None:
    """What was set aside for the locked thing, and is not needed any more, is free again."""
    levels = await stock.lock_levels({each.variant_id for each in held})
    here = {level.variant_id: level.id for level in levels if level.location_id == location_id}
    cause = MovementCause.DEALLOCATED
    await stock.move(
        tx,
        [
            stock.Movement(here[each.variant_id], cause, allocated=-each.units, subject_id=subject_id)
            for each in held
            if each.units
        ],
    )
