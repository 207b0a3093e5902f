"""An import's states: it runs, and comes to an end or is left."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.lifecycle import Lifecycle, Transition


class ImportMode(StrEnum):
    """What becomes of the orders."""

    HISTORY = "HISTORY"
    OPEN = "OPEN"


class ImportStatus(StrEnum):
    """How far it is."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    INTERRUPTED = "INTERRUPTED"


class ImportAction(StrEnum):
    """What happens to an import."""

    GET_ON = "GET_ON"
    FINISH = "FINISH"
    FAIL = "FAIL"
    INTERRUPT = "INTERRUPT"
    RESUME = "RESUME"


@dataclass(frozen=True)
class ImportFacts:
    """What the rules look at besides the status: nothing."""


S, A = ImportStatus, ImportAction
IMPORT = Lifecycle[ImportStatus, ImportAction, ImportFacts](
    "import",
    initial=(S.RUNNING,),
    transitions=(
        Transition(A.GET_ON, S.RUNNING, S.RUNNING, "More of its rows have a fate."),
        Transition(A.FINISH, S.RUNNING, S.FINISHED, "Every row is in the books or in the error report."),
        Transition(A.FAIL, S.RUNNING, S.FAILED, "It could not go on: what was committed before stays."),
        Transition(A.INTERRUPT, S.RUNNING, S.INTERRUPTED, "It was stopped, or nothing was heard of it for long."),
        Transition(A.RESUME, S.INTERRUPTED, S.RUNNING, "It is heard of again: it was only slow."),
    ),
)
