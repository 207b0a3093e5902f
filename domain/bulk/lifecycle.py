"""A bulk run's states: from a file to rows that are done."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.actor import Permission
from domain.kernel.lifecycle import Lifecycle, Transition


class BulkMode(StrEnum):
    """What the numbers of the file say."""

    SET = "SET"
    ADJUST = "ADJUST"


class BulkOutcome(StrEnum):
    """What became of a row."""

    APPLIED = "APPLIED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"


class BulkRunStatus(StrEnum):
    """How far it is."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"


class BulkRunAction(StrEnum):
    """What can be done with a bulk run."""

    START = "START"
    COMPLETE = "COMPLETE"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class BulkRunFacts:
    """What the rules look at besides the status: nothing."""


S, A = BulkRunStatus, BulkRunAction
BULK_RUN = Lifecycle[BulkRunStatus, BulkRunAction, BulkRunFacts](
    "bulk run",
    initial=(S.QUEUED,),
    transitions=(
        Transition(A.START, S.QUEUED, S.RUNNING, "Its first rows are being done."),
        Transition(A.COMPLETE, S.RUNNING, S.COMPLETED, "Every row was done or refused."),
        Transition(A.CANCEL, S.QUEUED, S.CANCELED, "It was called off before it began."),
        Transition(A.CANCEL, S.RUNNING, S.CANCELED, "It was called off: rows that were done stay done."),
    ),
    permissions={A.CANCEL: Permission.ADJUST_STOCK},
)
