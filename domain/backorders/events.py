"""What can happen to units that were sold before they were there."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import OrderFact


@dataclass(frozen=True)
class BackorderFilled(OrderFact):
    """Units that the order waited for came, and are set aside for it."""

    requirement_id: UUID
    units: int

    subject: ClassVar[str | None] = "requirement_id"
