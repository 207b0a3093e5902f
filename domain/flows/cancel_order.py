"""Canceling an order before anything shipped."""

from dataclasses import dataclass
from uuid import UUID

from domain.flows.unwind_order import unwind
from domain.kernel.actor import Permission
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.decisions import checked_reason
from domain.orders.events import OrderCanceled
from domain.orders.lifecycle import ORDER, OrderAction


@dataclass(frozen=True)
class CancelOrder:
    """Call the whole order off."""

    order_id: UUID
    reason: str
    expected_revision: int | None = None


async def cancel_order(tx: UnitOfWork, request: CancelOrder) -> UUID:
    """Free its units, call its work off, expect no more money, and owe back what was paid."""
    tx.actor.require(Permission.CANCEL_ORDERS)
    checked_reason(request.reason, most=200)
    order = await orders.lock(tx, request.order_id, expected_revision=request.expected_revision)
    order.status = ORDER.step(OrderAction.CANCEL, order.status, order.facts(is_on_hold=False))
    order.cancel_reason = request.reason
    tx.record(OrderCanceled(order.id))
    await unwind(tx, order)
    return order.id
