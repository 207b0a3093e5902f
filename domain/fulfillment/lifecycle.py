"""A fulfillment order's states: the work of one location."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.actor import Permission
from domain.kernel.lifecycle import Lifecycle, Refusal, Transition


class FulfillmentOrderStatus(StrEnum):
    """How far the location is with the work."""

    SCHEDULED = "SCHEDULED"
    OPEN = "OPEN"
    IN_PROGRESS = "IN_PROGRESS"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    CANCELED = "CANCELED"


class FulfillmentOrderAction(StrEnum):
    """What can be done with a fulfillment order."""

    RELEASE = "RELEASE"
    START = "START"
    CLOSE = "CLOSE"
    REJECT = "REJECT"
    CANCEL = "CANCEL"
    REOPEN = "REOPEN"


@dataclass(frozen=True)
class FulfillmentOrderFacts:
    """What the rules look at besides the status; units are whole items."""

    is_on_hold: bool
    units_to_pack: int
    units_packed: int


def on_hold(facts: FulfillmentOrderFacts) -> Refusal | None:
    """A hold stops everything that moves work."""
    return Refusal("ON_HOLD", "The order is on hold: release the hold first.") if facts.is_on_hold else None


def units_to_pack(facts: FulfillmentOrderFacts) -> Refusal | None:
    """Closed means that nothing is left to pack."""
    left = facts.units_to_pack
    return Refusal("UNITS_TO_PACK", f"{left} units are still to be packed.") if left else None


def units_packed(facts: FulfillmentOrderFacts) -> Refusal | None:
    """What is in a parcel is called off by canceling its shipment first."""
    packed = facts.units_packed
    return Refusal("UNITS_PACKED", f"{packed} units are packed: cancel their shipment first.") if packed else None


S, A = FulfillmentOrderStatus, FulfillmentOrderAction
FULFILLMENT_ORDER = Lifecycle[FulfillmentOrderStatus, FulfillmentOrderAction, FulfillmentOrderFacts](
    "fulfillment order",
    initial=(S.SCHEDULED, S.OPEN),
    transitions=(
        Transition(A.RELEASE, S.SCHEDULED, S.OPEN, "Its day has come: the location may begin."),
        Transition(A.CANCEL, S.SCHEDULED, S.CANCELED, "Called off before its day."),
        Transition(A.START, S.OPEN, S.IN_PROGRESS, "The location began to pick.", blocked=on_hold),
        Transition(
            A.REJECT, S.OPEN, S.REJECTED, "The location cannot do it; it is sourced again.", blocked=units_packed
        ),
        Transition(A.CANCEL, S.OPEN, S.CANCELED, "Called off before the pick.", blocked=units_packed),
        Transition(A.CLOSE, S.IN_PROGRESS, S.CLOSED, "All its units are packed into shipments.", blocked=units_to_pack),
        Transition(A.REJECT, S.IN_PROGRESS, S.REJECTED, "The location could not finish it.", blocked=units_packed),
        Transition(
            A.CANCEL, S.IN_PROGRESS, S.CANCELED, "Called off; what was picked is put back.", blocked=units_packed
        ),
        Transition(A.REOPEN, S.CLOSED, S.OPEN, "A shipment was canceled before hand-over; its units are to do again."),
    ),
    permissions={A.START: Permission.FULFILL_ORDERS, A.REJECT: Permission.FULFILL_ORDERS},
)
