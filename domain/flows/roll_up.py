"""After every change of a part: the statuses of the whole order, computed anew from all its parts."""

from collections.abc import Sequence

from domain.fulfillment.lifecycle import FulfillmentOrderStatus
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import decisions
from domain.orders.decisions import Units
from domain.orders.events import OrderCompleted
from domain.orders.lifecycle import ORDER, OrderAction, OrderStatus
from domain.orders.models import OrderRow
from domain.orders.service import requirements_of, units_of
from domain.payments.models import PaymentRow
from domain.returns.lifecycle import ReturnStatus
from domain.returns.models import ReturnRow

_WORK_BEGAN = (FulfillmentOrderStatus.IN_PROGRESS, FulfillmentOrderStatus.CLOSED)
_UNDER_WAY = (ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT, ReturnStatus.PARTIALLY_RECEIVED, ReturnStatus.RECEIVED)


async def roll_up(tx: UnitOfWork, order: OrderRow) -> None:
    """Write the order's rolled-up statuses; complete it when no unit is open any more. The order is locked."""
    units = units_of(await requirements_of(order.id))
    work_began = await FulfillmentOrderRow.filter(order_id=order.id, status__in=_WORK_BEGAN).exists()
    order.fulfillment_status = decisions.fulfillment_status(units, work_began=work_began)
    _roll_up_money(order, await PaymentRow.filter(order_id=order.id))
    await _roll_up_returns(order, units)
    if order.status == OrderStatus.CONFIRMED and not units.has_open_work:
        order.status = ORDER.step(OrderAction.COMPLETE, order.status, order.facts(is_on_hold=False))
        order.completed_at = tx.now
        tx.record(OrderCompleted(order.id))
    await order.save(
        update_fields=[
            "status",
            "fulfillment_status",
            "authorize_status",
            "charge_status",
            "return_status",
            "canceled_minor",
            "cancel_reason",
            "canceled_at",
            "completed_at",
        ]
    )


def _roll_up_money(order: OrderRow, payments: Sequence[PaymentRow]) -> None:
    owed = order.total_minor - order.canceled_minor
    returned = sum(each.refunded_minor for each in payments)
    order.authorize_status = decisions.authorize_status(
        owed, sum(each.authorized_minor for each in payments) - returned
    )
    order.charge_status = decisions.charge_status(owed, sum(each.captured_minor for each in payments) - returned)


async def _roll_up_returns(order: OrderRow, units: Units) -> None:
    statuses = {each.status for each in await ReturnRow.filter(order_id=order.id)}
    order.return_status = decisions.returns_status(
        units,
        is_requested=ReturnStatus.REQUESTED in statuses,
        is_under_way=not statuses.isdisjoint(_UNDER_WAY),
    )
