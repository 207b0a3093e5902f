"""What transfers between locations are given."""

from datetime import datetime

import strawberry

from domain.flows.counted_goods import SkuUnits
from domain.flows.dispatch_transfer import DispatchTransfer, LeavingUnits
from domain.flows.plan_transfer import PlanTransfer, SetTransferLines
from domain.flows.receive_transfer import ArrivedUnits, ReceiveTransfer, WriteOffTransfer
from domain.flows.release_transfer import CancelTransfer, ReleaseTransfer
from schema.inputs.intentions import Intention, KeyedIntention, local_id


@strawberry.input(description="Units of one SKU. Lines of the same SKU are added up.")
class TransferLineInput:
    """One line of a transfer."""

    sku: str = strawberry.field(description="Of which SKU.")
    quantity: int = strawberry.field(description="How many units.")


def _units(lines: list[TransferLineInput]) -> tuple[SkuUnits, ...]:
    return tuple(SkuUnits(each.sku, each.quantity) for each in lines)


@strawberry.input(description="Units are to move from one location to another.")
class TransferCreateInput(Intention):
    """What `transferCreate` is given."""

    source: strawberry.ID = strawberry.field(description="The location that the units leave.")
    destination: strawberry.ID = strawberry.field(description="The location that they go to.")
    lines: list[TransferLineInput] = strawberry.field(description="What is to move, 1 to 100 lines.")
    expected_at: datetime | None = strawberry.field(default=None, description="When it should arrive.")
    note: str | None = strawberry.field(default=None, description="At most 300 characters.")

    def request(self) -> PlanTransfer:
        """What `plan_transfer` is asked."""
        source = local_id("location", self.source, "source")
        destination = local_id("location", self.destination, "destination")
        return PlanTransfer(source, destination, _units(self.lines), self.expected_at, self.note)


@strawberry.input(description="Other units are to move than was planned: these are all of them.")
class TransferSetLinesInput(Intention):
    """What `transferSetLines` is given."""

    transfer: strawberry.ID = strawberry.field(description="Which transfer.")
    lines: list[TransferLineInput] = strawberry.field(description="What is to move, 1 to 100 lines.")

    def request(self) -> SetTransferLines:
        """What `set_transfer_lines` is asked."""
        return SetTransferLines(local_id("transfer", self.transfer, "transfer"), _units(self.lines))


@strawberry.input(description="A transfer can be picked.")
class TransferReleaseInput(Intention):
    """What `transferRelease` is given."""

    transfer: strawberry.ID = strawberry.field(description="Which transfer.")

    def request(self) -> ReleaseTransfer:
        """What `release_transfer` is asked."""
        return ReleaseTransfer(local_id("transfer", self.transfer, "transfer"))


@strawberry.input(description="Units of one SKU that leave. Lines of the same SKU are added up.")
class TransferDispatchLineInput:
    """What leaves of one SKU."""

    sku: str = strawberry.field(description="Of which SKU.")
    quantity: int = strawberry.field(description="How many units.")
    serial_numbers: list[str] = strawberry.field(
        default_factory=list,
        description="The units that move with their serial number, at most one for each and 1,000; those that are not "
        "named stay where they were by the books.",
    )


@strawberry.input(
    description="A transfer leaves. Without `lines`: all that is planned; with lines these alone, and the rest, which "
    "was not found, is taken off the plan."
)
class TransferDispatchInput(Intention):
    """What `transferDispatch` is given."""

    transfer: strawberry.ID = strawberry.field(description="Which transfer.")
    lines: list[TransferDispatchLineInput] = strawberry.field(
        default_factory=list, description="What leaves, if not all."
    )

    def request(self) -> DispatchTransfer:
        """What `dispatch_transfer` is asked."""
        lines = tuple(LeavingUnits(each.sku, each.quantity, tuple(each.serial_numbers)) for each in self.lines)
        return DispatchTransfer(local_id("transfer", self.transfer, "transfer"), lines)


@strawberry.input(description="Units of one SKU that arrived. Lines of the same SKU are added up.")
class TransferReceiptInput:
    """What arrived of one SKU."""

    sku: str = strawberry.field(description="Of which SKU.")
    quantity: int = strawberry.field(description="How many units, the damaged ones included; more than left, if so.")
    damaged: int = strawberry.field(default=0, description="How many of these cannot be sold.")
    serial_numbers: list[str] = strawberry.field(
        default_factory=list,
        description="Those that arrived of the serial numbers that it left with. All of them have when the last unit "
        "has; where some are written off, name those that arrived.",
    )


@strawberry.input(description="A transfer arrives. Without `lines`: all that is on its way, none of it damaged.")
class TransferReceiveInput(KeyedIntention):
    """What `transferReceive` is given."""

    transfer: strawberry.ID = strawberry.field(description="Which transfer.")
    lines: list[TransferReceiptInput] = strawberry.field(default_factory=list, description="What arrived, if not all.")

    def request(self) -> ReceiveTransfer:
        """What `receive_transfer` is asked."""
        lines = tuple(
            ArrivedUnits(each.sku, each.quantity, each.damaged, tuple(each.serial_numbers)) for each in self.lines
        )
        return ReceiveTransfer(local_id("transfer", self.transfer, "transfer"), lines)


@strawberry.input(description="Units that left will not arrive. Without `lines`: all that are on their way.")
class TransferWriteOffInput(KeyedIntention):
    """What `transferWriteOff` is given."""

    transfer: strawberry.ID = strawberry.field(description="Which transfer.")
    lines: list[TransferLineInput] = strawberry.field(default_factory=list, description="What is lost, if not all.")
    note: str | None = strawberry.field(default=None, description="What became of them, at most 300 characters.")

    def request(self) -> WriteOffTransfer:
        """What `write_off_transfer` is asked."""
        return WriteOffTransfer(local_id("transfer", self.transfer, "transfer"), _units(self.lines), self.note)


@strawberry.input(description="A transfer is not needed.")
class TransferCancelInput(Intention):
    """What `transferCancel` is given."""

    transfer: strawberry.ID = strawberry.field(description="Which transfer.")

    def request(self) -> CancelTransfer:
        """What `cancel_transfer` is asked."""
        return CancelTransfer(local_id("transfer", self.transfer, "transfer"))
