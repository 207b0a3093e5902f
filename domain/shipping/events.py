"""What can happen to a shipment and its parcels."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import OrderFact


@dataclass(frozen=True)
class _ShipmentFact(OrderFact):
    """A fact about one hand-over to a carrier."""

    shipment_id: UUID

    subject: ClassVar[str | None] = "shipment_id"


@dataclass(frozen=True)
class ShipmentPacked(_ShipmentFact):
    """Its parcels are closed and wait for the carrier."""


@dataclass(frozen=True)
class ShipmentShipped(_ShipmentFact):
    """It was handed over to the carrier."""


@dataclass(frozen=True)
class ShipmentDelivered(_ShipmentFact):
    """Every parcel of it arrived."""

    edits: ClassVar[bool] = False


@dataclass(frozen=True)
class ShipmentLost(_ShipmentFact):
    """The carrier cannot find it."""

    edits: ClassVar[bool] = False


@dataclass(frozen=True)
class ShipmentReturned(_ShipmentFact):
    """It came back undelivered."""

    edits: ClassVar[bool] = False


@dataclass(frozen=True)
class ShipmentCanceled(_ShipmentFact):
    """It was unpacked before hand-over."""


@dataclass(frozen=True)
class ParcelScanned(OrderFact):
    """The carrier saw a parcel."""

    parcel_id: UUID
    status: str
    scanned_at: str

    subject: ClassVar[str | None] = "parcel_id"
    edits: ClassVar[bool] = False


SHIPMENT_FACTS = (
    ShipmentPacked,
    ShipmentShipped,
    ShipmentDelivered,
    ShipmentLost,
    ShipmentReturned,
    ShipmentCanceled,
    ParcelScanned,
)
