"""Events: one GraphQL type per fact, named and described like it."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.backorders import events as backorders
from domain.fulfillment import events as fulfillment
from domain.orders import events as orders
from domain.orders.models import HoldKind
from domain.payments import events as payments
from domain.returns import events as returns
from domain.returns.lifecycle import DispositionStatus
from domain.shipping import events as shipping
from domain.shipping.lifecycle import TrackingStatus
from domain.tracking import events as tracking
from schema.facts import OrderEvent, event_of, fact, fact_money, subject
from schema.views import Money

if TYPE_CHECKING:
    from schema.fulfillment import FulfillmentOrder
    from schema.lines import Requirement
    from schema.orders import Hold
    from schema.payments import Payment, Refund
    from schema.returns import Return
    from schema.shipping import Parcel, Shipment

TheHold = Annotated["Hold", strawberry.lazy("schema.orders")] | None
TheRequirement = Annotated["Requirement", strawberry.lazy("schema.lines")] | None
TheFulfillmentOrder = Annotated["FulfillmentOrder", strawberry.lazy("schema.fulfillment")] | None
TheShipment = Annotated["Shipment", strawberry.lazy("schema.shipping")] | None
TheParcel = Annotated["Parcel", strawberry.lazy("schema.shipping")] | None
ThePayment = Annotated["Payment", strawberry.lazy("schema.payments")] | None
TheRefund = Annotated["Refund", strawberry.lazy("schema.payments")] | None
TheReturn = Annotated["Return", strawberry.lazy("schema.returns")] | None

# Lazy too: Strawberry would make enums of its own, without descriptions, when these are not declared yet.
TheHoldKind = Annotated["HoldKind", strawberry.lazy("domain.orders.models")]
TheDispositionStatus = Annotated["DispositionStatus", strawberry.lazy("domain.returns.lifecycle")]
TheTrackingStatus = Annotated["TrackingStatus", strawberry.lazy("domain.shipping.lifecycle")]


@event_of(orders.OrderPlaced)
class OrderPlaced(OrderEvent): ...


@event_of(orders.OrderImported)
class OrderImported(OrderEvent): ...


@event_of(orders.OrderConfirmed)
class OrderConfirmed(OrderEvent): ...


@event_of(orders.OrderRejected)
class OrderRejected(OrderEvent): ...


@event_of(orders.OrderCanceled)
class OrderCanceled(OrderEvent): ...


@event_of(orders.OrderExpired)
class OrderExpired(OrderEvent): ...


@event_of(orders.OrderCompleted)
class OrderCompleted(OrderEvent): ...


@event_of(orders.OrderReopened)
class OrderReopened(OrderEvent): ...


@event_of(orders.OrderSourcedAgain)
class OrderSourcedAgain(OrderEvent):
    sku: str = fact("sku", str, doc="Which SKU.")
    units: int = fact("units", int, doc="How many units were not there.")


@event_of(orders.OrderHeld)
class OrderHeld(OrderEvent):
    kind: TheHoldKind = fact("kind", HoldKind, doc="What sort of reason it is.")
    hold: TheHold = subject(doc="The hold.")


@event_of(orders.OrderHoldReleased)
class OrderHoldReleased(OrderEvent):
    hold: TheHold = subject(doc="The hold.")


@event_of(backorders.BackorderFilled)
class BackorderFilled(OrderEvent):
    units: int = fact("units", int, doc="How many units.")
    requirement: TheRequirement = subject(doc="What they are for.")


@event_of(fulfillment.FulfillmentOrderOpened)
class FulfillmentOrderOpened(OrderEvent):
    fulfillment_order: TheFulfillmentOrder = subject(doc="The work.")


@event_of(fulfillment.FulfillmentOrderStarted)
class FulfillmentOrderStarted(OrderEvent):
    fulfillment_order: TheFulfillmentOrder = subject(doc="The work.")


@event_of(fulfillment.FulfillmentOrderClosed)
class FulfillmentOrderClosed(OrderEvent):
    fulfillment_order: TheFulfillmentOrder = subject(doc="The work.")


@event_of(fulfillment.FulfillmentOrderReopened)
class FulfillmentOrderReopened(OrderEvent):
    fulfillment_order: TheFulfillmentOrder = subject(doc="The work.")


@event_of(fulfillment.FulfillmentOrderRejected)
class FulfillmentOrderRejected(OrderEvent):
    fulfillment_order: TheFulfillmentOrder = subject(doc="The work.")


@event_of(fulfillment.FulfillmentOrderCanceled)
class FulfillmentOrderCanceled(OrderEvent):
    fulfillment_order: TheFulfillmentOrder = subject(doc="The work.")


@event_of(shipping.ShipmentPacked)
class ShipmentPacked(OrderEvent):
    shipment: TheShipment = subject(doc="The shipment.")


@event_of(shipping.ShipmentShipped)
class ShipmentShipped(OrderEvent):
    shipment: TheShipment = subject(doc="The shipment.")


@event_of(shipping.ShipmentDelivered)
class ShipmentDelivered(OrderEvent):
    shipment: TheShipment = subject(doc="The shipment.")


@event_of(shipping.ShipmentLost)
class ShipmentLost(OrderEvent):
    shipment: TheShipment = subject(doc="The shipment.")


@event_of(shipping.ShipmentReturned)
class ShipmentReturned(OrderEvent):
    shipment: TheShipment = subject(doc="The shipment.")


@event_of(shipping.ShipmentCanceled)
class ShipmentCanceled(OrderEvent):
    shipment: TheShipment = subject(doc="The shipment.")


@event_of(shipping.ParcelScanned)
class ParcelScanned(OrderEvent):
    status: TheTrackingStatus = fact("status", TrackingStatus, doc="What the carrier saw.")
    scanned_at: datetime = fact("scanned_at", datetime.fromisoformat, doc="When the carrier saw it.")
    parcel: TheParcel = subject(doc="The parcel.")


@event_of(payments.PaymentExpected)
class PaymentExpected(OrderEvent):
    payment: ThePayment = subject(doc="The payment.")


@event_of(payments.PaymentCaptured)
class PaymentCaptured(OrderEvent):
    amount: Money = fact_money(doc="How much came.")
    payment: ThePayment = subject(doc="The payment.")


@event_of(payments.PaymentCanceled)
class PaymentCanceled(OrderEvent):
    payment: ThePayment = subject(doc="The payment.")


@event_of(payments.RefundGranted)
class RefundGranted(OrderEvent):
    amount: Money = fact_money(doc="How much is owed back.")
    refund: TheRefund = subject(doc="The refund.")


@event_of(payments.RefundSucceeded)
class RefundSucceeded(OrderEvent):
    amount: Money = fact_money(doc="How much went back.")
    refund: TheRefund = subject(doc="The refund.")


@event_of(returns.ReturnRequested)
class ReturnRequested(OrderEvent):
    the_return: TheReturn = subject(name="return", doc="The return.")


@event_of(returns.ReturnApproved)
class ReturnApproved(OrderEvent):
    the_return: TheReturn = subject(name="return", doc="The return.")


@event_of(returns.ReturnDeclined)
class ReturnDeclined(OrderEvent):
    the_return: TheReturn = subject(name="return", doc="The return.")


@event_of(returns.ReturnCanceled)
class ReturnCanceled(OrderEvent):
    the_return: TheReturn = subject(name="return", doc="The return.")


@event_of(returns.ReturnReceived)
class ReturnReceived(OrderEvent):
    units: int = fact("units", int, doc="How many units arrived.")
    the_return: TheReturn = subject(name="return", doc="The return.")


@event_of(returns.ReturnDisposed)
class ReturnDisposed(OrderEvent):
    disposition: TheDispositionStatus = fact("disposition", DispositionStatus, doc="What becomes of them.")
    units: int = fact("units", int, doc="How many units.")
    the_return: TheReturn = subject(name="return", doc="The return.")


@event_of(returns.ReturnCompleted)
class ReturnCompleted(OrderEvent):
    the_return: TheReturn = subject(name="return", doc="The return.")


# What the log calls it -> what the API shows it as.


@event_of(tracking.TrackingLinkRequested)
class TrackingLinkRequested(OrderEvent): ...


@event_of(tracking.TrackingLinksRevoked)
class TrackingLinksRevoked(OrderEvent):
    links: int = fact("links", int, doc="How many did.")


EVENT_TYPES: Mapping[str, type[Any]] = {each.__name__: each for each in OrderEvent.__subclasses__()}
