"""After every change of a part: the statuses of the whole order, computed anew from all its parts."""

from collections.abc import Mapping
from typing import Any

from domain.kernel.lookups import look_up
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import decisions
from domain.orders.decisions import Units
from domain.orders.events import OrderCompleted
from domain.orders.lifecycle import ORDER, OrderAction, OrderStatus
from domain.orders.models import OrderRow

_COUNTERS = ("required", "canceled", "picked", "packed", "shipped", "delivered", "lost", "returned")
# In one statement, for it follows every change.
_PARTS = f"""
    SELECT units.*, money.*,
        EXISTS (SELECT 1 FROM fulfillment_orders
            WHERE order_id {{0}} AND status IN ('IN_PROGRESS', 'CLOSED')) AS work_began,
        EXISTS (SELECT 1 FROM returns WHERE order_id {{0}} AND status = 'REQUESTED') AS is_requested,
        EXISTS (SELECT 1 FROM returns WHERE order_id {{0}}
            AND status IN ('APPROVED', 'IN_TRANSIT', 'PARTIALLY_RECEIVED', 'RECEIVED')) AS is_under_way
    FROM (SELECT {", ".join(f"coalesce(sum({each}), 0) AS {each}" for each in _COUNTERS)}
          FROM requirements WHERE order_id {{0}}) AS units,
         (SELECT cast(coalesce(sum(authorized_minor), 0) AS bigint) AS authorized,
                 cast(coalesce(sum(captured_minor), 0) AS bigint) AS captured,
                 cast(coalesce(sum(refunded_minor), 0) AS bigint) AS refunded
          FROM payments WHERE order_id {{0}}) AS money
"""


async def roll_up(tx: UnitOfWork, order: OrderRow) -> None:
    """Settle the order's rolled-up statuses; complete it when no unit is open any more. The order is locked.

    The last word of a flow about the order: it is written when the flow ends.
    """
    [parts] = await look_up(_PARTS, [order.id])
    units = Units(**{name: parts[name] for name in _COUNTERS})
    order.fulfillment_status = decisions.fulfillment_status(units, work_began=bool(parts["work_began"]))
    _roll_up_money(order, parts)
    order.return_status = decisions.returns_status(
        units, is_requested=bool(parts["is_requested"]), is_under_way=bool(parts["is_under_way"])
    )
    if order.status == OrderStatus.CONFIRMED and not units.has_open_work:
        order.status = ORDER.step(OrderAction.COMPLETE, order.status, order.facts(is_on_hold=False))
        order.completed_at = tx.now
        tx.record(OrderCompleted(order.id))
    tx.settle(
        order,
        "status",
        "fulfillment_status",
        "authorize_status",
        "charge_status",
        "return_status",
        "canceled_minor",
        "cancel_reason",
        "canceled_at",
        "completed_at",
    )


def _roll_up_money(order: OrderRow, parts: Mapping[str, Any]) -> None:
    owed = order.total_minor - order.canceled_minor
    order.authorize_status = decisions.authorize_status(owed, parts["authorized"] - parts["refunded"])
    order.charge_status = decisions.charge_status(owed, parts["captured"] - parts["refunded"])
