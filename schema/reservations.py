"""Reservations as the API shows them: units set aside for a basket, until when, and what became of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from tortoise.expressions import Q

from domain.kernel.actor import Scope
from domain.reservations.lifecycle import RESERVATION, ReservationFacts, ReservationStatus
from domain.reservations.models import ReservationLineRow, ReservationRow
from domain.reservations.queries import visible_lines, visible_reservations
from schema.actions import AvailableAction, actions
from schema.channels import Channel
from schema.locations import Location
from schema.payloads import Payload, now
from schema.references import key_is
from schema.views import (
    EnumFilter,
    IdFilter,
    Node,
    TextFilter,
    TimeFilter,
    many,
    on,
    one,
    order_of,
    view_of,
    where_of,
)

if TYPE_CHECKING:
    from schema.catalog import Variant
    from schema.customers import Customer
    from schema.orders import Order


@where_of(ReservationRow)
class ReservationWhere:
    """Which reservations."""

    status: EnumFilter[ReservationStatus]
    external_reference: TextFilter
    created_at: TimeFilter
    customer: IdFilter = on("customer_id", prefix="customer", doc="For which customer.")
    order: IdFilter = on("order_id", prefix="order", doc="Taken by which order.")


ReservationOrdering = order_of(ReservationRow, "ReservationOrdering", "created_at")
RESERVATION_ORDERINGS = ("-created_at",)


def of_reservation(scope: Scope, status: ReservationStatus, expires_at: datetime) -> list[AvailableAction]:
    """What can be done with a reservation. By this machine's clock: when it is asked for, the database's decides."""
    facts = ReservationFacts(is_overdue=expires_at <= datetime.now(UTC))
    return [
        AvailableAction(action=each.action, enabled=each.enabled, reason=each.reason)
        for each in RESERVATION.available(scope, status, facts)
    ]


@view_of(ReservationRow, visible=visible_reservations)
class Reservation(Node):
    """Units set aside for a basket until an hour. It ends once: taken by an order, given up, or expired."""

    status: ReservationStatus
    available_actions: list[AvailableAction] = actions(of_reservation, "status", "expires_at")
    external_reference: str | None
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    channel: Channel | None = one(by="channel", doc="Where they will be bought.")
    customer: Annotated[Customer, strawberry.lazy("schema.customers")] | None = one(
        by="customer", doc="Who will buy, if known."
    )
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = one(
        by="order", doc="The order that took the units."
    )
    lines: list[ReservationLine] = many(by="reservation", order_by=("sku", "id"), doc="What is set aside, and where.")


@view_of(ReservationLineRow, visible=visible_lines)
class ReservationLine(Node):
    """Units of one SKU at one location that a reservation sets aside. Of a bundle, these are its components."""

    sku: str
    quantity: int
    held: int
    variant: Annotated[Variant, strawberry.lazy("schema.catalog")] | None = one(by="variant", doc="What is set aside.")
    location: Location | None = one(by="location", doc="Where it is; for staff.")


def which_reservation(_scope: Scope, id: strawberry.ID) -> Q:
    """The condition that names it. Raises BAD_REQUEST for what can be no reservation's id."""
    return key_is("reservation", id)


@strawberry.type(description="What became of reserving.")
class ReservationCreatePayload(Payload):
    """The answer of `reservationCreate`."""

    reservation: Reservation | None = now("The reservation", is_new=True)


@strawberry.type(description="What became of keeping units for longer.")
class ReservationExtendPayload(Payload):
    """The answer of `reservationExtend`."""

    reservation: Reservation | None = now("The reservation")


@strawberry.type(description="What became of giving units up.")
class ReservationReleasePayload(Payload):
    """The answer of `reservationRelease`."""

    reservation: Reservation | None = now("The reservation")
