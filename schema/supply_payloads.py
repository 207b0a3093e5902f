"""What mutations about supplies, and about what channels sell from, answer."""

import strawberry

from schema.channels import Channel
from schema.payloads import Payload, now
from schema.supplies import Supply


@strawberry.type(description="What became of entering a supply.")
class SupplyCreatePayload(Payload):
    """The answer of `supplyCreate`."""

    supply: Supply | None = now("The supply", is_new=True)


@strawberry.type(description="What became of changing what should come.")
class SupplySetLinesPayload(Payload):
    """The answer of `supplySetLines`."""

    supply: Supply | None = now("The supply")


@strawberry.type(description="What became of confirming a supply.")
class SupplyConfirmPayload(Payload):
    """The answer of `supplyConfirm`."""

    supply: Supply | None = now("The supply")


@strawberry.type(description="What became of giving a supply another time.")
class SupplyReschedulePayload(Payload):
    """The answer of `supplyReschedule`."""

    supply: Supply | None = now("The supply")


@strawberry.type(description="What became of booking in what arrived.")
class SupplyReceivePayload(Payload):
    """The answer of `supplyReceive`."""

    supply: Supply | None = now("The supply")


@strawberry.type(description="What became of expecting no more of a supply.")
class SupplyClosePayload(Payload):
    """The answer of `supplyClose`."""

    supply: Supply | None = now("The supply")


@strawberry.type(description="What became of calling a supply off.")
class SupplyCancelPayload(Payload):
    """The answer of `supplyCancel`."""

    supply: Supply | None = now("The supply")


@strawberry.type(description="What became of saying which locations a channel sees.")
class ChannelSetLocationsPayload(Payload):
    """The answer of `channelSetLocations`."""

    channel: Channel | None = now("The channel")
