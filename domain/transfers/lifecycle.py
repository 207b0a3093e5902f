"""A transfer's states: from a plan to units in another place."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.actor import Permission
from domain.kernel.lifecycle import Lifecycle, Refusal, Transition


class TransferStatus(StrEnum):
    """How far it is."""

    DRAFT = "DRAFT"
    RELEASED = "RELEASED"
    IN_TRANSIT = "IN_TRANSIT"
    PARTIALLY_RECEIVED = "PARTIALLY_RECEIVED"
    RECEIVED = "RECEIVED"
    CANCELED = "CANCELED"


class TransferAction(StrEnum):
    """What can be done with a transfer."""

    SET_LINES = "SET_LINES"
    RELEASE = "RELEASE"
    DISPATCH = "DISPATCH"
    RECEIVE = "RECEIVE"
    WRITE_OFF = "WRITE_OFF"
    COMPLETE = "COMPLETE"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class TransferFacts:
    """What the rules look at besides the status; units are whole items."""

    units_on_their_way: int


def units_on_their_way(facts: TransferFacts) -> Refusal | None:
    """It is received when every unit has arrived, or was written off."""
    left = facts.units_on_their_way
    if not left:
        return None
    return Refusal("UNITS_ON_THEIR_WAY", f"{left} units have not arrived: receive them, or write them off.")


S, A = TransferStatus, TransferAction
TRANSFER = Lifecycle[TransferStatus, TransferAction, TransferFacts](
    "transfer",
    initial=(S.DRAFT,),
    transitions=(
        Transition(A.SET_LINES, S.DRAFT, S.DRAFT, "Other units are planned."),
        Transition(A.RELEASE, S.DRAFT, S.RELEASED, "Its units are set aside at the source."),
        Transition(A.DISPATCH, S.RELEASED, S.IN_TRANSIT, "The units have left the source."),
        Transition(A.RECEIVE, S.IN_TRANSIT, S.PARTIALLY_RECEIVED, "Some units have arrived."),
        Transition(A.RECEIVE, S.PARTIALLY_RECEIVED, S.PARTIALLY_RECEIVED, "More units have arrived."),
        Transition(A.WRITE_OFF, S.IN_TRANSIT, S.IN_TRANSIT, "Some units will not arrive."),
        Transition(A.WRITE_OFF, S.PARTIALLY_RECEIVED, S.PARTIALLY_RECEIVED, "The units that are missing are given up."),
        Transition(
            A.COMPLETE,
            S.IN_TRANSIT,
            S.RECEIVED,
            "Every unit has arrived, or was written off.",
            blocked=units_on_their_way,
        ),
        Transition(
            A.COMPLETE,
            S.PARTIALLY_RECEIVED,
            S.RECEIVED,
            "Every unit has arrived, or was written off.",
            blocked=units_on_their_way,
        ),
        Transition(A.CANCEL, S.DRAFT, S.CANCELED, "It was not needed."),
        Transition(A.CANCEL, S.RELEASED, S.CANCELED, "It was called off before it left; its units are free again."),
    ),
    permissions={
        A.SET_LINES: Permission.ADJUST_STOCK,
        A.RELEASE: Permission.ADJUST_STOCK,
        A.DISPATCH: Permission.ADJUST_STOCK,
        A.RECEIVE: Permission.ADJUST_STOCK,
        A.WRITE_OFF: Permission.ADJUST_STOCK,
        A.CANCEL: Permission.ADJUST_STOCK,
    },
)
