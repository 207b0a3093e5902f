"""An assembly's states: from a plan to kits on the shelf."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.actor import Permission
from domain.kernel.lifecycle import Lifecycle, Transition


class AssemblyStatus(StrEnum):
    """How far it is."""

    DRAFT = "DRAFT"
    RELEASED = "RELEASED"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"


class AssemblyAction(StrEnum):
    """What can be done with an assembly."""

    RELEASE = "RELEASE"
    COMPLETE = "COMPLETE"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class AssemblyFacts:
    """What the rules look at besides the status: nothing."""


S, A = AssemblyStatus, AssemblyAction
ASSEMBLY = Lifecycle[AssemblyStatus, AssemblyAction, AssemblyFacts](
    "assembly",
    initial=(S.DRAFT,),
    transitions=(
        Transition(A.RELEASE, S.DRAFT, S.RELEASED, "Its components are set aside."),
        Transition(A.COMPLETE, S.RELEASED, S.COMPLETED, "The components became kits."),
        Transition(A.CANCEL, S.DRAFT, S.CANCELED, "It was not needed."),
        Transition(A.CANCEL, S.RELEASED, S.CANCELED, "It was called off; its components are free again."),
    ),
    permissions={
        A.RELEASE: Permission.ADJUST_STOCK,
        A.COMPLETE: Permission.ADJUST_STOCK,
        A.CANCEL: Permission.ADJUST_STOCK,
    },
)
