"""What mutations of transfers answer."""

import strawberry

from schema.payloads import Payload, now
from schema.transfers import Transfer


@strawberry.type(description="What became of planning a transfer.")
class TransferCreatePayload(Payload):
    """The answer of `transferCreate`."""

    transfer: Transfer | None = now("The transfer", is_new=True)


@strawberry.type(description="What became of planning a transfer anew.")
class TransferSetLinesPayload(Payload):
    """The answer of `transferSetLines`."""

    transfer: Transfer | None = now("The transfer")


@strawberry.type(description="What became of releasing a transfer.")
class TransferReleasePayload(Payload):
    """The answer of `transferRelease`."""

    transfer: Transfer | None = now("The transfer")


@strawberry.type(description="What became of sending a transfer off.")
class TransferDispatchPayload(Payload):
    """The answer of `transferDispatch`."""

    transfer: Transfer | None = now("The transfer")


@strawberry.type(description="What became of receiving a transfer.")
class TransferReceivePayload(Payload):
    """The answer of `transferReceive`."""

    transfer: Transfer | None = now("The transfer")


@strawberry.type(description="What became of writing off what will not arrive.")
class TransferWriteOffPayload(Payload):
    """The answer of `transferWriteOff`."""

    transfer: Transfer | None = now("The transfer")


@strawberry.type(description="What became of calling a transfer off.")
class TransferCancelPayload(Payload):
    """The answer of `transferCancel`."""

    transfer: Transfer | None = now("The transfer")
