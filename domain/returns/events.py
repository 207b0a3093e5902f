"""What can happen to a return."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import OrderFact


@dataclass(frozen=True)
class _ReturnFact(OrderFact):
    """A fact about one return."""

    return_id: UUID

    subject: ClassVar[str | None] = "return_id"


@dataclass(frozen=True)
class ReturnRequested(_ReturnFact):
    """Goods are to come back."""


@dataclass(frozen=True)
class ReturnApproved(_ReturnFact):
    """We agreed to take the goods back."""


@dataclass(frozen=True)
class ReturnDeclined(_ReturnFact):
    """We do not take the goods back."""


@dataclass(frozen=True)
class ReturnCanceled(_ReturnFact):
    """The buyer keeps the goods."""


@dataclass(frozen=True)
class ReturnReceived(_ReturnFact):
    """Goods arrived."""

    units: int


@dataclass(frozen=True)
class ReturnDisposed(_ReturnFact):
    """It was decided what becomes of received units."""

    disposition: str
    units: int


@dataclass(frozen=True)
class ReturnCompleted(_ReturnFact):
    """The return is done."""


RETURN_FACTS = (
    ReturnRequested,
    ReturnApproved,
    ReturnDeclined,
    ReturnCanceled,
    ReturnReceived,
    ReturnDisposed,
    ReturnCompleted,
)
