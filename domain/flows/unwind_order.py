"""What ends an order before anything shipped: units free again, work called off, money owed back."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from domain.allocation.models import AllocationRow
from domain.flows.grant_refund import owe_back
from domain.flows.roll_up import roll_up
from domain.flows.unpack_shipment import unpack
from domain.flows.wait_for_stock import stop_waiting
from domain.fulfillment import service as fulfillment
from domain.fulfillment.events import FulfillmentOrderCanceled
from domain.fulfillment.lifecycle import FULFILLMENT_ORDER, FulfillmentOrderAction, FulfillmentOrderStatus
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders.models import OrderRow, RequirementRow
from domain.orders.service import requirements_of
from domain.payments.events import PaymentCanceled
from domain.payments.lifecycle import PAYMENT, PaymentAction, PaymentStatus
from domain.payments.models import PaymentRow
from domain.shipping.lifecycle import ShipmentStatus
from domain.shipping.models import ShipmentRow
from domain.stock import service as stock
from domain.stock.models import MovementCause, StockLevelRow

_OPEN_WORK = (FulfillmentOrderStatus.SCHEDULED, FulfillmentOrderStatus.OPEN, FulfillmentOrderStatus.IN_PROGRESS)

_OPEN_COUNTERS = ("unallocated", "waiting", "allocated", "picked", "packed")


async def unwind(tx: UnitOfWork, order: OrderRow) -> None:
    """Call off all that was begun for the locked order, whose status already says why, and write its roll-up."""
    for shipment in await ShipmentRow.filter(
        order_id=order.id, status__in=(ShipmentStatus.PENDING, ShipmentStatus.PACKED)
    ).order_by("id"):
        await unpack(tx, shipment)
    await _call_off_work(tx, order)
    requirements = await requirements_of(order.id)
    if any(each.waiting for each in requirements):
        # All at once: the levels where units wait and those where they are set aside, in one sorted lock.
        await stock.lock_levels({each.variant_id for each in requirements if each.is_stocked and each.variant_id})
        await stop_waiting(tx, order.id)
    await _cancel_units(requirements)
    await free_units(tx, order, await AllocationRow.filter(order_id=order.id, quantity__gt=0).order_by("id"))
    order.canceled_at = tx.now
    order.canceled_minor = order.total_minor
    await _end_payments(tx, order)
    await roll_up(tx, order)


async def _call_off_work(tx: UnitOfWork, order: OrderRow) -> None:
    for work in await FulfillmentOrderRow.filter(order_id=order.id, status__in=_OPEN_WORK).order_by("id"):
        work.status = FULFILLMENT_ORDER.step(FulfillmentOrderAction.CANCEL, work.status, work.facts(is_on_hold=False))
        work.units_to_pack = 0
        await work.save(update_fields=["status", "units_to_pack"])
        await fulfillment.call_off_lines(work.id)
        tx.record(FulfillmentOrderCanceled(order.id, work.id))


async def _cancel_units(requirements: Sequence[RequirementRow]) -> None:
    changes: dict[UUID, dict[str, int]] = {}
    for each in requirements:
        open_units = {counter: getattr(each, counter) for counter in _OPEN_COUNTERS}
        changes[each.id] = {counter: -units for counter, units in open_units.items()} | {
            "canceled": sum(open_units.values()),
            "released_minor": each.gross_minor - each.released_minor,
        }
    await add_all(RequirementRow, changes)


async def free_units(
    tx: UnitOfWork, order: OrderRow, held: Sequence[AllocationRow], units: Mapping[UUID, int] | None = None
) -> None:
    """Give the units of these allocations back to everyone: all, or as many as `units` says per requirement."""
    levels = await levels_of(held)
    given = {row.id: row.quantity if units is None else units[row.requirement_id] for row in held}
    await stock.move(
        tx,
        [
            stock.Movement(
                levels[row.variant_id, row.location_id],
                MovementCause.DEALLOCATED,
                allocated=-given[row.id],
                order_id=order.id,
            )
            for row in held
        ],
    )
    await add_all(AllocationRow, {row_id: {"quantity": -count} for row_id, count in given.items()})


async def levels_of(held: Sequence[AllocationRow]) -> dict[tuple[UUID, UUID], UUID]:
    """The level behind each allocation, locked, by variant and location."""
    locked = await stock.lock_levels({row.variant_id for row in held}) if held else []
    return {(level.variant_id, level.location_id): level.id for level in locked if isinstance(level, StockLevelRow)}


async def _end_payments(tx: UnitOfWork, order: OrderRow) -> None:
    for payment in await PaymentRow.filter(order_id=order.id).order_by("id"):
        if payment.status == PaymentStatus.PENDING:
            payment.status = PAYMENT.step(PaymentAction.CANCEL, payment.status, payment.facts)
            await payment.save(update_fields=["status"])
            tx.record(PaymentCanceled(order.id, payment.id))
    await owe_back(tx, order.id, None, reason="The order was called off.")
