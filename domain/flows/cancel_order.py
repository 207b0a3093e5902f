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
from domain.orders.models import OrderRow


@dataclass(frozen=True)
class CancelOrder:
    """Call the whole order off."""

    order_id: UUID
    reason: str
    expected_revision: int | None = None


async def cancel_order(tx: UnitOfWork, request: CancelOrder) -> UUID:
    """Free its units, call its work off, expect no more money, and owe back what was paid."""
    tx.actor.require(Permission.CANCEL_ORDERS)
    order = await orders.lock(tx, request.order_id, expected_revision=request.expected_revision)
    await call_off(tx, order, request.reason)
    return order.id


async def call_off(tx: UnitOfWork, order: OrderRow, reason: str) -> None:
    """Cancel the locked order. Raises InvalidInput for a reason that is none, IllegalTransition once units shipped."""
    checked_reason(reason, most=200)
    order.status = ORDER.step(OrderAction.CANCEL, order.status, order.facts(is_on_hold=False))
    order.cancel_reason = reason
    tx.record(OrderCanceled(order.id))
    await unwind(tx, order)
