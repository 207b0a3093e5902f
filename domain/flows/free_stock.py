"""What may be promised of some variants: their levels locked, and what overdue reservations still hold given back."""

from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID

from domain.kernel.actor import SYSTEM
from domain.kernel.unit_of_work import UnitOfWork
from domain.reservations import service as reservations
from domain.reservations.service import EndedLine
from domain.stock import service as stock
from domain.stock.models import MovementCause
from domain.stock.service import Free


async def lock_free(tx: UnitOfWork, variant_ids: Collection[UUID]) -> list[Free]:
    """What is free of these variants at the locations that take work, in the order in which those are asked for stock.

    The levels are locked, in the order of their keys.
    Units of reservations whose time is over are free: whoever promises next gives them back, before anything is
    refused. That such a reservation has expired is written, and told, by whoever sweeps (flows/end_reservation.py):
    its row is locked before levels are.
    """
    found = await stock.lock_free(variant_ids)
    reserved = [each.level_id for each in found if each.counters.reserved]
    ended = await reservations.end_overdue_lines(reserved, tx.now) if reserved else []
    if not ended:
        return found
    await stock.move(tx, given_back(ended, MovementCause.EXPIRED, actor=SYSTEM.principal))
    freed: Counter[UUID] = Counter()
    for line in ended:
        freed[line.level_id] += line.units
    return [each._replace(counters=each.counters.more({"reserved": -freed[each.level_id]})) for each in found]


async def give_back(tx: UnitOfWork, reservation_ids: Collection[UUID], cause: MovementCause) -> None:
    """Free what these locked reservations still hold: what the next who promised gave back already, counts once."""
    lines = await reservations.lines_of(reservation_ids)
    await stock.lock_each({line.level_id for line in lines})
    await stock.move(tx, given_back(await reservations.end_lines(reservation_ids), cause))


def given_back(
    ended: Sequence[EndedLine], cause: MovementCause, *, order_id: UUID | None = None, actor: str | None = None
) -> list[stock.Movement]:
    """What lines that ended move on their levels."""
    return [
        stock.Movement(
            line.level_id,
            cause,
            reserved=-line.units,
            order_id=order_id,
            subject_id=line.reservation_id,
            actor=actor,
        )
        for line in ended
    ]
