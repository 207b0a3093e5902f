"""A location's work: begun, or rejected and sourced again elsewhere."""

from dataclasses import dataclass
from uuid import UUID

from domain.allocation.decisions import Source, plan_allocation
from domain.allocation.models import AllocationRow
from domain.flows.place_orders import work_of
from domain.flows.roll_up import roll_up
from domain.flows.unwind_order import free_units
from domain.fulfillment import service as fulfillment
from domain.fulfillment.events import FulfillmentOrderRejected, FulfillmentOrderStarted
from domain.fulfillment.lifecycle import FULFILLMENT_ORDER, FulfillmentOrderAction, FulfillmentOrderStatus
from domain.fulfillment.models import FulfillmentOrderLineRow, FulfillmentOrderRow
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.orders import service as orders
from domain.orders.events import OrderHeld
from domain.orders.models import HoldKind, HoldRow, OrderRow, RequirementRow
from domain.stock import service as stock
from domain.stock.models import MovementCause
from domain.stock.queries import atp


@dataclass(frozen=True)
class StartFulfillmentOrder:
    """The location begins to pick."""

    fulfillment_order_id: UUID
    expected_revision: int | None = None


async def lock_work(
    tx: UnitOfWork, fulfillment_order_id: UUID, expected_revision: int | None = None
) -> tuple[OrderRow, FulfillmentOrderRow]:
    """The work and its order, the order locked. Raises NotFound, StaleRevision, or what `require` does."""
    tx.actor.require(Permission.FULFILL_ORDERS)
    order_id = await fulfillment.order_of(fulfillment_order_id)
    order = await orders.lock(tx, order_id, expected_revision=expected_revision)
    return order, await FulfillmentOrderRow.get(id=fulfillment_order_id)


async def start_fulfillment_order(tx: UnitOfWork, request: StartFulfillmentOrder) -> UUID:
    """The location has begun; the fulfillment order's id."""
    order, work = await lock_work(tx, request.fulfillment_order_id, request.expected_revision)
    await begin(tx, order, work)
    await roll_up(tx, order)
    return work.id


async def begin(tx: UnitOfWork, order: OrderRow, work: FulfillmentOrderRow) -> None:
    """OPEN becomes IN_PROGRESS. Raises IllegalTransition, also while the order is on hold."""
    facts = work.facts(is_on_hold=await orders.is_on_hold(order.id))
    work.status = FULFILLMENT_ORDER.step(FulfillmentOrderAction.START, work.status, facts)
    await work.save(update_fields=["status"])
    tx.record(FulfillmentOrderStarted(order.id, work.id))


@dataclass(frozen=True)
class RejectFulfillmentOrder:
    """The location cannot do it."""

    fulfillment_order_id: UUID
    reason: str
    expected_revision: int | None = None


async def reject_fulfillment_order(tx: UnitOfWork, request: RejectFulfillmentOrder) -> UUID:
    """Take the work from the location and source its units again, at locations that have not rejected this order.

    What nobody else has stays unallocated, and the order is held for stock: never a silent short allocation.
    """
    if not 1 <= len(request.reason.strip()) <= len(request.reason) <= 300:
        raise InvalidInput("Say why in 1 to 300 characters.", path=("reason",))
    order, work = await lock_work(tx, request.fulfillment_order_id, request.expected_revision)
    work.status = FULFILLMENT_ORDER.step(FulfillmentOrderAction.REJECT, work.status, work.facts(is_on_hold=False))
    work.reject_reason, work.units_to_pack = request.reason, 0
    await work.save(update_fields=["status", "reject_reason", "units_to_pack"])
    tx.record(FulfillmentOrderRejected(order.id, work.id))
    lines = await fulfillment.lines_of(work.id)
    await _give_up(tx, order, work, lines)
    await _source_again(tx, order, lines)
    await roll_up(tx, order)
    return work.id


async def _give_up(
    tx: UnitOfWork, order: OrderRow, work: FulfillmentOrderRow, lines: list[FulfillmentOrderLineRow]
) -> None:
    # Only this work's units: the location may have other work for the same requirement.
    left = {line.requirement_id: line.quantity - line.packed - line.canceled for line in lines}
    units = {requirement_id: count for requirement_id, count in left.items() if count}
    held = await AllocationRow.filter(requirement_id__in=list(units), location_id=work.location_id).order_by("id")
    await free_units(tx, order, held, units)
    for requirement_id, count in units.items():
        await orders.shift(requirement_id, count, "allocated", "unallocated")
    await fulfillment.call_off_lines(work.id)


async def _source_again(tx: UnitOfWork, order: OrderRow, lines: list[FulfillmentOrderLineRow]) -> None:
    wanted = await RequirementRow.filter(id__in=[line.requirement_id for line in lines], unallocated__gt=0).order_by(
        "id"
    )
    demand: dict[str, int] = {}
    for each in wanted:
        demand[each.sku] = demand.get(each.sku, 0) + each.unallocated
    refused = FulfillmentOrderRow.filter(order_id=order.id, status=FulfillmentOrderStatus.REJECTED)
    excluded = list(await refused.values_list("location_id", flat=True))
    levels = await stock.lock_levels({each.variant_id for each in wanted if each.variant_id})
    free = {(level.location_id, level.sku): level for level in levels}
    places = await LocationRow.filter(is_active=True).exclude(id__in=excluded).order_by("priority", "code")
    sources = [
        Source(place.id, {sku: max(atp(free[place.id, sku]), 0) for sku in demand if (place.id, sku) in free})
        for place in places
    ]
    plan = plan_allocation(demand, sources)
    rows, movements, left = [], [], {each.id: each.unallocated for each in wanted}
    for take in plan.takes:
        units = take.units
        for each in wanted:
            given = min(units, left[each.id]) if each.sku == take.sku else 0
            if not given:
                continue
            units, left[each.id] = units - given, left[each.id] - given
            rows.append(await _allocate(order, each, take.location_id, given))
            level_id = free[take.location_id, take.sku].id
            movements.append(stock.Movement(level_id, MovementCause.ALLOCATED, allocated=given, order_id=order.id))
    await stock.move(tx, movements)
    begun = await FulfillmentOrderRow.filter(order_id=order.id).count()
    await fulfillment.open_orders(tx, [work_of(order, row) for row in rows], begun=begun)
    if not plan.is_complete:
        await _hold_for_stock(tx, order, dict(plan.short))


async def _allocate(order: OrderRow, each: RequirementRow, location_id: UUID, units: int) -> AllocationRow:
    await orders.shift(each.id, units, "unallocated", "allocated")
    row, _ = await AllocationRow.get_or_create(
        defaults={"order_id": order.id, "variant_id": each.variant_id, "sku": each.sku, "quantity": 0},
        requirement_id=each.id,
        location_id=location_id,
    )
    await AllocationRow.filter(id=row.id).update(quantity=row.quantity + units)
    row.quantity = units  # what is new: the work that follows is for these units alone
    return row


async def _hold_for_stock(tx: UnitOfWork, order: OrderRow, short: dict[str, int]) -> None:
    missing = ", ".join(f"{units} of {sku}" for sku, units in sorted(short.items()))
    hold = HoldRow(
        id=new_id(),
        order_id=order.id,
        kind=HoldKind.STOCK,
        reason=f"No location has {missing}."[:300],
        placed_by=tx.actor.principal,
        placed_at=tx.now,
    )
    await hold.save(force_create=True)
    tx.record(OrderHeld(order.id, hold.id, hold.kind))
