"""Promises that facts from the floor broke: the weakest and latest first, baskets are let go, orders given elsewhere.

What transfers and assemblies have set aside is left to staff, who planned it: where nothing else can make a shortage
good, it stays open.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domain.allocation.models import AllocationRow
from domain.flows.free_stock import give_back
from domain.flows.roll_up import roll_up
from domain.flows.source_again import source_again
from domain.flows.unwind_order import free_units
from domain.fulfillment import service as fulfillment
from domain.fulfillment.models import FulfillmentOrderLineRow
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.events import OrderSourcedAgain
from domain.orders.lifecycle import OrderStatus
from domain.reservations import service as reservations
from domain.reservations.events import ReservationReleased
from domain.reservations.lifecycle import ReservationAction, ReservationStatus
from domain.reservations.models import ReservationLineRow
from domain.stock import service as stock
from domain.stock.models import MovementCause, StockLevelRow
from domain.stock.queries import counters_of

# So many promises are looked at, before it is looked again at what is still missing.
MOST_AT_ONCE = 100
MOST_LOOKED_AT = 10_000
AGAIN_AFTER = timedelta(seconds=10)


@dataclass(frozen=True)
class ResolveShortage:
    """More units of this level are promised than are there."""

    level_id: UUID


async def resolve_shortage(tx: UnitOfWork, request: ResolveShortage) -> int:
    """Choose the promises that are broken, a job for each; how many: baskets as long as any hold units, then orders.

    What is packed stays: somebody has it in hand. Where nothing else is left, the shortage stays open.
    """
    level = await StockLevelRow.get(id=request.level_id)
    missing = counters_of(level).short
    if not missing:
        return 0
    chosen = await _choose_baskets(tx, level, missing) or await _choose_orders(tx, level, missing)
    if chosen >= MOST_AT_ONCE:  # there may be more of them, once these are done
        tx.later("resolve_shortage", {"level_id": level.id.hex}, after=AGAIN_AFTER)
    return chosen


async def _choose_baskets(tx: UnitOfWork, level: StockLevelRow, missing: int) -> int:
    """Let baskets go, the latest first. The last of them asks for orders, where units are missing still."""
    held = ReservationLineRow.filter(level_id=level.id, held__gt=0).order_by("-id").limit(MOST_AT_ONCE)
    chosen = set[UUID]()
    for line in await held:
        if missing <= 0:
            break
        if line.reservation_id not in chosen:
            chosen.add(line.reservation_id)
            payload = {"reservation_id": line.reservation_id.hex, "level_id": level.id.hex}
            tx.later("let_reservation_go", payload)
        missing -= line.held
    return len(chosen)


async def _choose_orders(tx: UnitOfWork, level: StockLevelRow, missing: int) -> int:
    """Give orders elsewhere, the latest first."""
    chosen = 0
    held = AllocationRow.filter(variant_id=level.variant_id, location_id=level.location_id, quantity__gt=0)
    latest = held.order_by("-order__placed_at", "-order_id", "-id").select_related("order").limit(MOST_AT_ONCE)
    for start in range(0, MOST_LOOKED_AT, MOST_AT_ONCE):
        some = await latest.offset(start)
        units = await _movable(some, level.location_id)
        for order_id in dict.fromkeys(row.order_id for row in some):
            mine = sum(units[row.id] for row in some if row.order_id == order_id)
            if mine and missing > 0:
                tx.later("source_order_again", {"order_id": order_id.hex, "level_id": level.id.hex})
                missing, chosen = missing - mine, chosen + 1
        if missing <= 0 or chosen >= MOST_AT_ONCE or not some:
            break
    return chosen


@dataclass(frozen=True)
class LetReservationGo:
    """Some of what this level set aside for the basket may not be there."""

    reservation_id: UUID
    level_id: UUID


async def let_reservation_go(tx: UnitOfWork, request: LetReservationGo) -> UUID:
    """Release the basket if it holds units of the level and some are missing there; its id.

    Nothing where nothing is missing any more. Where an order took it meanwhile, or no basket is left, orders are asked.
    """
    reservation = (await reservations.lock_named([request.reservation_id]))[request.reservation_id]
    lines = await reservations.lines_of([reservation.id])
    await stock.lock_each({request.level_id, *(line.level_id for line in lines)})
    if not await _missing(request.level_id):
        return reservation.id
    lines = await reservations.lines_of([reservation.id])
    holds_some = any(line.held for line in lines if line.level_id == request.level_id)
    is_let_go = holds_some and reservation.status == ReservationStatus.ACTIVE
    if is_let_go:
        reservations.end(tx, reservation, ReservationAction.RELEASE)
        await give_back(tx, [reservation.id], MovementCause.RELEASED)
        tx.record(ReservationReleased(None, reservation.id))
    # Where others still hold some, they were chosen with it, or there is enough.
    is_last = not is_let_go or not await ReservationLineRow.filter(level_id=request.level_id, held__gt=0).exists()
    if is_last and await _missing(request.level_id):
        tx.later("resolve_shortage", {"level_id": request.level_id.hex})
    return reservation.id


async def _missing(level_id: UUID) -> int:
    """Units of the locked level that are promised and not there."""
    return counters_of(await StockLevelRow.get(id=level_id)).short


@dataclass(frozen=True)
class SourceOrderAgain:
    """Some of what this level set aside for the order may not be there."""

    order_id: UUID
    level_id: UUID


async def source_order_again(tx: UnitOfWork, request: SourceOrderAgain) -> UUID:
    """Give what is missing at the level elsewhere, as far as it is the order's and not packed; the order's id.

    Nothing where nothing is missing any more. What no other location has, the order is held for.
    """
    order = await orders.lock(tx, request.order_id)
    requirements = await orders.requirements_of(order.id)
    # All at once: the levels of what is freed and of what is sourced again, in one sorted lock.
    levels = await stock.lock_levels({each.variant_id for each in requirements if each.is_stocked and each.variant_id})
    level = next(each for each in levels if each.id == request.level_id)
    missing = counters_of(level).short
    if not missing:
        return order.id
    held = (
        await AllocationRow.filter(
            order_id=order.id, variant_id=level.variant_id, location_id=level.location_id, quantity__gt=0
        )
        .select_related("order")
        .order_by("-id")
    )
    units, movable = Counter[UUID](), await _movable(held, level.location_id)
    for row in held:
        units[row.requirement_id] = min(movable[row.id], missing - units.total())
    if not units.total():
        tx.later("resolve_shortage", {"level_id": level.id.hex})  # it was packed meanwhile: others are asked
        return order.id
    mine = [row for row in held if units[row.requirement_id]]
    if order.status == OrderStatus.CONFIRMED:
        await fulfillment.call_off_units(tx, level.location_id, +units)
    await free_units(tx, order, mine, units)
    await orders.shift(+units, "allocated", "unallocated")
    tx.record(OrderSourcedAgain(order.id, level.sku, units.total()))
    await source_again(tx, order, without={level.location_id})
    await roll_up(tx, order)
    return order.id


async def _movable(held: Sequence[AllocationRow], location_id: UUID) -> dict[UUID, int]:
    """Units of each allocation that are not packed, its order read with it. Nothing of what is over."""
    found = {row.id: row.quantity if row.order.status == OrderStatus.PENDING else 0 for row in held}
    confirmed = {row.requirement_id: row.id for row in held if row.order.status == OrderStatus.CONFIRMED}
    lines = FulfillmentOrderLineRow.filter(
        requirement_id__in=list(confirmed),
        fulfillment_order__location_id=location_id,
        fulfillment_order__status__in=fulfillment.OPEN_WORK,
    )
    for line in await lines:
        found[confirmed[line.requirement_id]] += line.quantity - line.packed - line.canceled
    return found
