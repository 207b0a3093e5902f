"""What can happen to reservations, for the feed of stock."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import StockFact


@dataclass(frozen=True)
class ReservationMade(StockFact):
    """Units were set aside for a basket."""

    reservation_id: UUID
    units: int

    subject: ClassVar[str | None] = "reservation_id"


@dataclass(frozen=True)
class ReservationExtended(StockFact):
    """Its units stay set aside for longer."""

    reservation_id: UUID

    subject: ClassVar[str | None] = "reservation_id"


@dataclass(frozen=True)
class ReservationTaken(StockFact):
    """An order took so many of its units; the others are free again."""

    reservation_id: UUID
    units: int

    subject: ClassVar[str | None] = "reservation_id"


@dataclass(frozen=True)
class ReservationReleased(StockFact):
    """Nobody wants it any more; its units are free again."""

    reservation_id: UUID

    subject: ClassVar[str | None] = "reservation_id"


@dataclass(frozen=True)
class ReservationExpired(StockFact):
    """Its time was over; its units are free again."""

    reservation_id: UUID

    subject: ClassVar[str | None] = "reservation_id"
