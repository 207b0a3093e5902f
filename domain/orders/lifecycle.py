"""An order's states and what may happen to it; with the statuses that are rolled up from its children."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.actor import Permission
from domain.kernel.lifecycle import Lifecycle, Refusal, Transition


class OrderStatus(StrEnum):
    """How far the order itself is, as decided."""

    DRAFT = "DRAFT"
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


class OrderAction(StrEnum):
    """What can be done with an order."""

    SUBMIT = "SUBMIT"
    CONFIRM = "CONFIRM"
    REJECT = "REJECT"
    CANCEL = "CANCEL"
    EXPIRE = "EXPIRE"
    COMPLETE = "COMPLETE"
    REOPEN = "REOPEN"


class FulfillmentStatus(StrEnum):
    """How far the goods are, rolled up from requirements."""

    UNFULFILLED = "UNFULFILLED"
    IN_PROGRESS = "IN_PROGRESS"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    PARTIALLY_DELIVERED = "PARTIALLY_DELIVERED"
    DELIVERED = "DELIVERED"


class AuthorizeStatus(StrEnum):
    """How much of the total is promised by payments."""

    NONE = "NONE"
    PARTIAL = "PARTIAL"
    FULL = "FULL"


class ChargeStatus(StrEnum):
    """How much of the total is taken by payments."""

    NONE = "NONE"
    PARTIAL = "PARTIAL"
    FULL = "FULL"
    OVERCHARGED = "OVERCHARGED"


class ReturnsStatus(StrEnum):
    """How far goods have come back, rolled up from returns."""

    NONE = "NONE"
    REQUESTED = "REQUESTED"
    IN_PROGRESS = "IN_PROGRESS"
    PARTIALLY_RETURNED = "PARTIALLY_RETURNED"
    RETURNED = "RETURNED"


@dataclass(frozen=True)
class OrderFacts:
    """What the rules look at besides the status."""

    is_on_hold: bool
    fulfillment_status: FulfillmentStatus
    has_open_work: bool = False


_UNSHIPPED = (FulfillmentStatus.UNFULFILLED, FulfillmentStatus.IN_PROGRESS)


def on_hold(facts: OrderFacts) -> Refusal | None:
    """A hold stops everything that moves work."""
    return Refusal("ON_HOLD", "The order is on hold: release the hold first.") if facts.is_on_hold else None


def units_shipped(facts: OrderFacts) -> Refusal | None:
    """What left the house comes back by a return, not by a cancellation."""
    if facts.fulfillment_status in _UNSHIPPED:
        return None
    return Refusal("UNITS_SHIPPED", "Part of the order is already on its way: ask for a return instead.")


def units_open(facts: OrderFacts) -> Refusal | None:
    """Every unit is delivered, canceled or lost before an order is complete."""
    return Refusal("UNITS_OPEN", "Some units are still to be delivered.") if facts.has_open_work else None


S, A = OrderStatus, OrderAction
ORDER = Lifecycle[OrderStatus, OrderAction, OrderFacts](
    "order",
    initial=(S.DRAFT,),
    transitions=(
        Transition(A.SUBMIT, S.DRAFT, S.PENDING, "The buyer placed it; its units are set aside."),
        Transition(A.CONFIRM, S.PENDING, S.CONFIRMED, "Checked: its locations may begin to work.", blocked=on_hold),
        Transition(
            A.REJECT, S.PENDING, S.REJECTED, "We do not take it; its units are free again.", blocked=units_shipped
        ),
        Transition(A.CANCEL, S.DRAFT, S.CANCELED, "It was never placed.", blocked=units_shipped),
        Transition(A.CANCEL, S.PENDING, S.CANCELED, "The buyer changed their mind.", blocked=units_shipped),
        Transition(A.CANCEL, S.CONFIRMED, S.CANCELED, "Called off before anything shipped.", blocked=units_shipped),
        Transition(A.EXPIRE, S.PENDING, S.EXPIRED, "It was not paid or confirmed in time.", blocked=units_shipped),
        Transition(
            A.COMPLETE, S.CONFIRMED, S.COMPLETED, "Every unit is delivered, canceled or lost.", blocked=units_open
        ),
        Transition(A.REOPEN, S.COMPLETED, S.CONFIRMED, "There is work again: a lost parcel was found, a unit is owed."),
    ),
    permissions={
        A.CONFIRM: Permission.MANAGE_ORDERS,
        A.REJECT: Permission.MANAGE_ORDERS,
        A.CANCEL: Permission.CANCEL_ORDERS,
    },
)
