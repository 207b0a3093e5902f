"""Writes to reservations: each ends once, under its own lock; each of its lines under the lock of its level."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.kernel.errors import NotFound
from domain.kernel.unit_of_work import UnitOfWork
from domain.reservations.errors import ReservationOver
from domain.reservations.lifecycle import RESERVATION, ReservationAction, ReservationStatus
from domain.reservations.models import ReservationLineRow, ReservationRow
from domain.reservations.queries import visible_reservations


async def lock(tx: UnitOfWork, reservation_id: UUID) -> ReservationRow:
    """The reservation, locked until the commit. Raises NotFound when there is none that the actor may see."""
    found = ReservationRow.filter(visible_reservations(tx.actor.scope), id=reservation_id).select_for_update()
    reservation: ReservationRow | None = await found.get_or_none()
    if reservation is None:
        raise unknown(reservation_id)
    return reservation


async def lock_named(ids: Collection[UUID]) -> dict[UUID, ReservationRow]:
    """Those of these that there are, locked in the order of their keys, whoever may see them."""
    found = await ReservationRow.filter(id__in=list(ids)).order_by("id").select_for_update()
    return {each.id: each for each in found}


async def lock_overdue(now: datetime, *, limit: int) -> list[ReservationRow]:
    """Reservations whose time is over and that nobody else is ending, locked, the oldest first."""
    overdue = ReservationRow.filter(status=ReservationStatus.ACTIVE, expires_at__lte=now)
    return await overdue.order_by("expires_at", "id").limit(limit).select_for_update(skip_locked=True)


def unknown(reservation_id: UUID) -> NotFound:
    """The refusal of one that is not there, or not for the actor to see: the two look the same."""
    return NotFound("reservation", f"reservation_{reservation_id.hex}")


def check_in_time(reservation: ReservationRow, action: ReservationAction, now: datetime) -> None:
    """Raises ReservationOver for one that ended, or whose time is over, whether or not that is in the books yet."""
    if RESERVATION.refusal(action, reservation.status, reservation.facts(now)):
        has_ended = reservation.status != ReservationStatus.ACTIVE
        raise ReservationOver(reservation.status if has_ended else ReservationStatus.EXPIRED)


async def active_of(customer_id: UUID, now: datetime) -> int:
    """How many the customer holds whose time is not over."""
    held = ReservationRow.filter(customer_id=customer_id, status=ReservationStatus.ACTIVE, expires_at__gt=now)
    return await held.count()


async def lines_of(reservation_ids: Collection[UUID]) -> list[ReservationLineRow]:
    """Their lines, in the order in which they were chosen. Of lines whose levels are locked, `held` stays as it is."""
    return await ReservationLineRow.filter(reservation_id__in=list(reservation_ids)).order_by("id")


async def prolong_lines(reservation: ReservationRow) -> int:
    """Let the lines that still hold units end when the reservation does, their levels locked; how many there are."""
    held = ReservationLineRow.filter(reservation_id=reservation.id, held__gt=0)
    return await held.update(expires_at=reservation.expires_at)


def end(
    tx: UnitOfWork, reservation: ReservationRow, action: ReservationAction, *, order_id: UUID | None = None
) -> None:
    """End the locked reservation, with everything else at the end. Raises IllegalTransition when it ended before."""
    reservation.status = RESERVATION.step(action, reservation.status, reservation.facts(tx.now))
    reservation.ended_at, reservation.order_id = tx.now, order_id
    tx.change(reservation, "status", "ended_at", "order_id")


@dataclass(frozen=True)
class EndedLine:
    """Units at a level that a reservation held until now."""

    reservation_id: UUID
    level_id: UUID
    units: int


# A line holds all its units, or none once it has ended: what it gives back is its quantity. `held > 0` is a literal, so
# that the partial indexes serve it whatever the plan.
_END = "UPDATE reservation_lines SET held = 0 WHERE held > 0 AND {} RETURNING reservation_id, level_id, quantity"


async def end_overdue_lines(level_ids: Collection[UUID], now: datetime) -> list[EndedLine]:
    """End the lines of these locked levels whose time is over; what each held."""
    return await _end("level_id {0} AND expires_at <= {1}", level_ids, now)


async def end_lines(reservation_ids: Collection[UUID]) -> list[EndedLine]:
    """End what these reservations still hold, at levels that are locked; what each line held."""
    return await _end("reservation_id {0}", reservation_ids)


async def _end(which: str, ids: Collection[UUID], now: datetime | None = None) -> list[EndedLine]:
    connection, values = current_connection(), list[Any]()
    if dialect_of(connection) is Dialect.POSTGRES:
        sql = _END.format(which.format("= ANY($1)", "$2"))
        values = [list(ids)] + ([now] if now else [])
    else:
        sql = _END.format(which.format("IN (SELECT value FROM json_each(?1))", "?2"))
        values = [orjson.dumps([str(each) for each in ids]).decode()] + ([now.isoformat(" ")] if now else [])
    return [_ended(row) for row in await connection.execute_query_dict(sql, values)]


def _ended(row: Mapping[str, Any]) -> EndedLine:
    return EndedLine(UUID(str(row["reservation_id"])), UUID(str(row["level_id"])), row["quantity"])
