"""What can happen to stock; what happens to orders stands in their own streams."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import StockFact


@dataclass(frozen=True)
class StockLevelChanged(StockFact):
    """Counters of a level changed; so many units could be promised before and after, 0 where it was less."""

    available_before: int
    available: int


@dataclass(frozen=True)
class StockRanLow(StockFact):
    """What can be promised fell to the level's own mark, or below it."""

    available: int


@dataclass(frozen=True)
class StockRanOut(StockFact):
    """Nothing can be promised any more."""


@dataclass(frozen=True)
class StockCameBack(StockFact):
    """Units can be promised again."""

    available: int


@dataclass(frozen=True)
class ShortageOpened(StockFact):
    """More units are promised than are there, for facts took them: promises are given elsewhere, the latest first."""

    shortage_id: UUID
    units: int

    subject: ClassVar[str | None] = "shortage_id"


@dataclass(frozen=True)
class ShortageResolved(StockFact):
    """Every promise is kept, or was given elsewhere."""

    shortage_id: UUID

    subject: ClassVar[str | None] = "shortage_id"
