"""Sourcing again: units of an order that lost their location are set aside elsewhere."""

from collections.abc import Collection
from uuid import UUID

from domain.allocation.decisions import Source, hand_out, plan_allocation
from domain.allocation.models import AllocationRow
from domain.flows.place_orders import work_of
from domain.fulfillment import service as fulfillment
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.orders import service as orders
from domain.orders.events import OrderHeld
from domain.orders.models import HoldKind, HoldRow, OrderRow, RequirementRow
from domain.stock import service as stock
from domain.stock.models import MovementCause
from domain.stock.queries import atp


async def source_again(tx: UnitOfWork, order: OrderRow, *, without: Collection[UUID] = ()) -> None:
    """Set the locked order's unallocated units aside at locations other than these, and give those the work.

    What nobody has stays unallocated, and the order is held for stock: never a silent short allocation.
    """
    open_units = RequirementRow.filter(order_id=order.id, is_stocked=True, unallocated__gt=0)
    wanted = await open_units.order_by("id")
    if not wanted:
        return
    demand: dict[str, int] = {}
    for each in wanted:
        demand[each.sku] = demand.get(each.sku, 0) + each.unallocated
    levels = await stock.lock_levels({each.variant_id for each in wanted if each.variant_id})
    free = {(level.location_id, level.sku): level for level in levels}
    places = await LocationRow.filter(is_active=True).exclude(id__in=list(without)).order_by("priority", "code")
    sources = [
        Source(place.id, {sku: max(atp(free[place.id, sku]), 0) for sku in demand if (place.id, sku) in free})
        for place in places
    ]
    plan = plan_allocation(demand, sources)
    rows, movements, by_id = [], [], {each.id: each for each in wanted}
    open_wants = [(each.id, each.sku, each.unallocated) for each in wanted]
    for requirement_id, location_id, units in hand_out(plan.takes, open_wants):
        each = by_id[requirement_id]
        rows.append(await _allocate(order, each, location_id, units))
        level_id = free[location_id, each.sku].id
        movements.append(stock.Movement(level_id, MovementCause.ALLOCATED, allocated=units, order_id=order.id))
    await stock.move(tx, movements)
    begun = await FulfillmentOrderRow.filter(order_id=order.id).count()
    fulfillment.open_orders(tx, [work_of(order, row) for row in rows], begun=begun)
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
