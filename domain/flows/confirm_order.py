"""Confirming, rejecting and expiring orders that wait for a decision."""

from dataclasses import dataclass
from uuid import UUID

from domain.allocation.models import AllocationRow
from domain.catalog.models import VariantKind
from domain.flows.give_uncounted import give_uncounted, is_given_at_confirmation
from domain.flows.place_orders import work_of
from domain.flows.roll_up import roll_up
from domain.flows.unwind_order import unwind
from domain.fulfillment import service as fulfillment
from domain.kernel.actor import Permission
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.decisions import checked_reason
from domain.orders.events import OrderConfirmed, OrderExpired, OrderRejected
from domain.orders.lifecycle import ORDER, OrderAction, OrderStatus
from domain.orders.service import is_on_hold


@dataclass(frozen=True)
class ConfirmOrder:
    """Let the locations begin."""

    order_id: UUID
    expected_revision: int | None = None


async def confirm_order(tx: UnitOfWork, request: ConfirmOrder) -> UUID:
    """Give the locations that set units aside their work; downloads and services are given at once."""
    tx.actor.require(Permission.MANAGE_ORDERS)
    order = await orders.lock(tx, request.order_id, expected_revision=request.expected_revision)
    facts = order.facts(is_on_hold=await is_on_hold(order.id))
    order.status = ORDER.step(OrderAction.CONFIRM, order.status, facts)
    tx.record(OrderConfirmed(order.id))
    held = await AllocationRow.filter(order_id=order.id, quantity__gt=0).order_by("id")
    fulfillment.open_orders(tx, [work_of(order, row) for row in held])
    has_goods = any(each.is_stocked for each in await orders.requirements_of(order.id))
    await give_uncounted(
        order.id, [kind for kind in VariantKind if is_given_at_confirmation(kind, has_goods=has_goods)]
    )
    await roll_up(tx, order)
    return order.id


@dataclass(frozen=True)
class RejectOrder:
    """Do not take the order."""

    order_id: UUID
    reason: str
    expected_revision: int | None = None


async def reject_order(tx: UnitOfWork, request: RejectOrder) -> UUID:
    """Free its units, expect no more money, and owe back what was paid."""
    tx.actor.require(Permission.MANAGE_ORDERS)
    checked_reason(request.reason, most=200)
    order = await orders.lock(tx, request.order_id, expected_revision=request.expected_revision)
    order.status = ORDER.step(OrderAction.REJECT, order.status, order.facts(is_on_hold=False))
    order.cancel_reason = request.reason
    tx.record(OrderRejected(order.id))
    await unwind(tx, order)
    return order.id


@dataclass(frozen=True)
class ExpireOrder:
    """The time to confirm it is over."""

    order_id: UUID


async def expire_order(tx: UnitOfWork, request: ExpireOrder) -> UUID:
    """Free its units if it still waits for confirmation; otherwise nothing happens."""
    tx.actor.require(Permission.MANAGE_ORDERS)
    order = await orders.lock(tx, request.order_id)
    if order.status == OrderStatus.PENDING:
        order.status = ORDER.step(OrderAction.EXPIRE, order.status, order.facts(is_on_hold=False))
        order.cancel_reason = "It was not confirmed in time."
        tx.record(OrderExpired(order.id))
        await unwind(tx, order)
    return order.id
