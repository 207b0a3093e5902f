"""The doorbell: after a commit it says "look at the log". It carries no data, and a lost ring costs only latency."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Ring:
    """The log of this order has grown to this sequence."""

    order_id: UUID
    sequence: int


# Rung with this in an order's place: facts about stock were written, and wait for their positions.
STOCK = UUID(int=2)


class Bell(Protocol):
    """Tells every process that logs have grown."""

    def ring(self, rings: Sequence[Ring]) -> None:
        """Pass the rings on, soon. Never waits, never raises: what it loses is found by polling."""


class SilentBell:
    """Rings nobody: for commands that run alone. Subscribers elsewhere find their events by polling."""

    def ring(self, rings: Sequence[Ring]) -> None:
        """Do nothing."""
