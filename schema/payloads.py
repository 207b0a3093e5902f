"""What mutations answer: the thing as it is now, why not, and whether it had been done before."""

from typing import Any

import strawberry

from schema.bulk import BulkRun
from schema.catalog import Product
from schema.channels import Channel
from schema.errors import UserError
from schema.fulfillment import FulfillmentOrder
from schema.locations import Location
from schema.orders import Hold, Order
from schema.payments import Payment, Refund
from schema.returns import Disposition, Return
from schema.shipping import Parcel, Shipment


def now(what: str, *, name: str | None = None, is_new: bool = False) -> Any:
    """A thing in a payload, as it is now."""
    refused = "null when it was refused" if is_new else "after a refusal it is as it was"
    return strawberry.field(
        default=None, name=name, description=f"{what}, as it is now; {refused}, and null where you may not see it."
    )


@strawberry.type(description="What every payload has.")
class Payload:
    """The answer of a mutation."""

    errors: list[UserError] = strawberry.field(description="Why nothing was written; empty when it was done.")
    replayed: bool = strawberry.field(
        description="Whether the idempotency key had been used for this before: it was done then, and not again."
    )


@strawberry.type(description="What became of placing an order.")
class OrderPlacePayload(Payload):
    """The answer of `orderPlace`."""

    order: Order | None = now("The order", is_new=True)


@strawberry.type(description="What became of confirming an order.")
class OrderConfirmPayload(Payload):
    """The answer of `orderConfirm`."""

    order: Order | None = now("The order")


@strawberry.type(description="What became of rejecting an order.")
class OrderRejectPayload(Payload):
    """The answer of `orderReject`."""

    order: Order | None = now("The order")


@strawberry.type(description="What became of calling an order off.")
class OrderCancelPayload(Payload):
    """The answer of `orderCancel`."""

    order: Order | None = now("The order")


@strawberry.type(description="What became of holding an order.")
class OrderHoldPayload(Payload):
    """The answer of `orderHold`."""

    order: Order | None = now("The order")


@strawberry.type(description="What became of releasing a hold.")
class OrderHoldReleasePayload(Payload):
    """The answer of `orderHoldRelease`."""

    hold: Hold | None = now("The hold")
    order: Order | None = now("The order that waited", is_new=True)


@strawberry.type(description="What became of opening a tracking link.")
class OrderTrackingLinkOpenPayload(Payload):
    """The answer of `orderTrackingLinkOpen`."""

    order: Order | None = now("The order")
    token: str | None = strawberry.field(
        default=None,
        description="What opens the order, for 180 days. It is told this once: nothing that is stored gives it back.",
    )


@strawberry.type(description="What became of closing the tracking links of an order.")
class OrderTrackingLinksRevokePayload(Payload):
    """The answer of `orderTrackingLinksRevoke`."""

    order: Order | None = now("The order")


@strawberry.type(description="What became of beginning with a location's work.")
class FulfillmentOrderStartPayload(Payload):
    """The answer of `fulfillmentOrderStart`."""

    fulfillment_order: FulfillmentOrder | None = now("The work")


@strawberry.type(description="What became of a location's no.")
class FulfillmentOrderRejectPayload(Payload):
    """The answer of `fulfillmentOrderReject`."""

    fulfillment_order: FulfillmentOrder | None = now("The work")


@strawberry.type(description="What became of packing.")
class ShipmentPackPayload(Payload):
    """The answer of `shipmentPack`."""

    shipment: Shipment | None = now("The shipment", is_new=True)
    fulfillment_order: FulfillmentOrder | None = now("The work that it comes from")


@strawberry.type(description="What became of the hand-over.")
class ShipmentShipPayload(Payload):
    """The answer of `shipmentShip`."""

    shipment: Shipment | None = now("The shipment")


@strawberry.type(description="What became of unpacking.")
class ShipmentCancelPayload(Payload):
    """The answer of `shipmentCancel`."""

    shipment: Shipment | None = now("The shipment")


@strawberry.type(description="What became of a scan.")
class ParcelScanPayload(Payload):
    """The answer of `parcelScan`."""

    parcel: Parcel | None = now("The parcel")


@strawberry.type(description="What became of recording a payment.")
class PaymentRecordPayload(Payload):
    """The answer of `paymentRecord`."""

    payment: Payment | None = now("The payment")
    order: Order | None = now("The order that it pays", is_new=True)


@strawberry.type(description="What became of granting a refund.")
class OrderRefundGrantPayload(Payload):
    """The answer of `orderRefundGrant`."""

    order: Order | None = now("The order, with the refund among its refunds")


@strawberry.type(description="What became of recording a refund.")
class RefundRecordPayload(Payload):
    """The answer of `refundRecord`."""

    refund: Refund | None = now("The refund")
    order: Order | None = now("The order that it is for", is_new=True)


@strawberry.type(description="What became of asking for a return.")
class ReturnRequestPayload(Payload):
    """The answer of `returnRequest`."""

    rma: Return | None = now("The return", name="return", is_new=True)
    order: Order | None = now("The order")


@strawberry.type(description="What became of approving a return.")
class ReturnApprovePayload(Payload):
    """The answer of `returnApprove`."""

    rma: Return | None = now("The return", name="return")


@strawberry.type(description="What became of declining a return.")
class ReturnDeclinePayload(Payload):
    """The answer of `returnDecline`."""

    rma: Return | None = now("The return", name="return")


@strawberry.type(description="What became of calling a return off.")
class ReturnCancelPayload(Payload):
    """The answer of `returnCancel`."""

    rma: Return | None = now("The return", name="return")


@strawberry.type(description="What became of booking goods in.")
class ReturnReceivePayload(Payload):
    """The answer of `returnReceive`."""

    rma: Return | None = now("The return", name="return")


@strawberry.type(description="What became of a decision about units that came back.")
class ReturnDisposePayload(Payload):
    """The answer of `returnDispose`."""

    disposition: Disposition | None = now("What was decided")
    rma: Return | None = now("The return", name="return", is_new=True)


@strawberry.type(description="What became of ending a return.")
class ReturnCompletePayload(Payload):
    """The answer of `returnComplete`."""

    rma: Return | None = now("The return", name="return")


@strawberry.type(description="What became of entering a product.")
class ProductCreatePayload(Payload):
    """The answer of `productCreate`."""

    product: Product | None = now("The product", is_new=True)


@strawberry.type(description="What became of opening a channel.")
class ChannelCreatePayload(Payload):
    """The answer of `channelCreate`."""

    channel: Channel | None = now("The channel", is_new=True)


@strawberry.type(description="What became of opening a location.")
class LocationCreatePayload(Payload):
    """The answer of `locationCreate`."""

    location: Location | None = now("The location", is_new=True)


@strawberry.type(description="What became of asking for a bulk run.")
class StockBulkStartPayload(Payload):
    """The answer of `stockBulkStart`."""

    bulk_run: BulkRun | None = now("The run", is_new=True)


@strawberry.type(description="What became of calling a bulk run off.")
class StockBulkCancelPayload(Payload):
    """The answer of `stockBulkCancel`."""

    bulk_run: BulkRun | None = now("The run")
