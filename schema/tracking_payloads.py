"""What the verbs behind a tracking link answer."""

import strawberry

from schema.payloads import Payload, now
from schema.tracking import Tracking


@strawberry.type(description="What became of calling off the order of a tracking link.")
class TrackingOrderCancelPayload(Payload):
    """The answer of `trackingOrderCancel`."""

    tracking: Tracking | None = now("What the link shows")


@strawberry.type(description="What became of asking for a return by a tracking link.")
class TrackingReturnRequestPayload(Payload):
    """The answer of `trackingReturnRequest`."""

    tracking: Tracking | None = now("What the link shows, with the return among its returns")
