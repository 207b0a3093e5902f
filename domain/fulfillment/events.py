"""What can happen to a fulfillment order."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import OrderFact


@dataclass(frozen=True)
class _FulfillmentOrderFact(OrderFact):
    """A fact about the work of one location."""

    fulfillment_order_id: UUID

    subject: ClassVar[str | None] = "fulfillment_order_id"


@dataclass(frozen=True)
class FulfillmentOrderOpened(_FulfillmentOrderFact):
    """A location was given work."""


@dataclass(frozen=True)
class FulfillmentOrderStarted(_FulfillmentOrderFact):
    """The location began to pick."""


@dataclass(frozen=True)
class FulfillmentOrderClosed(_FulfillmentOrderFact):
    """All its units are packed into shipments."""


@dataclass(frozen=True)
class FulfillmentOrderReopened(_FulfillmentOrderFact):
    """A shipment was canceled before hand-over; its units are to do again."""


@dataclass(frozen=True)
class FulfillmentOrderRejected(_FulfillmentOrderFact):
    """The location cannot do it; its units are sourced again elsewhere."""


@dataclass(frozen=True)
class FulfillmentOrderCanceled(_FulfillmentOrderFact):
    """The work was called off."""


FULFILLMENT_ORDER_FACTS = (
    FulfillmentOrderOpened,
    FulfillmentOrderStarted,
    FulfillmentOrderClosed,
    FulfillmentOrderReopened,
    FulfillmentOrderRejected,
    FulfillmentOrderCanceled,
)
