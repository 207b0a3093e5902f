"""A shipment's states, and what carriers say of a parcel."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.actor import Permission
from domain.kernel.lifecycle import Lifecycle, Refusal, Transition


class ShipmentStatus(StrEnum):
    """How far a hand-over is."""

    PENDING = "PENDING"
    PACKED = "PACKED"
    SHIPPED = "SHIPPED"
    READY_FOR_PICKUP = "READY_FOR_PICKUP"
    COLLECTED = "COLLECTED"
    NOT_COLLECTED = "NOT_COLLECTED"
    DELIVERED = "DELIVERED"
    LOST = "LOST"
    RETURNED = "RETURNED"
    CANCELED = "CANCELED"


class ShipmentAction(StrEnum):
    """What can be done with a shipment."""

    PACK = "PACK"
    SHIP = "SHIP"
    OFFER_PICKUP = "OFFER_PICKUP"
    COLLECT = "COLLECT"
    GIVE_UP_PICKUP = "GIVE_UP_PICKUP"
    DELIVER = "DELIVER"
    LOSE = "LOSE"
    RETURN = "RETURN"
    FIND = "FIND"
    CANCEL = "CANCEL"


class TrackingStatus(StrEnum):
    """What the carrier last saw of a parcel."""

    PRE_TRANSIT = "PRE_TRANSIT"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    AVAILABLE_FOR_PICKUP = "AVAILABLE_FOR_PICKUP"
    ATTEMPTED_DELIVERY = "ATTEMPTED_DELIVERY"
    DELAYED = "DELAYED"
    DELIVERED = "DELIVERED"
    RETURN_TO_SENDER = "RETURN_TO_SENDER"
    FAILURE = "FAILURE"
    LOST = "LOST"
    UNKNOWN = "UNKNOWN"


class ParcelOutcome(StrEnum):
    """Whether a parcel arrived, by all its scans: the same whatever order they were told in."""

    OPEN = "OPEN"
    DELIVERED = "DELIVERED"
    LOST = "LOST"


@dataclass(frozen=True)
class ShipmentFacts:
    """What the rules look at besides the status."""

    is_on_hold: bool


def on_hold(facts: ShipmentFacts) -> Refusal | None:
    """A hold stops everything that moves work."""
    return Refusal("ON_HOLD", "The order is on hold: release the hold first.") if facts.is_on_hold else None


S, A = ShipmentStatus, ShipmentAction
SHIPMENT = Lifecycle[ShipmentStatus, ShipmentAction, ShipmentFacts](
    "shipment",
    initial=(S.PENDING, S.PACKED),
    transitions=(
        Transition(A.PACK, S.PENDING, S.PACKED, "Its parcels are closed.", blocked=on_hold),
        Transition(
            A.SHIP, S.PACKED, S.SHIPPED, "Handed over to the carrier; the units left our stock.", blocked=on_hold
        ),
        Transition(A.CANCEL, S.PENDING, S.CANCELED, "Called off before it was packed."),
        Transition(A.CANCEL, S.PACKED, S.CANCELED, "Unpacked before hand-over; its units are to do again."),
        Transition(A.OFFER_PICKUP, S.PACKED, S.READY_FOR_PICKUP, "It waits at the counter.", blocked=on_hold),
        Transition(A.COLLECT, S.READY_FOR_PICKUP, S.COLLECTED, "The buyer took it along."),
        Transition(A.GIVE_UP_PICKUP, S.READY_FOR_PICKUP, S.NOT_COLLECTED, "Nobody came; its units are restocked."),
        Transition(A.DELIVER, S.SHIPPED, S.DELIVERED, "Every parcel of it arrived."),
        Transition(A.LOSE, S.SHIPPED, S.LOST, "The carrier cannot find it."),
        Transition(A.RETURN, S.SHIPPED, S.RETURNED, "Refused or undeliverable: it came back."),
        Transition(A.RETURN, S.DELIVERED, S.RETURNED, "The buyer sent it back unopened."),
        Transition(A.FIND, S.LOST, S.DELIVERED, "Found after all, and delivered."),
    ),
    permissions={A.SHIP: Permission.FULFILL_ORDERS, A.CANCEL: Permission.FULFILL_ORDERS},
)
