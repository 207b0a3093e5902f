"""What orders take from the reservations that they name: their units change hands in the order's own transaction."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain.flows.draft_order import Draft
from domain.flows.placement import PlaceOrder
from domain.kernel.errors import InvalidInput
from domain.kernel.unit_of_work import Asked, UnitOfWork
from domain.reservations import service as reservations
from domain.reservations.errors import ReservationOver
from domain.reservations.events import ReservationTaken
from domain.reservations.lifecycle import ReservationAction, ReservationStatus
from domain.reservations.models import ReservationLineRow, ReservationRow
from domain.reservations.queries import sees
from domain.stock import service as stock
from domain.stock.models import MovementCause
from domain.stock.service import Free

# Units by location and SKU.
Units = Mapping[tuple[UUID, str], int]


@dataclass(frozen=True)
class _Taken:
    """What an order takes of a reservation's lines; the rest of them is free again."""

    reservation: ReservationRow
    lines: Sequence[ReservationLineRow]
    units: Units


@dataclass
class Taking:
    """The reservations that orders of one transaction name, and which order takes which: each is taken once."""

    named: Mapping[UUID, ReservationRow]
    lines: Mapping[UUID, Sequence[ReservationLineRow]]
    taken: dict[UUID, _Taken] = field(default_factory=dict)

    @classmethod
    async def begin(cls, asked: Iterable[Asked[PlaceOrder]], drafts: Collection[Draft]) -> "Taking":
        """Lock the reservations that are named, then every level that they or the drafts draw on. Of none, nothing."""
        ids = {each.request.reservation_id for each in asked if each.request.reservation_id}
        if not ids:
            return cls({}, {})
        named = await reservations.lock_named(ids)
        wanted = {line.variant_id for line in await reservations.lines_of(ids)}
        wanted |= {each.variant_id for draft in drafts for each in draft.stocked if each.variant_id}
        await stock.lock_levels(wanted)
        lines: dict[UUID, list[ReservationLineRow]] = {each: [] for each in named}
        for line in await reservations.lines_of(ids):  # again: until now the next who promised could end them
            lines[line.reservation_id].append(line)
        return cls(named, lines)

    def held_for(self, tx: UnitOfWork, asked: Asked[PlaceOrder], draft: Draft) -> Units:
        """What the reservation that the order names holds for it; nothing when it names none.

        Raises NotFound for one that the actor may not see, and ReservationOver for one that ended or is overdue.
        """
        name = asked.request.reservation_id
        if name is None:
            return {}
        reservation = self.named.get(name)
        if reservation is None or not sees(asked.actor.scope, reservation):
            raise reservations.unknown(name).at("reservation")
        if reservation.channel_id != draft.order.channel_id:
            raise InvalidInput("The reservation was made for another channel.", path=("reservation",))
        if any(each.reservation is reservation for each in self.taken.values()):
            raise ReservationOver(ReservationStatus.TAKEN)
        reservations.check_in_time(reservation, ReservationAction.TAKE, tx.now)
        lines = self.lines[name]
        if any(line.held < line.quantity for line in lines):
            raise ReservationOver(ReservationStatus.EXPIRED)
        return {(line.location_id, line.sku): line.held for line in lines}

    def take(self, asked: Asked[PlaceOrder], draft: Draft, free: dict[tuple[UUID, str], int]) -> None:
        """The planned order takes what it needs of its reservation, and the rest is `free` for those behind it."""
        name = asked.request.reservation_id
        if name is None:
            return
        planned, units = {(take.location_id, take.sku): take.units for take in draft.plan.takes}, {}
        for line in self.lines[name]:
            place = (line.location_id, line.sku)
            units[place] = min(planned.get(place, 0), line.held)
            if place in free:
                free[place] += line.held - units[place]
        self.taken[draft.order.id] = _Taken(self.named[name], self.lines[name], units)

    async def hand_over(self, tx: UnitOfWork, levels: dict[tuple[UUID, str], Free]) -> None:
        """End the reservations that were taken, and move their units; `levels` are then as they are afterwards."""
        if not self.taken:
            return
        ended = await reservations.end_lines({each.reservation.id for each in self.taken.values()})
        assert len(ended) == sum(len(each.lines) for each in self.taken.values()), "a line ended under our locks"
        moved: list[stock.Movement] = []
        for order_id, each in self.taken.items():
            reservations.end(tx, each.reservation, ReservationAction.TAKE, order_id=order_id)
            tx.record(ReservationTaken(None, each.reservation.id, sum(each.units.values())))
            for line in each.lines:
                moved += _handed_over(line, each.units[line.location_id, line.sku], order_id)
        await stock.move(tx, moved)
        changes = stock.sums(moved)
        for key, level in levels.items():
            levels[key] = level._replace(counters=level.counters.more(changes.get(level.level_id, {})))

    def beyond(self, allocated: Sequence[stock.Movement]) -> list[stock.Movement]:
        """What is left of these movements when what was handed over is taken off: it was moved already."""
        if not self.taken:
            return list(allocated)
        done: Counter[tuple[UUID | None, UUID]] = Counter()
        for order_id, taken in self.taken.items():
            for line in taken.lines:
                done[order_id, line.level_id] += taken.units[line.location_id, line.sku]
        left: list[stock.Movement] = []
        for each in allocated:
            units = min(each.allocated, done[each.order_id, each.level_id])
            done[each.order_id, each.level_id] -= units
            if units < each.allocated:
                left.append(each._replace(allocated=each.allocated - units))
        return left


def _handed_over(line: ReservationLineRow, units: int, order_id: UUID) -> Iterable[stock.Movement]:
    """Units of a line become the order's; those that it does not need are free."""
    if units:
        yield stock.Movement(
            line.level_id,
            MovementCause.TAKEN,
            allocated=units,
            reserved=-units,
            order_id=order_id,
            subject_id=line.reservation_id,
        )
    if units < line.held:
        yield stock.Movement(
            line.level_id,
            MovementCause.RELEASED,
            reserved=units - line.held,
            order_id=order_id,
            subject_id=line.reservation_id,
        )
