"""Sourcing again: units of an order that lost their location are set aside elsewhere."""

from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID

from domain.allocation.decisions import Source, hand_out, plan_allocation
from domain.allocation.models import AllocationRow
from domain.channels.queries import sight_of
from domain.flows.free_stock import lock_free
from domain.flows.place_orders import movement_of, work_of
from domain.flows.wait_for_stock import WaitingRoom, wait_on
from domain.fulfillment import service as fulfillment
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.ids import new_id
from domain.kernel.sets import add_all, insert
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.events import OrderHeld
from domain.orders.lifecycle import OrderStatus
from domain.orders.models import HoldKind, HoldRow, OrderRow, RequirementRow
from domain.stock import service as stock


async def source_again(tx: UnitOfWork, order: OrderRow, *, without: Collection[UUID] = ()) -> None:
    """Set the locked order's unallocated units aside at locations other than these, and give those the work.

    What nobody has waits where its variant is sold without stock; else it stays unallocated, and the order is held for
    stock: never a silent short allocation.
    """
    open_units = RequirementRow.filter(order_id=order.id, is_stocked=True, unallocated__gt=0)
    wanted = await open_units.order_by("id")
    if not wanted:
        return
    demand: dict[str, int] = {}
    for each in wanted:
        demand[each.sku] = demand.get(each.sku, 0) + each.unallocated
    shelf = await lock_free(tx, {each.variant_id for each in wanted if each.variant_id})
    free = {(each.location_id, each.sku): each for each in shelf}
    places = dict.fromkeys(each.location_id for each in shelf if each.location_id not in without)
    sight = await sight_of(order.channel_id)
    sources = [
        Source(place, {sku: sight.units(place, free[place, sku].atp) for sku in demand if (place, sku) in free})
        for place in places
    ]
    plan = plan_allocation(demand, sources)
    by_id = {each.id: each for each in wanted}
    wants = [(each.id, each.sku, each.unallocated) for each in wanted]
    rows = [_allocation(order, by_id[each], place, units) for each, place, units in hand_out(plan.takes, wants)]
    await set_aside(rows, out_of="unallocated")
    await stock.move(tx, [movement_of(row, free[row.location_id, row.sku].level_id) for row in rows])
    if order.status == OrderStatus.CONFIRMED:  # before that no location has work
        begun = await FulfillmentOrderRow.filter(order_id=order.id).count()
        fulfillment.open_orders(tx, [work_of(order, row) for row in rows], begun=begun)
    given = Counter[UUID]()
    for row in rows:
        given[row.requirement_id] += row.quantity
    left = [(each, units) for each in wanted if (units := each.unallocated - given[each.id])]
    if short := await _let_wait(tx, order, left, without):
        await _hold_for_stock(tx, order, short)


async def _let_wait(
    tx: UnitOfWork, order: OrderRow, left: Sequence[tuple[RequirementRow, int]], without: Collection[UUID]
) -> dict[str, int]:
    """Let those of these units wait for the next arrival whose variants are sold without stock; the others, by SKU."""
    short = Counter[str]()
    for each, units in left:
        short[each.sku] += units
    if not short:
        return {}
    room = await WaitingRoom.lock(tx, {each.variant_id for each, _ in left if each.variant_id}, {order.channel_id})
    rows = []
    for each, units in left:
        most = room.has_room(each.sku, order.channel_id, without=without)
        if most is None or units <= most:
            rows.append(room.accept(each, units, order.channel_id, without=without))
            short[each.sku] -= units
    await stock.move(tx, await room.enter(tx, rows))
    await orders.shift({row.requirement_id: row.quantity for row in rows}, "unallocated", "waiting")
    await wait_on(rows)
    return {sku: units for sku, units in short.items() if units}


def _allocation(order: OrderRow, each: RequirementRow, location_id: UUID, units: int) -> AllocationRow:
    return AllocationRow(
        requirement_id=each.id,
        order_id=order.id,
        location_id=location_id,
        variant_id=each.variant_id,
        sku=each.sku,
        quantity=units,
    )


async def set_aside(rows: Sequence[AllocationRow], *, out_of: str) -> None:
    """Set these units aside, in the books of the requirements, where they stood in the counter `out_of`, and of the
    allocations, some of which are there.
    """
    units: Counter[UUID] = Counter()
    for row in rows:
        units[row.requirement_id] += row.quantity
    await orders.shift(units, out_of, "allocated")
    there = await AllocationRow.filter(requirement_id__in=list(units)) if units else []
    known = {(row.requirement_id, row.location_id): row.id for row in there}
    more = {known[key]: row.quantity for row in rows if (key := (row.requirement_id, row.location_id)) in known}
    await add_all(AllocationRow, {row_id: {"quantity": count} for row_id, count in more.items()})
    await insert([row for row in rows if (row.requirement_id, row.location_id) not in known])


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
