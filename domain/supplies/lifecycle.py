"""A supply's states: from an order to a supplier to goods on the shelf."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.actor import Permission
from domain.kernel.lifecycle import Lifecycle, Refusal, Transition


class SupplyStatus(StrEnum):
    """How far it is."""

    DRAFT = "DRAFT"
    CONFIRMED = "CONFIRMED"
    PARTIALLY_RECEIVED = "PARTIALLY_RECEIVED"
    RECEIVED = "RECEIVED"
    CANCELED = "CANCELED"


class SupplyAction(StrEnum):
    """What can be done with a supply."""

    SET_LINES = "SET_LINES"
    CONFIRM = "CONFIRM"
    RESCHEDULE = "RESCHEDULE"
    RECEIVE = "RECEIVE"
    CLOSE = "CLOSE"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class SupplyFacts:
    """What the rules look at besides the status; units are whole items."""

    units_expected: int


def units_expected(facts: SupplyFacts) -> Refusal | None:
    """It is received when nothing is expected any more."""
    left = facts.units_expected
    if not left:
        return None
    return Refusal("UNITS_EXPECTED", f"{left} units are still expected: receive them, or say that they will not come.")


S, A = SupplyStatus, SupplyAction
SUPPLY = Lifecycle[SupplyStatus, SupplyAction, SupplyFacts](
    "supply",
    initial=(S.DRAFT,),
    transitions=(
        Transition(A.SET_LINES, S.DRAFT, S.DRAFT, "Something else should come."),
        Transition(A.CONFIRM, S.DRAFT, S.CONFIRMED, "The supplier will bring it; its units are expected."),
        Transition(A.RESCHEDULE, S.DRAFT, S.DRAFT, "It should come at another time."),
        Transition(A.RESCHEDULE, S.CONFIRMED, S.CONFIRMED, "It will come at another time."),
        Transition(A.RESCHEDULE, S.PARTIALLY_RECEIVED, S.PARTIALLY_RECEIVED, "The rest will come at another time."),
        Transition(A.RECEIVE, S.CONFIRMED, S.PARTIALLY_RECEIVED, "Some units have arrived."),
        Transition(A.RECEIVE, S.PARTIALLY_RECEIVED, S.PARTIALLY_RECEIVED, "More units have arrived."),
        Transition(A.RECEIVE, S.RECEIVED, S.RECEIVED, "More units have arrived than were expected."),
        Transition(A.CLOSE, S.CONFIRMED, S.RECEIVED, "Nothing is expected any more.", blocked=units_expected),
        Transition(A.CLOSE, S.PARTIALLY_RECEIVED, S.RECEIVED, "Nothing is expected any more.", blocked=units_expected),
        Transition(A.CANCEL, S.DRAFT, S.CANCELED, "It was not ordered."),
        Transition(A.CANCEL, S.CONFIRMED, S.CANCELED, "It will not come; its units are no longer expected."),
    ),
    permissions={
        A.SET_LINES: Permission.ADJUST_STOCK,
        A.CONFIRM: Permission.ADJUST_STOCK,
        A.RESCHEDULE: Permission.ADJUST_STOCK,
        A.RECEIVE: Permission.ADJUST_STOCK,
        A.CLOSE: Permission.ADJUST_STOCK,
        A.CANCEL: Permission.ADJUST_STOCK,
    },
)
