"""What can happen to transfers; what happens to the levels at either end stands beside it in the feed of stock."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import StockFact


@dataclass(frozen=True)
class TransferReleased(StockFact):
    """Its units are set aside at the source."""

    transfer_id: UUID
    units: int

    subject: ClassVar[str | None] = "transfer_id"


@dataclass(frozen=True)
class TransferDispatched(StockFact):
    """Its units have left the source, but for those that were not found there: a short pick."""

    transfer_id: UUID
    units: int
    short: int

    subject: ClassVar[str | None] = "transfer_id"


@dataclass(frozen=True)
class TransferReceived(StockFact):
    """Units have arrived: of those that had left, and beyond them; of both, some damaged."""

    transfer_id: UUID
    units: int
    surplus: int
    damaged: int

    subject: ClassVar[str | None] = "transfer_id"


@dataclass(frozen=True)
class TransferWrittenOff(StockFact):
    """Units that had left will not arrive."""

    transfer_id: UUID
    units: int

    subject: ClassVar[str | None] = "transfer_id"


@dataclass(frozen=True)
class TransferCanceled(StockFact):
    """It was called off before it left; what was set aside is free again."""

    transfer_id: UUID

    subject: ClassVar[str | None] = "transfer_id"
