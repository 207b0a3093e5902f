"""What can happen to a bulk run."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import StockFact


@dataclass(frozen=True)
class BulkRunProgressed(StockFact):
    """More of its rows were done or refused, or it ended."""

    bulk_run_id: UUID
    done: int
    rows: int

    subject: ClassVar[str | None] = "bulk_run_id"
