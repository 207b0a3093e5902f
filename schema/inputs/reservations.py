"""What the verbs about reservations are given."""

import strawberry

from domain.flows.end_reservation import ReleaseReservation
from domain.flows.extend_reservation import ExtendReservation
from domain.flows.reserve_stock import ReserveLine, ReserveStock
from schema.inputs.intentions import Intention, local_id


@strawberry.input(description="What lies in the basket.")
class ReservationLineInput:
    """Units of one SKU."""

    sku: str = strawberry.field(description="What is to be bought. Of a bundle, its components are set aside.")
    quantity: int = strawberry.field(description="How many units.")


@strawberry.input(description="A basket whose units are to be set aside.")
class ReservationCreateInput(Intention):
    """What `reservationCreate` is given."""

    channel: str = strawberry.field(description="The code of the channel where it will be bought, such as `web-de`.")
    lines: list[ReservationLineInput] = strawberry.field(
        description="What to set aside, 1 to 100 lines; those of one SKU are added up. What is not counted is left out."
    )
    minutes: int = strawberry.field(default=15, description="For how long, 1 to 120 minutes.")
    external_reference: str | None = strawberry.field(
        default=None, description="Your name for the basket, of 1 to 100 characters. It need not be unique."
    )
    customer: strawberry.ID | None = strawberry.field(
        default=None, description="Who will buy: they may see, extend, take and release it too. Customers: themselves."
    )

    def request(self) -> ReserveStock:
        """What `reserve_stock` is asked."""
        return ReserveStock(
            self.channel,
            tuple(ReserveLine(each.sku, each.quantity) for each in self.lines),
            self.minutes,
            self.external_reference,
            None if self.customer is None else local_id("customer", self.customer, "customer"),
        )


@strawberry.input(description="Units of a basket are needed for longer.")
class ReservationExtendInput(Intention):
    """What `reservationExtend` is given."""

    reservation: strawberry.ID = strawberry.field(description="Which reservation.")
    minutes: int = strawberry.field(
        default=15,
        description="For how long from now on, 1 to 120 minutes. It never ends earlier than before, nor later than "
        "24 hours after it was made.",
    )

    def request(self) -> ExtendReservation:
        """What `extend_reservation` is asked."""
        return ExtendReservation(local_id("reservation", self.reservation, "reservation"), self.minutes)


@strawberry.input(description="Units of a basket are not wanted any more.")
class ReservationReleaseInput(Intention):
    """What `reservationRelease` is given."""

    reservation: strawberry.ID = strawberry.field(description="Which reservation.")

    def request(self) -> ReleaseReservation:
        """What `release_reservation` is asked."""
        return ReleaseReservation(local_id("reservation", self.reservation, "reservation"))
