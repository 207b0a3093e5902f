"""A location's work: begun, or rejected and sourced again elsewhere."""

from dataclasses import dataclass
from uuid import UUID

from domain.allocation.models import AllocationRow
from domain.flows.roll_up import roll_up
from domain.flows.source_again import source_again
from domain.flows.unwind_order import free_units
from domain.fulfillment import service as fulfillment
from domain.fulfillment.events import FulfillmentOrderRejected, FulfillmentOrderStarted
from domain.fulfillment.lifecycle import FULFILLMENT_ORDER, FulfillmentOrderAction, FulfillmentOrderStatus
from domain.fulfillment.models import FulfillmentOrderLineRow, FulfillmentOrderRow
from domain.kernel.actor import Permission
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.decisions import checked_reason
from domain.orders.models import OrderRow
from domain.stock import service as stock


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
    checked_reason(request.reason, most=300)
    order, work = await lock_work(tx, request.fulfillment_order_id, request.expected_revision)
    # All at once: the levels of what is given up and of what is sourced again, in one sorted lock.
    requirements = await orders.requirements_of(order.id)
    await stock.lock_levels({each.variant_id for each in requirements if each.is_stocked and each.variant_id})
    work.status = FULFILLMENT_ORDER.step(FulfillmentOrderAction.REJECT, work.status, work.facts(is_on_hold=False))
    work.reject_reason, work.units_to_pack = request.reason, 0
    await work.save(update_fields=["status", "reject_reason", "units_to_pack"])
    tx.record(FulfillmentOrderRejected(order.id, work.id))
    lines = await fulfillment.lines_of(work.id)
    await _give_up(tx, order, work, lines)
    refused = await FulfillmentOrderRow.filter(order_id=order.id, status=FulfillmentOrderStatus.REJECTED)
    await source_again(tx, order, without={each.location_id for each in refused})
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
    await orders.shift(units, "allocated", "unallocated")
    await fulfillment.call_off_lines(work.id)
