"""What decisions about an order are given."""

from dataclasses import dataclass

import strawberry

from domain.flows.cancel_order import CancelOrder
from domain.flows.confirm_order import ConfirmOrder, RejectOrder
from domain.flows.hold_order import HoldOrder, ReleaseHold
from domain.flows.open_tracking_link import OpenTrackingLink
from domain.flows.revoke_tracking_links import RevokeTrackingLinks
from domain.orders.models import HoldKind
from schema.inputs.intentions import Intention, dry_run, local_id, revision


@strawberry.input(description="Let the locations of an order begin.")
class OrderConfirmInput(Intention):
    """What `orderConfirm` is given."""

    order: strawberry.ID = strawberry.field(description="Which order.")
    expected_revision: int | None = revision()

    def request(self) -> ConfirmOrder:
        """What `confirm_order` is asked."""
        return ConfirmOrder(local_id("order", self.order, "order"), self.expected_revision)


@strawberry.input(description="Do not take an order.")
class OrderRejectInput(Intention):
    """What `orderReject` is given."""

    order: strawberry.ID = strawberry.field(description="Which order.")
    reason: str = strawberry.field(description="Why, in 1 to 200 characters.")
    expected_revision: int | None = revision()

    def request(self) -> RejectOrder:
        """What `reject_order` is asked."""
        return RejectOrder(local_id("order", self.order, "order"), self.reason, self.expected_revision)


@strawberry.input(description="Call a whole order off.")
class OrderCancelInput(Intention):
    """What `orderCancel` is given."""

    order: strawberry.ID = strawberry.field(description="Which order.")
    reason: str = strawberry.field(description="Why, in 1 to 200 characters.")
    expected_revision: int | None = revision()
    dry_run: bool = dry_run()

    def request(self) -> CancelOrder:
        """What `cancel_order` is asked."""
        return CancelOrder(local_id("order", self.order, "order"), self.reason, self.expected_revision)


@strawberry.input(description="A reason for an order not to proceed yet.")
class OrderHoldInput(Intention):
    """What `orderHold` is given."""

    order: strawberry.ID = strawberry.field(description="Which order.")
    kind: HoldKind = strawberry.field(description="What sort of reason it is.")
    reason: str = strawberry.field(description="Why, in 1 to 300 characters.")
    expected_revision: int | None = revision()

    def request(self) -> HoldOrder:
        """What `hold_order` is asked."""
        return HoldOrder(local_id("order", self.order, "order"), self.kind, self.reason, self.expected_revision)


@strawberry.input(description="A reason not to proceed that is gone.")
class OrderHoldReleaseInput(Intention):
    """What `orderHoldRelease` is given."""

    hold: strawberry.ID = strawberry.field(description="Which hold.")
    expected_revision: int | None = revision()

    def request(self) -> ReleaseHold:
        """What `release_hold` is asked."""
        return ReleaseHold(local_id("hold", self.hold, "hold"), self.expected_revision)


@strawberry.input(description="The tracking links of an order are to open it no more.")
class OrderTrackingLinksRevokeInput(Intention):
    """What `orderTrackingLinksRevoke` is given."""

    order: strawberry.ID = strawberry.field(description="Which order.")

    def request(self) -> RevokeTrackingLinks:
        """What `revoke_tracking_links` is asked."""
        return RevokeTrackingLinks(local_id("order", self.order, "order"))


@strawberry.input(description="A link for the buyer of an order.")
class OrderTrackingLinkOpenInput:
    """What `orderTrackingLinkOpen` is given. It takes no key: the token is told once, so a replay could not tell it."""

    order: strawberry.ID = strawberry.field(description="Which order.")

    def with_hash(self, token_hash: str) -> "TokenOfOrder":
        """The input, with what will be stored of the token."""
        return TokenOfOrder(self.order, token_hash)


@dataclass(frozen=True)
class TokenOfOrder:
    """An order and what is stored of the token that will open it."""

    order: str
    token_hash: str
    idempotency_key: str | None = None

    def request(self) -> OpenTrackingLink:
        """What `open_tracking_link` is asked."""
        return OpenTrackingLink(local_id("order", self.order, "order"), self.token_hash)
