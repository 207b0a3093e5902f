"""Baskets, whose units are set aside for a while."""

from hypothesis import strategies as st

from domain.flows.end_reservation import (
    ExpireReservations,
    ReleaseReservation,
    expire_reservations,
    release_reservation,
)
from domain.flows.extend_reservation import ExtendReservation, extend_reservation
from domain.flows.place_orders import place_order
from domain.flows.reserve_stock import ReserveLine, ReserveStock, reserve_stock
from domain.reservations.models import ReservationLineRow, ReservationRow
from tests.domain.shop import CHANNEL, NOON, order_for, run
from tests.flows.deeds.deed import Deed, Draw, World, skus, units


async def reserve(world: World, draw: Draw) -> None:
    wanted = draw(st.lists(st.tuples(skus, units), min_size=1, max_size=2))
    lines = tuple(ReserveLine(sku, count) for sku, count in wanted)
    await run(reserve_stock, ReserveStock(CHANNEL, lines))


async def extend(world: World, draw: Draw) -> None:
    await run(extend_reservation, ExtendReservation(await world.one(draw, ReservationRow)))


async def release(world: World, draw: Draw) -> None:
    await run(release_reservation, ReleaseReservation(await world.one(draw, ReservationRow)))


async def take(world: World, draw: Draw) -> None:
    """An order takes what was set aside for it: as many, fewer or more, of the same or of others."""
    basket = await world.one(draw, ReservationRow)
    wanted = draw(st.dictionaries(skus, units, min_size=1, max_size=2))
    if draw(st.booleans()):
        lines = await ReservationLineRow.filter(reservation_id=basket)
        wanted = {sku: sum(each.quantity for each in lines if each.sku == sku) for sku in {each.sku for each in lines}}
    await run(place_order, order_for(wanted, reservation_id=basket))


async def forget_a_basket(world: World, draw: Draw) -> None:
    """Its time is over. Nobody has noticed yet, so its units stay reserved."""
    basket = await world.one(draw, ReservationRow, status="ACTIVE")
    await ReservationRow.filter(id=basket).update(expires_at=NOON)
    await ReservationLineRow.filter(reservation_id=basket).update(expires_at=NOON)


async def sweep_baskets(world: World, draw: Draw) -> None:
    await run(expire_reservations, ExpireReservations())


DEEDS = (
    Deed(reserve, weight=2),
    Deed(extend),
    Deed(release),
    Deed(take, weight=2),
    Deed(forget_a_basket),
    Deed(sweep_baskets, weight=2),
)
