"""What feeds of the work send: what happened, and the thing that it happened to."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.facts import OrderEvent
from schema.live import FeedResyncRequired
from schema.scalars import Cursor

if TYPE_CHECKING:
    from schema.fulfillment import FulfillmentOrder
    from schema.returns import Return
    from schema.shipping import Shipment

_AFTER = "The place behind this event in the feed of all orders: give it as `after` to go on from here."


@strawberry.type(description="Something happened to a fulfillment order.")
class FulfillmentOrderChanged:
    cursor: Cursor = strawberry.field(description=_AFTER)
    event: OrderEvent = strawberry.field(description="What happened.")
    fulfillment_order: Annotated["FulfillmentOrder", strawberry.lazy("schema.fulfillment")] = strawberry.field(
        description="The work, as it was when the event was read."
    )


@strawberry.type(description="Something happened to a shipment, or to a parcel of it.")
class ShipmentChanged:
    cursor: Cursor = strawberry.field(description=_AFTER)
    event: OrderEvent = strawberry.field(description="What happened.")
    shipment: Annotated["Shipment", strawberry.lazy("schema.shipping")] = strawberry.field(
        description="The shipment, as it was when the event was read."
    )


@strawberry.type(description="Something happened to a return.")
class ReturnChanged:
    cursor: Cursor = strawberry.field(description=_AFTER)
    event: OrderEvent = strawberry.field(description="What happened.")
    the_return: Annotated["Return", strawberry.lazy("schema.returns")] = strawberry.field(
        name="return", description="The return, as it was when the event was read."
    )


FulfillmentOrderMessage = Annotated[
    FulfillmentOrderChanged | FeedResyncRequired,
    strawberry.union("FulfillmentOrderMessage", description="What the feed of fulfillment orders sends."),
]
ShipmentMessage = Annotated[
    ShipmentChanged | FeedResyncRequired,
    strawberry.union("ShipmentMessage", description="What the feed of shipments sends."),
]
ReturnMessage = Annotated[
    ReturnChanged | FeedResyncRequired,
    strawberry.union("ReturnMessage", description="What the feed of returns sends."),
]
