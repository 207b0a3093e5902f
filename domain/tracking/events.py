"""What can happen to the tracking links of an order."""

from dataclasses import dataclass
from typing import ClassVar

from domain.kernel.events import OrderFact


@dataclass(frozen=True)
class TrackingLinkRequested(OrderFact):
    """The buyer, who knew its number and where it goes, asks for a new tracking link."""

    edits: ClassVar[bool] = False


@dataclass(frozen=True)
class TrackingLinksRevoked(OrderFact):
    """Its tracking links open it no more."""

    links: int

    edits: ClassVar[bool] = False
