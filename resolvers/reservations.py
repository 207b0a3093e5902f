"""Queries about reservations."""

import strawberry

from schema.reservations import (
    RESERVATION_ORDERINGS,
    Reservation,
    ReservationOrdering,
    ReservationWhere,
    which_reservation,
)
from schema.views import Connection, connection, named


@strawberry.type(description="Units that are set aside for baskets.")
class ReservationQuery:
    reservations: Connection[Reservation] = connection(
        RESERVATION_ORDERINGS,
        where=ReservationWhere,
        order_by=ReservationOrdering,
        doc="Reservations that you may see, the newest first.",
    )
    reservation: Reservation | None = named(
        which_reservation,
        id=(strawberry.ID, "Its global id."),
        doc="One reservation; null when it is not there, or not for you to see.",
    )
