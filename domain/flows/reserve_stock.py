"""Reserving: units of a basket are set aside for some minutes, all of them or none, before there is an order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domain.allocation.decisions import Plan, Source, plan_allocation
from domain.catalog.decisions import is_released
from domain.catalog.errors import UnknownSku
from domain.catalog.queries import Content, contents_of
from domain.channels.queries import OpenChannel, open_channels
from domain.customers.models import CustomerRow
from domain.flows.free_stock import lock_free
from domain.kernel.actor import ActorKind, Permission
from domain.kernel.errors import InvalidInput, NotFound, PermissionDenied
from domain.kernel.ids import new_id
from domain.kernel.lookups import look_up
from domain.kernel.quantities import MOST_UNITS, checked_units
from domain.kernel.unit_of_work import UnitOfWork
from domain.reservations import service as reservations
from domain.reservations.errors import TooManyReservations
from domain.reservations.events import ReservationMade
from domain.reservations.lifecycle import ReservationStatus
from domain.reservations.models import ReservationLineRow, ReservationRow
from domain.stock import service as stock
from domain.stock.errors import InsufficientStock
from domain.stock.models import MovementCause

MOST_LINES = 100
LONGEST_MINUTES = 120
MOST_OF_A_CUSTOMER = 10
USUAL_MINUTES = 15
LONGEST_CODE = 40


@dataclass(frozen=True)
class ReserveLine:
    """Units of a SKU that lie in the basket; of a bundle, its components are set aside."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class ReserveStock:
    """Set the units of a basket aside. `reference` is the caller's name for the basket."""

    channel: str
    lines: tuple[ReserveLine, ...]
    minutes: int = USUAL_MINUTES
    reference: str | None = None
    customer_id: UUID | None = None


@dataclass
class _Need:
    """Units of one SKU, the lines of that SKU added up; `line` is the first that needs it."""

    part: Content
    line: int
    units: int = 0


async def reserve_stock(tx: UnitOfWork, request: ReserveStock) -> UUID:
    """Set units aside until an hour, at the locations that an order would take them from; the reservation's id.

    All of it or nothing: raises InsufficientStock, naming the first line that is short, and TooManyReservations for
    customers who hold so many at once as they may.
    """
    tx.actor.require(Permission.PLACE_ORDERS)
    _check(request)
    channel, customer_id = await _channel(request.channel), await _customer(tx, request)
    needs = await _needs(request)
    released = [sku for sku, need in needs.items() if is_released(need.part.available_from, tx.now)]
    free = {
        (each.location_id, each.sku): each for each in await lock_free(tx, {need.part.id for need in needs.values()})
    }
    places = dict.fromkeys(location_id for location_id, _ in free)
    units = channel.sight.units
    sources = [
        Source(place, {sku: units(place, free[place, sku].atp) for sku in released if (place, sku) in free})
        for place in places
    ]
    plan = _planned(needs, sources)
    reservation = ReservationRow(
        id=new_id(),
        channel_id=channel.id,
        customer_id=customer_id,
        external_reference=request.reference,
        status=ReservationStatus.ACTIVE,
        created_by=tx.actor.principal,
        created_at=tx.now,
        expires_at=tx.now + timedelta(minutes=request.minutes),
    )
    levels = {key: each.level_id for key, each in free.items()}
    lines = _lines(reservation, needs, plan, levels)
    tx.add(reservation, *lines)
    stock.move_free(tx, [_set_aside(line) for line in lines], free.values())
    tx.record(ReservationMade(None, reservation.id, sum(line.quantity for line in lines)))
    return reservation.id


def _check(request: ReserveStock) -> None:
    if not 1 <= len(request.lines) <= MOST_LINES:
        raise InvalidInput(f"A reservation has 1 to {MOST_LINES} lines.", path=("lines",))
    for n, line in enumerate(request.lines):
        checked_units(line.quantity, path=("lines", str(n), "quantity"))
    if request.reference is not None and not 1 <= len(request.reference) <= 100:
        raise InvalidInput("A reference has 1 to 100 characters.", path=("externalReference",))
    checked_minutes(request.minutes)


def checked_minutes(minutes: int) -> timedelta:
    """So long. Raises InvalidInput for less than one minute and for more than two hours."""
    if not 1 <= minutes <= LONGEST_MINUTES:
        message = f"Units are set aside for 1 to {LONGEST_MINUTES} minutes, not {minutes}. Extend it later."
        raise InvalidInput(message, path=("minutes",))
    return timedelta(minutes=minutes)


async def _channel(code: str) -> OpenChannel:
    found = open_channels([code] if len(code) <= LONGEST_CODE else [])
    channels = found.read(await look_up(found.sql, *found.among))
    if code not in channels:
        raise NotFound("channel", f'"{code[:LONGEST_CODE]}"', path=("channel",))
    return channels[code]


async def _customer(tx: UnitOfWork, request: ReserveStock) -> UUID | None:
    """Who will buy: customers themselves; whom staff name, if anybody."""
    scope, named = tx.actor.scope, request.customer_id
    if scope.actor_kind is ActorKind.CUSTOMER:
        if named not in (None, scope.customer_id):
            raise PermissionDenied(Permission.MANAGE_ORDERS)
        named = scope.customer_id
    if named is None:
        return None
    found = CustomerRow.filter(id=named)
    if scope.actor_kind is ActorKind.CUSTOMER:  # locked, so that what they ask for at once is counted one by one
        found = found.select_for_update(no_key=True)
    if await found.get_or_none() is None:
        raise NotFound("customer", f"customer_{named.hex}", path=("customer",))
    if scope.actor_kind is ActorKind.CUSTOMER and await reservations.active_of(named, tx.now) >= MOST_OF_A_CUSTOMER:
        raise TooManyReservations(MOST_OF_A_CUSTOMER)
    return named


async def _needs(request: ReserveStock) -> dict[str, _Need]:
    """Units to set aside of each SKU that is counted, in the order in which the lines need them."""
    parts = await contents_of({line.sku for line in request.lines})
    needs: dict[str, _Need] = {}
    for n, line in enumerate(request.lines):
        if line.sku not in parts:
            raise UnknownSku(line.sku, path=("lines", str(n), "sku"))
        for part in parts[line.sku]:
            if part.is_stock_tracked:
                need = needs.setdefault(part.sku, _Need(part, n))
                need.units += line.quantity * part.units
    if not needs:
        raise InvalidInput("Nothing of it is counted: there is nothing to set aside.", path=("lines",))
    for need in needs.values():
        if need.units > MOST_UNITS:
            message = f"A reservation has at most {MOST_UNITS:,} units of a SKU, not {need.units:,} of {need.part.sku}."
            raise InvalidInput(message, path=("lines",))
    return needs


def _planned(needs: Mapping[str, _Need], sources: list[Source]) -> Plan:
    plan = plan_allocation({sku: need.units for sku, need in needs.items()}, sources)
    if not plan.is_complete:
        sku, need = next((sku, need) for sku, need in needs.items() if sku in plan.short)
        path = ("lines", str(need.line), "quantity")
        raise InsufficientStock(sku, need.units, need.units - plan.short[sku], path=path)
    return plan


def _lines(
    reservation: ReservationRow, needs: Mapping[str, _Need], plan: Plan, levels: Mapping[tuple[UUID, str], UUID]
) -> list[ReservationLineRow]:
    return [
        ReservationLineRow(
            id=new_id(),
            reservation_id=reservation.id,
            level_id=levels[take.location_id, take.sku],
            variant_id=needs[take.sku].part.id,
            location_id=take.location_id,
            sku=take.sku,
            quantity=take.units,
            held=take.units,
            expires_at=reservation.expires_at,
        )
        for take in plan.takes
    ]


def _set_aside(line: ReservationLineRow) -> stock.Movement:
    return stock.Movement(line.level_id, MovementCause.RESERVED, reserved=line.quantity, subject_id=line.reservation_id)
