"""Units came where orders wait: each gets its share, the oldest promise first, before anyone else can have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from tortoise.expressions import Q
from tortoise.functions import Sum

from domain.allocation.models import AllocationRow
from domain.backorders.decisions import SERVED_FIRST, served, share
from domain.backorders.events import BackorderFilled
from domain.backorders.models import BackorderRow
from domain.catalog.decisions import is_released
from domain.catalog.models import VariantRow
from domain.flows.free_stock import lock_free
from domain.flows.place_orders import work_of
from domain.flows.source_again import set_aside
from domain.fulfillment import service as fulfillment
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.actor import Permission
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.lifecycle import OrderStatus
from domain.orders.models import OrderRow
from domain.stock import service as stock
from domain.stock.models import MovementCause, StockLevelRow
from domain.stock.queries import atp

MOST_AT_ONCE = 10_000
AND_THEN = timedelta(minutes=1)


@dataclass(frozen=True)
class FillBackorders:
    """There are units at a level where orders wait."""

    level_id: UUID


async def fill_backorders(tx: UnitOfWork, request: FillBackorders) -> UUID:
    """Find out to whom units of the level are due, and enqueue a job for each of these orders; the level's id.

    Nothing is locked, and nothing is given here: what waits is no more free than it was before.
    """
    tx.actor.require(Permission.MANAGE_ORDERS)
    level = await StockLevelRow.get(id=request.level_id)
    variant = await VariantRow.get(id=level.variant_id)
    units = _to_hand_out(level)
    if units <= 0 or not is_released(variant.available_from, tx.now):
        return level.id
    line = BackorderRow.filter(level_id=level.id, ended_at__isnull=True).order_by(*SERVED_FIRST)
    waiting = await line.limit(min(units, MOST_AT_ONCE)).values_list("order_id", "quantity")
    due = waiting[: served([quantity for _, quantity in waiting], units)]
    for order_id in dict.fromkeys(order_id for order_id, _ in due):
        tx.later("fill_backorder", {"order_id": order_id.hex})
    if len(due) == MOST_AT_ONCE:
        tx.later("fill_backorders", {"level_id": level.id.hex}, after=AND_THEN)
    return level.id


@dataclass(frozen=True)
class FillBackorder:
    """Units that the order waits for may have come."""

    order_id: UUID


async def fill_backorder(tx: UnitOfWork, request: FillBackorder) -> UUID:
    """Set aside for the order what is due to it of the units that it waits for, and give their locations the work.

    Due is what there is to hand out less what older promises wait for. The order's id; safe to do twice.
    """
    tx.actor.require(Permission.MANAGE_ORDERS)
    order = await orders.lock(tx, request.order_id)
    waiting = await BackorderRow.filter(order_id=order.id, ended_at__isnull=True).order_by("id")
    if not waiting:
        return order.id
    variant_ids = {row.variant_id for row in waiting}
    await lock_free(tx, variant_ids)
    levels = {level.id: level for level in await stock.lock_levels(variant_ids)}
    released = {
        each.id
        for each in await VariantRow.filter(id__in=list(variant_ids))
        if is_released(each.available_from, tx.now)
    }
    given = []
    for row in waiting:
        if row.variant_id in released:
            units = share(row.quantity, await _ahead_of(row), _to_hand_out(levels[row.level_id]))
            given += [(row, units)] if units else []
    await _give(tx, order, given)
    return order.id


def _to_hand_out(level: StockLevelRow) -> int:
    return atp(level) + level.waiting


async def _ahead_of(row: BackorderRow) -> int:
    """Units of the level that are waited for by those that are served before it."""
    earlier, same = Q(), dict[str, Any]()
    for name in SERVED_FIRST:
        earlier |= Q(**same, **{f"{name}__lt": getattr(row, name)})
        same[name] = getattr(row, name)
    line = BackorderRow.filter(earlier, level_id=row.level_id, ended_at__isnull=True)
    [(units,)] = await line.annotate(units=Sum("quantity")).values_list("units")
    return units or 0


async def _give(tx: UnitOfWork, order: OrderRow, given: Sequence[tuple[BackorderRow, int]]) -> None:
    for row, units in given:
        row.quantity -= units
        row.ended_at = None if row.quantity else tx.now
        await row.save(update_fields=["quantity", "ended_at"])
        tx.record(BackorderFilled(order.id, row.requirement_id, units))
    rows = [_allocation(row, units) for row, units in given]
    await set_aside(rows, out_of="waiting")
    await stock.move(
        tx,
        [
            stock.Movement(
                row.level_id, MovementCause.BACKORDER_FILLED, waiting=-units, allocated=units, order_id=order.id
            )
            for row, units in given
        ],
    )
    # One that still waits to be confirmed gives the work when it is.
    if order.status == OrderStatus.CONFIRMED:
        begun = await FulfillmentOrderRow.filter(order_id=order.id).count() if rows else 0
        fulfillment.open_orders(tx, [work_of(order, row) for row in rows], begun=begun)


def _allocation(row: BackorderRow, units: int) -> AllocationRow:
    return AllocationRow(
        requirement_id=row.requirement_id,
        order_id=row.order_id,
        location_id=row.location_id,
        variant_id=row.variant_id,
        sku=row.sku,
        quantity=units,
    )
