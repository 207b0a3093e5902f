"""Holds: a reason not to proceed yet, placed and released. Allocated stock stays allocated."""

from dataclasses import dataclass
from uuid import UUID

from domain.flows.source_again import source_again
from domain.kernel.actor import Permission
from domain.kernel.errors import IllegalTransition, NotFound
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.decisions import checked_reason
from domain.orders.events import OrderHeld, OrderHoldReleased
from domain.orders.lifecycle import OrderStatus
from domain.orders.models import HoldKind, HoldRow

_CAN_WAIT = (OrderStatus.PENDING, OrderStatus.CONFIRMED)


@dataclass(frozen=True)
class HoldOrder:
    """A reason not to proceed yet."""

    order_id: UUID
    kind: HoldKind
    reason: str
    expected_revision: int | None = None


async def hold_order(tx: UnitOfWork, request: HoldOrder) -> UUID:
    """Stop the order's work until the hold is released; the order's id."""
    tx.actor.require(Permission.MANAGE_ORDERS)
    checked_reason(request.reason, most=300)
    order = await orders.lock(tx, request.order_id, expected_revision=request.expected_revision)
    if order.status not in _CAN_WAIT:
        reason = f"Only an order that is PENDING or CONFIRMED can wait; it is {order.status}."
        raise IllegalTransition("order", "HOLD", order.status, "WRONG_STATUS", reason)
    hold = HoldRow(
        id=new_id(),
        order_id=order.id,
        kind=request.kind,
        reason=request.reason,
        placed_by=tx.actor.principal,
        placed_at=tx.now,
    )
    await hold.save(force_create=True)
    tx.record(OrderHeld(order.id, hold.id, request.kind))
    return order.id


@dataclass(frozen=True)
class ReleaseHold:
    """The reason is gone."""

    hold_id: UUID
    expected_revision: int | None = None


async def release_hold(tx: UnitOfWork, request: ReleaseHold) -> UUID:
    """Let the order proceed, unless another hold stands; the order's id. A hold for stock sources its units again.

    When there still is none, the order is held for stock anew. A hold that is released already stays as it was.
    """
    tx.actor.require(Permission.MANAGE_ORDERS)
    found = await HoldRow.get_or_none(id=request.hold_id)
    if found is None:
        raise NotFound("hold", f"hold_{request.hold_id.hex}")
    order = await orders.lock(tx, found.order_id, expected_revision=request.expected_revision)
    open_hold = HoldRow.filter(id=found.id, released_at__isnull=True)
    if not await open_hold.update(released_at=tx.now, released_by=tx.actor.principal):
        raise IllegalTransition("hold", "RELEASE", "RELEASED", "WRONG_STATUS", "This hold is already released.")
    tx.record(OrderHoldReleased(order.id, found.id))
    if found.kind == HoldKind.STOCK and order.status == OrderStatus.CONFIRMED:
        # Somebody says that there is stock now: every location is asked again, also those that had rejected it.
        await source_again(tx, order)
    return order.id
