"""What the bearer of a tracking link gives, who proves to be the buyer."""

from typing import Any, Protocol
from uuid import UUID

import strawberry

from domain.flows.cancel_tracked_order import CancelTrackedOrder
from domain.flows.request_tracked_return import RequestTrackedReturn, TrackedUnits
from domain.kernel.ids import global_id
from schema.inputs.intentions import Intention, check_texts


class Proven(Protocol):
    """An input with a second proof in it."""

    @property
    def idempotency_key(self) -> str | None:
        """The caller's name for the intention."""

    def request(self) -> Any:
        """What the flow is asked."""


def proof() -> Any:
    """The field `proof`."""
    return strawberry.field(
        description="What the buyer knows and the finder of a link does not: the postal code that the order goes to, or"
        " the e-mail address that it was bought with, spaced and written however. Five attempts an hour are looked at."
    )


@strawberry.input(description="Call off the order of your tracking link.")
class TrackingOrderCancelInput(Intention):
    """What `trackingOrderCancel` is given."""

    proof: str = proof()

    def request(self) -> CancelTrackedOrder:
        """What `cancel_tracked_order` is asked."""
        return CancelTrackedOrder(self.proof)


@strawberry.input(description="Units of a SKU that are to come back.")
class TrackedUnitsInput:
    """One line of a return, named as on the parcel."""

    sku: str = strawberry.field(description="Of which SKU.")
    quantity: int = strawberry.field(description="How many units.")


@strawberry.input(description="Goods of the order of your tracking link are to come back.")
class TrackingReturnRequestInput(Intention):
    """What `trackingReturnRequest` is given."""

    proof: str = proof()
    units: list[TrackedUnitsInput] = strawberry.field(description="Which units, 1 to 500 lines.")
    reason: str = strawberry.field(description="Why, in 1 to 300 characters.")

    def request(self) -> RequestTrackedReturn:
        """What `request_tracked_return` is asked."""
        units = tuple(TrackedUnits(each.sku, each.quantity) for each in self.units)
        return RequestTrackedReturn(self.proof, units, self.reason)


class OfTracking:
    """An input, and the order that it is about: the credentials say which, not the input."""

    def __init__(self, given: Proven, order_id: UUID) -> None:
        self.given, self.tracking = given, global_id("tracking", order_id)

    @property
    def idempotency_key(self) -> str | None:
        """The caller's name for the intention."""
        return self.given.idempotency_key

    def request(self) -> Any:
        """What the flow is asked. Raises InvalidInput for text that is none."""
        check_texts(self.given)
        return self.given.request()
