"""What can happen to an order."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import OrderFact


@dataclass(frozen=True)
class OrderPlaced(OrderFact):
    """The buyer placed it; its units are set aside."""


@dataclass(frozen=True)
class OrderImported(OrderFact):
    """It was taken over from elsewhere, as it stood there."""


@dataclass(frozen=True)
class OrderConfirmed(OrderFact):
    """It was checked; its locations may begin to work."""


@dataclass(frozen=True)
class OrderRejected(OrderFact):
    """We do not take it; its units are free again."""


@dataclass(frozen=True)
class OrderCanceled(OrderFact):
    """It was called off; its units are free again."""


@dataclass(frozen=True)
class OrderExpired(OrderFact):
    """It was not confirmed in time; its units are free again."""


@dataclass(frozen=True)
class OrderCompleted(OrderFact):
    """Every unit is delivered, canceled or lost."""


@dataclass(frozen=True)
class OrderReopened(OrderFact):
    """There is work again after it was complete."""


@dataclass(frozen=True)
class OrderSourcedAgain(OrderFact):
    """Units that were set aside for it are not there: other locations give theirs, or it is held."""

    sku: str
    units: int


@dataclass(frozen=True)
class OrderHeld(OrderFact):
    """There is a reason not to proceed yet."""

    hold_id: UUID
    kind: str

    subject: ClassVar[str | None] = "hold_id"


@dataclass(frozen=True)
class OrderHoldReleased(OrderFact):
    """A reason not to proceed is gone."""

    hold_id: UUID

    subject: ClassVar[str | None] = "hold_id"
