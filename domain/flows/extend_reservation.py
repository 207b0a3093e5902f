"""Extending a reservation: its units stay set aside for longer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.flows.reserve_stock import USUAL_MINUTES, checked_minutes
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.unit_of_work import UnitOfWork
from domain.reservations import service as reservations
from domain.reservations.errors import ReservationOver
from domain.reservations.events import ReservationExtended
from domain.reservations.lifecycle import ReservationAction, ReservationStatus
from domain.reservations.models import ReservationRow
from domain.stock import service as stock

LONGEST = timedelta(hours=24)


@dataclass(frozen=True)
class ExtendReservation:
    """Keep the units set aside for so many minutes from now on."""

    reservation_id: UUID
    minutes: int = USUAL_MINUTES


async def extend_reservation(tx: UnitOfWork, request: ExtendReservation) -> UUID:
    """Move its end to so many minutes from now, never to an earlier hour; the reservation's id.

    Raises ReservationOver for one that ended, or whose time is over, also where its units are still free; and
    InvalidInput for more than 24 hours in all.
    """
    tx.actor.require(Permission.PLACE_ORDERS)
    until = tx.now + checked_minutes(request.minutes)
    reservation = await reservations.lock(tx, request.reservation_id)
    reservations.check_in_time(reservation, ReservationAction.EXTEND, tx.now)
    _check_age(reservation, until)
    lines = await reservations.lines_of([reservation.id])
    await stock.lock_each({line.level_id for line in lines})
    reservation.expires_at = max(reservation.expires_at, until)
    # We may have waited for the levels while its time ran out, and others gave its units to somebody else.
    if await reservations.prolong_lines(reservation) < len(lines):
        raise ReservationOver(ReservationStatus.EXPIRED)
    tx.change(reservation, "expires_at")
    tx.record(ReservationExtended(None, reservation.id))
    return reservation.id


def _check_age(reservation: ReservationRow, until: datetime) -> None:
    latest = reservation.created_at + LONGEST
    if until > latest:
        said = (
            f"A basket is kept for 24 hours at most, this one until {latest:%Y-%m-%d %H:%M} UTC. Order it until then."
        )
        raise InvalidInput(said, path=("minutes",))
