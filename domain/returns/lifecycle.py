"""A return's states, its line receipts, and what becomes of what came back."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.actor import Permission
from domain.kernel.lifecycle import Lifecycle, Refusal, Transition


class ReturnStatus(StrEnum):
    """How far a return is."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    IN_TRANSIT = "IN_TRANSIT"
    PARTIALLY_RECEIVED = "PARTIALLY_RECEIVED"
    RECEIVED = "RECEIVED"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


class ReturnAction(StrEnum):
    """What can be done with a return."""

    APPROVE = "APPROVE"
    DECLINE = "DECLINE"
    CANCEL = "CANCEL"
    EXPIRE = "EXPIRE"
    HAND_IN = "HAND_IN"
    RECEIVE_PART = "RECEIVE_PART"
    RECEIVE = "RECEIVE"
    COMPLETE = "COMPLETE"
    REOPEN = "REOPEN"


class ReceiptStatus(StrEnum):
    """What arrived of a return line."""

    AWAITING = "AWAITING"
    RECEIVED = "RECEIVED"
    MISSING = "MISSING"
    WRONG_ITEM = "WRONG_ITEM"


class DispositionStatus(StrEnum):
    """What becomes of returned units."""

    PENDING = "PENDING"
    RESTOCKED = "RESTOCKED"
    DAMAGED = "DAMAGED"
    QUARANTINED = "QUARANTINED"
    DISPOSED = "DISPOSED"
    TO_VENDOR = "TO_VENDOR"
    TO_CUSTOMER = "TO_CUSTOMER"


class DispositionAction(StrEnum):
    """What can be decided about returned units."""

    RESTOCK = "RESTOCK"
    DAMAGE = "DAMAGE"
    QUARANTINE = "QUARANTINE"
    DISPOSE = "DISPOSE"
    SEND_TO_VENDOR = "SEND_TO_VENDOR"
    SEND_TO_CUSTOMER = "SEND_TO_CUSTOMER"


class Resolution(StrEnum):
    """How the buyer is made good."""

    REFUND = "REFUND"
    STORE_CREDIT = "STORE_CREDIT"
    EXCHANGE = "EXCHANGE"
    REPLACEMENT = "REPLACEMENT"
    NONE = "NONE"


@dataclass(frozen=True)
class ReturnFacts:
    """What the rules look at besides the status; units are whole items."""

    units_awaited: int
    units_undecided: int


def units_without_disposition(facts: ReturnFacts) -> Refusal | None:
    """A return is done when it is known what becomes of every unit."""
    left = facts.units_undecided
    return Refusal("UNITS_UNDECIDED", f"Decide first what becomes of {left} received units.") if left else None


S, A = ReturnStatus, ReturnAction
RETURN = Lifecycle[ReturnStatus, ReturnAction, ReturnFacts](
    "return",
    initial=(S.REQUESTED, S.RECEIVED),
    transitions=(
        Transition(A.APPROVE, S.REQUESTED, S.APPROVED, "We agreed to take the goods back."),
        Transition(A.DECLINE, S.REQUESTED, S.DECLINED, "Outside the return policy."),
        Transition(A.CANCEL, S.REQUESTED, S.CANCELED, "The buyer keeps the goods."),
        Transition(A.CANCEL, S.APPROVED, S.CANCELED, "The buyer keeps the goods after all."),
        Transition(A.EXPIRE, S.APPROVED, S.EXPIRED, "Nothing was sent in time."),
        Transition(A.EXPIRE, S.IN_TRANSIT, S.EXPIRED, "Nothing arrived in time."),
        Transition(A.HAND_IN, S.APPROVED, S.IN_TRANSIT, "The buyer handed the goods to a carrier."),
        Transition(A.RECEIVE_PART, S.APPROVED, S.PARTIALLY_RECEIVED, "Some of the goods arrived."),
        Transition(A.RECEIVE, S.APPROVED, S.RECEIVED, "All that is awaited arrived."),
        Transition(A.RECEIVE_PART, S.IN_TRANSIT, S.PARTIALLY_RECEIVED, "Some of the goods arrived."),
        Transition(A.RECEIVE, S.IN_TRANSIT, S.RECEIVED, "All that is awaited arrived."),
        Transition(A.RECEIVE, S.PARTIALLY_RECEIVED, S.RECEIVED, "The rest of the goods arrived."),
        Transition(A.RECEIVE, S.EXPIRED, S.RECEIVED, "The goods came all the same, late."),
        Transition(A.RECEIVE, S.DECLINED, S.RECEIVED, "The goods came although we had declined."),
        Transition(A.RECEIVE, S.CANCELED, S.RECEIVED, "The goods came although it was canceled."),
        Transition(A.COMPLETE, S.APPROVED, S.COMPLETED, "The buyer may keep the goods."),
        Transition(A.COMPLETE, S.IN_TRANSIT, S.COMPLETED, "The goods were lost on their way; the buyer is made good."),
        Transition(A.COMPLETE, S.PARTIALLY_RECEIVED, S.COMPLETED, "No more will come.", units_without_disposition),
        Transition(A.COMPLETE, S.RECEIVED, S.COMPLETED, "Every unit has a disposition.", units_without_disposition),
        Transition(A.REOPEN, S.COMPLETED, S.RECEIVED, "More came, or a decision was wrong."),
    ),
    permissions={
        A.APPROVE: Permission.APPROVE_RETURNS,
        A.DECLINE: Permission.APPROVE_RETURNS,
        A.CANCEL: Permission.REQUEST_RETURNS,
        A.RECEIVE: Permission.RECEIVE_RETURNS,
        A.COMPLETE: Permission.RECEIVE_RETURNS,
    },
)


@dataclass(frozen=True)
class DispositionFacts:
    """Nothing but the status decides what may become of returned units."""


D, B = DispositionStatus, DispositionAction
DISPOSITION = Lifecycle[DispositionStatus, DispositionAction, DispositionFacts](
    "disposition",
    initial=(D.PENDING,),
    transitions=(
        Transition(B.RESTOCK, D.PENDING, D.RESTOCKED, "As good as new: it can be sold again."),
        Transition(B.DAMAGE, D.PENDING, D.DAMAGED, "It is on hand and cannot be sold."),
        Transition(B.QUARANTINE, D.PENDING, D.QUARANTINED, "It waits for a closer look."),
        Transition(B.DISPOSE, D.PENDING, D.DISPOSED, "It was written off."),
        Transition(B.SEND_TO_VENDOR, D.PENDING, D.TO_VENDOR, "It went back to its maker."),
        Transition(B.SEND_TO_CUSTOMER, D.PENDING, D.TO_CUSTOMER, "It was not ours: it went back to the buyer."),
        Transition(B.RESTOCK, D.QUARANTINED, D.RESTOCKED, "The closer look found nothing wrong."),
        Transition(B.DAMAGE, D.QUARANTINED, D.DAMAGED, "The closer look found a fault."),
        Transition(B.DISPOSE, D.QUARANTINED, D.DISPOSED, "The closer look found it worthless."),
        Transition(B.SEND_TO_VENDOR, D.QUARANTINED, D.TO_VENDOR, "Its maker is to look at it."),
        Transition(B.DISPOSE, D.DAMAGED, D.DISPOSED, "Not worth a repair."),
        Transition(B.RESTOCK, D.DAMAGED, D.RESTOCKED, "Repaired."),
    ),
    permissions={
        B.RESTOCK: Permission.RECEIVE_RETURNS,
        B.DAMAGE: Permission.RECEIVE_RETURNS,
        B.DISPOSE: Permission.RECEIVE_RETURNS,
    },
)
