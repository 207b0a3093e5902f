"""A reservation's states: it ends once, taken, released or expired."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.actor import Permission
from domain.kernel.lifecycle import Lifecycle, Refusal, Transition


class ReservationStatus(StrEnum):
    """Whether units are still set aside, and if not, why."""

    ACTIVE = "ACTIVE"
    TAKEN = "TAKEN"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


class ReservationAction(StrEnum):
    """What can be done with a reservation."""

    EXTEND = "EXTEND"
    TAKE = "TAKE"
    RELEASE = "RELEASE"
    EXPIRE = "EXPIRE"


@dataclass(frozen=True)
class ReservationFacts:
    """What the rules look at besides the status."""

    is_overdue: bool


def overdue(facts: ReservationFacts) -> Refusal | None:
    """Whose time is over gives its units back, whether or not that is in the books yet."""
    return Refusal("RESERVATION_OVERDUE", "Its time is over: reserve again.") if facts.is_overdue else None


def not_overdue(facts: ReservationFacts) -> Refusal | None:
    """What is promised until an hour is kept until then."""
    return None if facts.is_overdue else Refusal("NOT_OVERDUE", "Its time is not over yet.")


S, A = ReservationStatus, ReservationAction
RESERVATION = Lifecycle[ReservationStatus, ReservationAction, ReservationFacts](
    "reservation",
    initial=(S.ACTIVE,),
    transitions=(
        Transition(A.EXTEND, S.ACTIVE, S.ACTIVE, "Its units stay set aside for longer.", blocked=overdue),
        Transition(A.TAKE, S.ACTIVE, S.TAKEN, "An order took its units.", blocked=overdue),
        Transition(A.RELEASE, S.ACTIVE, S.RELEASED, "Nobody wants it any more; its units are free."),
        Transition(A.EXPIRE, S.ACTIVE, S.EXPIRED, "Its time was over; its units are free.", blocked=not_overdue),
    ),
    permissions={
        A.EXTEND: Permission.PLACE_ORDERS,
        A.TAKE: Permission.PLACE_ORDERS,
        A.RELEASE: Permission.PLACE_ORDERS,
    },
)
