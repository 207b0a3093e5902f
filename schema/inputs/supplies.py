"""What is asked about supplies."""

from datetime import datetime
from uuid import UUID

import strawberry

from domain.flows.draft_supply import CreateSupply, NewSupplyLine, SetSupplyLines
from domain.flows.expect_supply import CancelSupply, CloseSupply, ConfirmSupply, NewTime, RescheduleSupply
from domain.flows.receive_supply import ArrivedLine, ReceiveSupply
from domain.supplies.models import SupplyKind
from schema.inputs.intentions import Intention, KeyedIntention, MoneyInput, local_id
from schema.inputs.stock import LotUnitsInput


def _supply(text: str) -> UUID:
    return local_id("supply", text, "supply")


@strawberry.input(description="Units of a SKU that should come.")
class SupplyLineInput:
    """A line of a supply."""

    sku: str = strawberry.field(description="Of which SKU; one line each.")
    quantity: int = strawberry.field(description="How many units, 1 to 1,000,000.")
    unit_cost: MoneyInput | None = strawberry.field(
        default=None, description="What one unit costs us, in the supply's currency."
    )
    expected_at: datetime | None = strawberry.field(
        default=None, description="When it should arrive, if that is not when the supply should."
    )

    def line(self, n: int) -> NewSupplyLine:
        """The line for the domain; `n` is its place, from 0."""
        cost = self.unit_cost
        minor = cost.minor("lines", str(n), "unitCost") if cost else None
        return NewSupplyLine(self.sku, self.quantity, minor, cost.currency if cost else None, self.expected_at)


@strawberry.input(description="A supplier should bring something.")
class SupplyCreateInput(Intention):
    """What `supplyCreate` is given."""

    kind: SupplyKind = strawberry.field(description="What we know it from.")
    supplier: str = strawberry.field(description="Who brings it, in 1 to 120 characters.")
    location: strawberry.ID = strawberry.field(description="Where it comes to.")
    currency: str = strawberry.field(description="The ISO 4217 currency of its costs.")
    lines: list[SupplyLineInput] = strawberry.field(description="What comes, 1 to 100 lines.")
    expected_at: datetime | None = strawberry.field(default=None, description="When it should arrive.")
    external_reference: str | None = strawberry.field(
        default=None, description="The supplier's name for it, in 1 to 100 characters."
    )

    def request(self) -> CreateSupply:
        """What `create_supply` is asked."""
        return CreateSupply(
            self.kind,
            self.supplier,
            local_id("location", self.location, "location"),
            self.currency,
            tuple(each.line(n) for n, each in enumerate(self.lines)),
            self.expected_at,
            self.external_reference,
        )


@strawberry.input(description="Something else should come.")
class SupplySetLinesInput(Intention):
    """What `supplySetLines` is given."""

    supply: strawberry.ID = strawberry.field(description="Which supply.")
    lines: list[SupplyLineInput] = strawberry.field(description="All of its lines, 1 to 100.")

    def request(self) -> SetSupplyLines:
        """What `set_supply_lines` is asked."""
        return SetSupplyLines(_supply(self.supply), tuple(each.line(n) for n, each in enumerate(self.lines)))


@strawberry.input(description="The supplier will bring it.")
class SupplyConfirmInput(Intention):
    """What `supplyConfirm` is given."""

    supply: strawberry.ID = strawberry.field(description="Which supply.")

    def request(self) -> ConfirmSupply:
        """What `confirm_supply` is asked."""
        return ConfirmSupply(_supply(self.supply))


@strawberry.input(description="When the units of a SKU will arrive.")
class SupplyTimeInput:
    """Another time for one line."""

    sku: str = strawberry.field(description="Of which SKU.")
    expected_at: datetime = strawberry.field(description="When it will arrive.")


@strawberry.input(description="It will come at another time.")
class SupplyRescheduleInput(Intention):
    """What `supplyReschedule` is given."""

    supply: strawberry.ID = strawberry.field(description="Which supply.")
    expected_at: datetime | None = strawberry.field(
        default=None, description="When all of it will arrive, but for the lines below."
    )
    lines: list[SupplyTimeInput] = strawberry.field(
        default_factory=list, description="Lines that arrive at a time of their own, at most 100."
    )

    def request(self) -> RescheduleSupply:
        """What `reschedule_supply` is asked."""
        times = tuple(NewTime(each.sku, each.expected_at) for each in self.lines)
        return RescheduleSupply(_supply(self.supply), self.expected_at, times)


@strawberry.input(description="Units of a SKU that arrived.")
class SupplyArrivalInput:
    """A line of a receipt."""

    sku: str = strawberry.field(description="Of which SKU of the supply; one line each.")
    quantity: int = strawberry.field(
        description="Units that arrived, the damaged among them. More than were expected are booked in too."
    )
    damaged: int = strawberry.field(default=0, description="Units of these that cannot be sold.")
    lots: list[LotUnitsInput] = strawberry.field(
        default_factory=list,
        description="In which lots they came, where lots are told apart: all of them. Without it they stand in the "
        "lot without a number.",
    )
    serial_numbers: list[str] = strawberry.field(
        default_factory=list, description="One for each unit, where units have serial numbers; at most 1,000."
    )

    def line(self) -> ArrivedLine:
        """The line for the domain."""
        lots = tuple(each.units() for each in self.lots)
        return ArrivedLine(self.sku, self.quantity, self.damaged, lots, tuple(self.serial_numbers))


@strawberry.input(description="Units of a supply arrived.")
class SupplyReceiveInput(KeyedIntention):
    """What `supplyReceive` is given."""

    supply: strawberry.ID = strawberry.field(description="Which supply.")
    lines: list[SupplyArrivalInput] = strawberry.field(description="What arrived, 1 to 100 lines.")
    note: str | None = strawberry.field(default=None, description="Such as the delivery note, at most 300 characters.")

    def request(self) -> ReceiveSupply:
        """What `receive_supply` is asked."""
        return ReceiveSupply(_supply(self.supply), tuple(each.line() for each in self.lines), self.note)


@strawberry.input(description="What has not arrived will not.")
class SupplyCloseInput(Intention):
    """What `supplyClose` is given."""

    supply: strawberry.ID = strawberry.field(description="Which supply.")

    def request(self) -> CloseSupply:
        """What `close_supply` is asked."""
        return CloseSupply(_supply(self.supply))


@strawberry.input(description="It will not come.")
class SupplyCancelInput(Intention):
    """What `supplyCancel` is given."""

    supply: strawberry.ID = strawberry.field(description="Which supply.")

    def request(self) -> CancelSupply:
        """What `cancel_supply` is asked."""
        return CancelSupply(_supply(self.supply))
