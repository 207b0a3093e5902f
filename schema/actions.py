"""What can be done now: the commands of each lifecycle, as the actor who asks may or may not give them."""

from collections.abc import Sequence
from typing import Any

import strawberry
from tortoise.expressions import Q

from domain.fulfillment.lifecycle import FULFILLMENT_ORDER, FulfillmentOrderFacts, FulfillmentOrderStatus
from domain.kernel.actor import Scope
from domain.kernel.lifecycle import ActionState
from domain.orders.decisions import nothing_to_return
from domain.orders.lifecycle import (
    ORDER,
    FulfillmentStatus,
    OrderAction,
    OrderFacts,
    OrderStatus,
    ReturnsStatus,
)
from domain.orders.models import HoldRow
from domain.payments.lifecycle import PAYMENT, REFUND, PaymentFacts, PaymentStatus, RefundFacts, RefundStatus
from domain.returns.lifecycle import (
    DISPOSITION,
    RETURN,
    DispositionFacts,
    DispositionStatus,
    ReturnFacts,
    ReturnStatus,
)
from domain.shipping.lifecycle import SHIPMENT, ShipmentFacts, ShipmentStatus
from schema.views import computed, exists


@strawberry.type(description="A command, and whether you may give it now.")
class AvailableAction:
    action: str = strawberry.field(description="The command, such as `CANCEL`.")
    enabled: bool = strawberry.field(description="Whether it would be done if you asked now.")
    reason: str | None = strawberry.field(description="Why not, in a sentence; null when it is enabled.")


def actions(function: Any, *needs: str) -> Any:
    """The field `availableActions`, computed from these facts."""
    doc = "Every command on it, enabled for you now or with the reason why not."
    return computed(function, needs=needs, doc=doc)


def order_on_hold(*, on: str | None = None, doc: str) -> Any:
    """Whether any hold is open on the order at hand, or on the one that our column `on` names."""
    return exists(HoldRow, by="order", where=Q(released_at__isnull=True), on=on, doc=doc)


def of_order(
    scope: Scope, status: OrderStatus, fulfillment_status: FulfillmentStatus, is_on_hold: bool
) -> list[AvailableAction]:
    """What can be done with an order."""
    return shown(ORDER.available(scope, status, OrderFacts(is_on_hold, fulfillment_status)))


def of_tracking(
    _scope: Scope, status: OrderStatus, fulfillment_status: FulfillmentStatus, return_status: ReturnsStatus
) -> list[AvailableAction]:
    """What the buyer of an order can ask for by its tracking link."""
    unwilling = ORDER.refusal(OrderAction.CANCEL, status, OrderFacts(False, fulfillment_status))
    missing = nothing_to_return(fulfillment_status, return_status)
    return [
        AvailableAction(action="CANCEL", enabled=unwilling is None, reason=unwilling.reason if unwilling else None),
        AvailableAction(action="REQUEST_RETURN", enabled=missing is None, reason=missing),
    ]


def of_fulfillment_order(
    scope: Scope, status: FulfillmentOrderStatus, is_on_hold: bool, units_to_pack: int, units_packed: int
) -> list[AvailableAction]:
    """What can be done with the work of a location."""
    facts = FulfillmentOrderFacts(is_on_hold, units_to_pack, units_packed)
    return shown(FULFILLMENT_ORDER.available(scope, status, facts))


def of_shipment(scope: Scope, status: ShipmentStatus, is_on_hold: bool) -> list[AvailableAction]:
    """What can be done with a shipment."""
    return shown(SHIPMENT.available(scope, status, ShipmentFacts(is_on_hold)))


def of_payment(
    scope: Scope, status: PaymentStatus, expected_minor: int, captured_minor: int, refunded_minor: int
) -> list[AvailableAction]:
    """What can be done with a payment."""
    return shown(PAYMENT.available(scope, status, PaymentFacts(expected_minor, captured_minor, refunded_minor)))


def of_refund(scope: Scope, status: RefundStatus, amount_minor: int) -> list[AvailableAction]:
    """What can be done with a refund."""
    # Recording by hand that the money went asks for it and finds it done in one step (flows/grant_refund.py).
    is_owed = status in (RefundStatus.GRANTED, RefundStatus.FAILED)
    # A refund is only granted against money that was taken and is not owed back yet, so its payment still covers it.
    facts = RefundFacts(amount_minor, refundable_minor=amount_minor)
    return shown(REFUND.available(scope, RefundStatus.REQUESTED if is_owed else status, facts))


def of_return(scope: Scope, status: ReturnStatus, units_awaited: int, units_undecided: int) -> list[AvailableAction]:
    """What can be done with a return."""
    return shown(RETURN.available(scope, status, ReturnFacts(units_awaited, units_undecided)))


def of_disposition(scope: Scope, status: DispositionStatus) -> list[AvailableAction]:
    """What can still become of returned units."""
    return shown(DISPOSITION.available(scope, status, DispositionFacts()))


def shown(found: Sequence[ActionState]) -> list[AvailableAction]:
    """The commands of a lifecycle, as the API shows them."""
    return [AvailableAction(action=each.action, enabled=each.enabled, reason=each.reason) for each in found]
