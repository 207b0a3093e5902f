"""What the work of locations, their shipments and their parcels are given."""

from datetime import datetime

import strawberry

from domain.flows.pack_shipment import PackLine, PackParcel, PackShipment
from domain.flows.record_scan import RecordScan
from domain.flows.ship_shipment import ShipShipment
from domain.flows.unpack_shipment import CancelShipment
from domain.flows.work_fulfillment_order import RejectFulfillmentOrder, StartFulfillmentOrder
from domain.shipping.lifecycle import TrackingStatus
from schema.inputs.intentions import Intention, local_id, revision


@strawberry.input(description="A location begins with its work.")
class FulfillmentOrderStartInput(Intention):
    """What `fulfillmentOrderStart` is given."""

    fulfillment_order: strawberry.ID = strawberry.field(description="Which work.")
    expected_revision: int | None = revision()

    def request(self) -> StartFulfillmentOrder:
        """What `start_fulfillment_order` is asked."""
        key = local_id("fulfillment_order", self.fulfillment_order, "fulfillmentOrder")
        return StartFulfillmentOrder(key, self.expected_revision)


@strawberry.input(description="A location cannot do its work.")
class FulfillmentOrderRejectInput(Intention):
    """What `fulfillmentOrderReject` is given."""

    fulfillment_order: strawberry.ID = strawberry.field(description="Which work.")
    reason: str = strawberry.field(description="Why, in 1 to 300 characters.")
    expected_revision: int | None = revision()

    def request(self) -> RejectFulfillmentOrder:
        """What `reject_fulfillment_order` is asked."""
        key = local_id("fulfillment_order", self.fulfillment_order, "fulfillmentOrder")
        return RejectFulfillmentOrder(key, self.reason, self.expected_revision)


@strawberry.input(description="Units of a SKU in a parcel.")
class ParcelLineInput:
    """What is in a parcel."""

    sku: str = strawberry.field(description="Which SKU.")
    quantity: int = strawberry.field(description="How many units.")


@strawberry.input(description="One box. Without `lines` it takes all that is left to pack.")
class ParcelInput:
    """A parcel of a shipment."""

    tracking_number: str | None = strawberry.field(default=None, description="The carrier's number for it.")
    tracking_url: str | None = strawberry.field(default=None, description="The carrier's page about it.")
    weight_grams: int | None = strawberry.field(default=None, description="Its weight in grams.")
    lines: list[ParcelLineInput] = strawberry.field(default_factory=list, description="What is in it.")

    def parcel(self) -> PackParcel:
        """The parcel for the domain."""
        lines = tuple(PackLine(each.sku, each.quantity) for each in self.lines)
        return PackParcel(self.tracking_number, self.tracking_url, self.weight_grams, lines)


@strawberry.input(description="Units of a fulfillment order go into parcels for one carrier.")
class ShipmentPackInput(Intention):
    """What `shipmentPack` is given."""

    fulfillment_order: strawberry.ID = strawberry.field(description="Whose units.")
    carrier: str = strawberry.field(description="Who will carry it, such as `dhl`.")
    service: str | None = strawberry.field(default=None, description="The carrier's product.")
    parcels: list[ParcelInput] = strawberry.field(description="Its boxes, 1 to 100.")
    expected_revision: int | None = revision()

    def request(self) -> PackShipment:
        """What `pack_shipment` is asked."""
        key = local_id("fulfillment_order", self.fulfillment_order, "fulfillmentOrder")
        parcels = tuple(each.parcel() for each in self.parcels)
        return PackShipment(key, self.carrier, parcels, self.service, self.expected_revision)


@strawberry.input(description="A carrier took a shipment.")
class ShipmentShipInput(Intention):
    """What `shipmentShip` is given."""

    shipment: strawberry.ID = strawberry.field(description="Which shipment.")
    expected_revision: int | None = revision()

    def request(self) -> ShipShipment:
        """What `ship_shipment` is asked."""
        return ShipShipment(local_id("shipment", self.shipment, "shipment"), self.expected_revision)


@strawberry.input(description="A shipment is unpacked before hand-over.")
class ShipmentCancelInput(Intention):
    """What `shipmentCancel` is given."""

    shipment: strawberry.ID = strawberry.field(description="Which shipment.")
    expected_revision: int | None = revision()

    def request(self) -> CancelShipment:
        """What `cancel_shipment` is asked."""
        return CancelShipment(local_id("shipment", self.shipment, "shipment"), self.expected_revision)


@strawberry.input(description="What a carrier saw of a parcel: named by its id, or by carrier and tracking number.")
class ParcelScanInput(Intention):
    """What `parcelScan` is given."""

    parcel: strawberry.ID | None = strawberry.field(default=None, description="Which parcel.")
    carrier: str | None = strawberry.field(default=None, description="Whose parcel, when there is no id.")
    tracking_number: str | None = strawberry.field(default=None, description="Its number, when there is no id.")
    status: TrackingStatus = strawberry.field(description="What was seen.")
    occurred_at: datetime = strawberry.field(description="When it was seen.")
    place: str | None = strawberry.field(default=None, description="Where it was seen.")
    description: str | None = strawberry.field(default=None, description="The carrier's words.")
    carrier_reference: str | None = strawberry.field(
        default=None, description="The carrier's name for the scan: the same one is kept once."
    )

    def request(self) -> RecordScan:
        """What `record_scan` is asked."""
        return RecordScan(
            status=self.status,
            occurred_at=self.occurred_at,
            parcel_id=None if self.parcel is None else local_id("parcel", self.parcel, "parcel"),
            carrier=self.carrier,
            tracking_number=self.tracking_number,
            place=self.place,
            description=self.description,
            carrier_reference=self.carrier_reference,
        )
