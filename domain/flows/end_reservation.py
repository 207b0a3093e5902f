"""The end of reservations that no order takes: they are given up, or their time is over."""

from dataclasses import dataclass
from uuid import UUID

from domain.flows.free_stock import give_back
from domain.kernel.actor import Permission
from domain.kernel.unit_of_work import UnitOfWork
from domain.reservations import service as reservations
from domain.reservations.events import ReservationExpired, ReservationReleased
from domain.reservations.lifecycle import ReservationAction
from domain.stock.models import MovementCause

MOST_AT_ONCE = 100


@dataclass(frozen=True)
class ReleaseReservation:
    """Nobody wants the units any more."""

    reservation_id: UUID


async def release_reservation(tx: UnitOfWork, request: ReleaseReservation) -> UUID:
    """Free its units; the reservation's id. Raises IllegalTransition for one that ended."""
    tx.actor.require(Permission.PLACE_ORDERS)
    reservation = await reservations.lock(tx, request.reservation_id)
    reservations.end(tx, reservation, ReservationAction.RELEASE)
    await give_back(tx, [reservation.id], MovementCause.RELEASED)
    tx.record(ReservationReleased(None, reservation.id))
    return reservation.id


@dataclass(frozen=True)
class ExpireReservations:
    """End those whose time is over, the oldest first, so many at most."""

    limit: int = MOST_AT_ONCE


async def expire_reservations(tx: UnitOfWork, request: ExpireReservations) -> int:
    """End reservations whose time is over and free what they still hold; how many.

    Any number of processes may do it at once: what another is ending is left to it.
    """
    overdue = await reservations.lock_overdue(tx.now, limit=request.limit)
    if not overdue:
        return 0
    for reservation in overdue:
        reservations.end(tx, reservation, ReservationAction.EXPIRE)
        tx.record(ReservationExpired(None, reservation.id))
    await give_back(tx, [each.id for each in overdue], MovementCause.EXPIRED)
    return len(overdue)
