"""What returns are given."""

from enum import StrEnum

import strawberry

from domain.flows.receive_return import CompleteReturn, DisposeReturn, ReceiveLine, ReceiveReturn
from domain.flows.request_return import (
    ApproveReturn,
    CancelReturn,
    DeclineReturn,
    RequestReturn,
    RequestReturnLine,
)
from domain.returns.lifecycle import DispositionAction, Resolution
from schema.inputs.intentions import Intention, dry_run, local_id, revision
from schema.views import enum_of


class DispositionDecision(StrEnum):
    """What can be decided about units that came back."""

    RESTOCK = "RESTOCK"
    DAMAGE = "DAMAGE"
    DISPOSE = "DISPOSE"


enum_of(
    DispositionDecision,
    {
        DispositionDecision.RESTOCK: "As good as new: they can be sold again, at the location where they are.",
        DispositionDecision.DAMAGE: "They are on hand there, and cannot be sold.",
        DispositionDecision.DISPOSE: "They are written off.",
    },
)


@strawberry.input(description="Units that are to come back.")
class ReturnLineInput:
    """One line of a return."""

    requirement: strawberry.ID = strawberry.field(description="Of which requirement of the order.")
    quantity: int = strawberry.field(description="How many units.")


@strawberry.input(description="Goods of an order are to come back.")
class ReturnRequestInput(Intention):
    """What `returnRequest` is given."""

    order: strawberry.ID = strawberry.field(description="Of which order.")
    lines: list[ReturnLineInput] = strawberry.field(description="Which units, 1 to 500 lines.")
    reason: str = strawberry.field(description="Why, in 1 to 300 characters.")
    resolution: Resolution = strawberry.field(
        default=Resolution.REFUND, description="How the buyer wants to be made good."
    )
    expected_revision: int | None = revision()
    dry_run: bool = dry_run()

    def request(self) -> RequestReturn:
        """What `request_return` is asked."""
        lines = tuple(
            RequestReturnLine(local_id("requirement", each.requirement, "lines", str(n), "requirement"), each.quantity)
            for n, each in enumerate(self.lines)
        )
        key = local_id("order", self.order, "order")
        return RequestReturn(key, lines, self.reason, self.resolution, self.expected_revision)


@strawberry.input(description="We take the goods back.")
class ReturnApproveInput(Intention):
    """What `returnApprove` is given."""

    rma: strawberry.ID = strawberry.field(name="return", description="Which return.")
    expected_revision: int | None = revision()

    def request(self) -> ApproveReturn:
        """What `approve_return` is asked."""
        return ApproveReturn(local_id("return", self.rma, "return"), self.expected_revision)


@strawberry.input(description="We do not take the goods back.")
class ReturnDeclineInput(Intention):
    """What `returnDecline` is given."""

    rma: strawberry.ID = strawberry.field(name="return", description="Which return.")
    reason: str = strawberry.field(description="Why, in 1 to 300 characters.")
    expected_revision: int | None = revision()

    def request(self) -> DeclineReturn:
        """What `decline_return` is asked."""
        return DeclineReturn(local_id("return", self.rma, "return"), self.reason, self.expected_revision)


@strawberry.input(description="The buyer keeps the goods.")
class ReturnCancelInput(Intention):
    """What `returnCancel` is given."""

    rma: strawberry.ID = strawberry.field(name="return", description="Which return.")
    expected_revision: int | None = revision()

    def request(self) -> CancelReturn:
        """What `cancel_return` is asked."""
        return CancelReturn(local_id("return", self.rma, "return"), self.expected_revision)


@strawberry.input(description="Units of a return line that arrived.")
class ReturnReceiptInput:
    """What arrived of one line."""

    return_line: strawberry.ID = strawberry.field(description="Of which line of the return.")
    quantity: int = strawberry.field(description="How many units.")


@strawberry.input(description="Goods arrived at a location. Without `lines`: all that is awaited.")
class ReturnReceiveInput(Intention):
    """What `returnReceive` is given."""

    rma: strawberry.ID = strawberry.field(name="return", description="Which return.")
    location: strawberry.ID = strawberry.field(description="Where they arrived.")
    lines: list[ReturnReceiptInput] = strawberry.field(default_factory=list, description="What arrived.")
    expected_revision: int | None = revision()

    def request(self) -> ReceiveReturn:
        """What `receive_return` is asked."""
        lines = tuple(
            ReceiveLine(local_id("return_line", each.return_line, "lines", str(n), "returnLine"), each.quantity)
            for n, each in enumerate(self.lines)
        )
        key, location = local_id("return", self.rma, "return"), local_id("location", self.location, "location")
        return ReceiveReturn(key, location, lines, self.expected_revision)


@strawberry.input(description="What becomes of received units.")
class ReturnDisposeInput(Intention):
    """What `returnDispose` is given."""

    disposition: strawberry.ID = strawberry.field(description="Which units.")
    action: DispositionDecision = strawberry.field(description="What becomes of them.")
    quantity: int | None = strawberry.field(default=None, description="How many of them; all when it is not said.")
    lot: str | None = strawberry.field(
        default=None,
        description="The number of the lot they are of, where lots are told apart. Without it what comes on hand "
        "stands in the lot without a number.",
    )
    expected_revision: int | None = revision()

    def request(self) -> DisposeReturn:
        """What `dispose_return` is asked."""
        key = local_id("disposition", self.disposition, "disposition")
        action = DispositionAction(self.action.value)
        return DisposeReturn(key, action, self.quantity, self.lot, self.expected_revision)


@strawberry.input(description="No more of a return will come.")
class ReturnCompleteInput(Intention):
    """What `returnComplete` is given."""

    rma: strawberry.ID = strawberry.field(name="return", description="Which return.")
    expected_revision: int | None = revision()

    def request(self) -> CompleteReturn:
        """What `complete_return` is asked."""
        return CompleteReturn(local_id("return", self.rma, "return"), self.expected_revision)
