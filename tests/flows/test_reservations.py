"""Reservations: units of a basket are set aside for some minutes, and end once: taken, released or expired."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.catalog.errors import UnknownSku
from domain.catalog.models import ComponentRow, Composition, VariantRow
from domain.customers.models import CustomerRow
from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.cancel_order import CancelOrder, cancel_order
from domain.flows.end_reservation import (
    ExpireReservations,
    ReleaseReservation,
    expire_reservations,
    release_reservation,
)
from domain.flows.extend_reservation import ExtendReservation, extend_reservation
from domain.flows.keep_catalog import CreateChannel, create_channel
from domain.flows.place_orders import place_all, place_order
from domain.flows.placement import PlaceLine, PlaceOrder
from domain.flows.reserve_stock import ReserveLine, ReserveStock, reserve_stock
from domain.flows.work_fulfillment_order import RejectFulfillmentOrder, reject_fulfillment_order
from domain.kernel.actor import SYSTEM, Role, customer, staff
from domain.kernel.errors import DomainError, IllegalTransition, InvalidInput, NotFound, PermissionDenied
from domain.kernel.ids import new_id
from domain.kernel.models import StockLogRow
from domain.locations.models import LocationRow
from domain.reactions import TIMERS
from domain.reservations.errors import ReservationOver, TooManyReservations
from domain.reservations.models import ReservationLineRow, ReservationRow
from domain.stock.errors import InsufficientStock
from domain.stock.models import StockMovementRow
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import (
    ADMIN,
    CHANNEL,
    RUNNER,
    dump,
    let_its_time_pass,
    level,
    open_shop,
    order,
    order_for,
    place,
    requirement,
    reserve,
    run,
    works,
)

SUPPORT, WAREHOUSE = staff("sam", Role.SUPPORT), staff("wim", Role.WAREHOUSE)


async def reservation(reservation_id: UUID) -> ReservationRow:
    return await ReservationRow.get(id=reservation_id)


async def lines(reservation_id: UUID) -> list[tuple[str, int, int]]:
    """SKU, quantity and units still held, in the order in which they were chosen."""
    found = ReservationLineRow.filter(reservation_id=reservation_id).order_by("id")
    return await found.values_list("sku", "quantity", "held")


async def movements(reservation_id: UUID) -> list[tuple[str, int, int, str]]:
    """What moved for it: cause, reserved, allocated, actor."""
    found = StockMovementRow.filter(subject_id=reservation_id).order_by("id")
    return [(each.cause.value, each.reserved, each.allocated, each.actor) for each in await found]


async def told(reservation_id: UUID) -> list[str]:
    """The facts about it in the feed of stock."""
    found = StockLogRow.filter(subject_id=reservation_id).order_by("id")
    return [each.type for each in await found]


async def refused(act: Awaitable[object], *, but_for: tuple[str, ...] = ()) -> DomainError:
    """Why it was refused. Asserts that nothing changed at all, `but_for` these tables."""
    before = await dump()
    with pytest.raises(DomainError) as refusal:
        await act
    after = await dump()
    # The head of the feed moves where no relay stamps it.
    assert {name for name in after if after[name] != before[name]} - {"feed_head"} == set(but_for)
    return refusal.value


async def buyer() -> UUID:
    """A customer whom we know."""
    row = CustomerRow(id=new_id(), email=f"{new_id().hex}@example.com", name="Ann", created_at=datetime.now(UTC))
    await row.save(force_create=True)
    return row.id


async def make_bundle(whole: str, **parts: int) -> None:
    """Sell a SKU as a bundle of so many units of others."""
    await VariantRow.filter(sku=whole).update(composition=Composition.BUNDLE)
    for position, (sku, units) in enumerate(parts.items(), 1):
        ids = [(await VariantRow.get(sku=each)).id for each in (whole, sku)]
        await ComponentRow(whole_id=ids[0], part_id=ids[1], position=position, units=units).save(force_create=True)


async def test_a_basket_is_set_aside_where_an_order_would_be(database: Database) -> None:
    shop = await open_shop({"MUG": (3, 9), "TEE": (0, 5)})
    before = datetime.now(UTC)
    made = await reserve({"MUG": 4, "TEE": 2}, reference="basket 7", minutes=30)
    after = datetime.now(UTC)
    it = await reservation(made)
    assert (it.status, it.external_reference, it.created_by, it.ended_at) == ("ACTIVE", "basket 7", "staff:ada", None)
    assert it.expires_at - it.created_at == timedelta(minutes=30)
    assert before - timedelta(seconds=5) < it.created_at < after + timedelta(seconds=5)
    assert await lines(made) == [("MUG", 4, 4), ("TEE", 2, 2)], "south has all of it alone"
    assert [(await level("MUG", each)).reserved for each in shop.places[:2]] == [0, 4]
    assert await movements(made) == [("RESERVED", 4, 0, "staff:ada"), ("RESERVED", 2, 0, "staff:ada")]
    assert await told(made) == ["ReservationMade"]
    await assert_books_balance()


async def test_what_is_reserved_is_promised_to_nobody_else(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await reserve({"MUG": 4})
    short = await refused(place({"MUG": 2}))
    assert isinstance(short, InsufficientStock)
    assert (short.requested, short.available) == (2, 1)
    short = await refused(reserve({"MUG": 2}))
    assert isinstance(short, InsufficientStock)
    assert (short.requested, short.available) == (2, 1)
    await place({"MUG": 1})
    shelf = await level("MUG", shop.north)
    assert (shelf.reserved, shelf.allocated) == (4, 1)
    await assert_books_balance()


async def test_lines_of_one_sku_are_added_up_and_split_over_locations_where_none_has_all(database: Database) -> None:
    shop = await open_shop({"MUG": (3, 2, 4)})
    twice = ReserveStock(CHANNEL, (ReserveLine("MUG", 4), ReserveLine("MUG", 2)))
    made = await run(reserve_stock, twice)
    assert await lines(made) == [("MUG", 3, 3), ("MUG", 2, 2), ("MUG", 1, 1)]
    assert [(await level("MUG", each)).reserved for each in shop.places] == [3, 2, 1]
    await assert_books_balance()


async def test_all_of_a_basket_is_set_aside_or_nothing_and_the_short_line_is_named(database: Database) -> None:
    await open_shop({"MUG": (5,), "TEE": (1, 1)})
    short = await refused(reserve({"MUG": 2, "TEE": 3}))
    assert isinstance(short, InsufficientStock)
    assert (short.sku, short.requested, short.available, short.path) == ("TEE", 3, 2, ("lines", "1", "quantity"))


async def test_of_a_bundle_its_components_are_set_aside_beside_their_single_sales(database: Database) -> None:
    shop = await open_shop({"MUG": (10,), "TEE": (9,), "CAP": (9,)})
    await make_bundle("CAP", MUG=2, TEE=3)
    made = await reserve({"CAP": 2, "MUG": 1})
    assert await lines(made) == [("MUG", 5, 5), ("TEE", 6, 6)]
    assert (await level("CAP", shop.north)).reserved == 0
    short = await refused(reserve({"CAP": 2}))
    assert isinstance(short, InsufficientStock)
    assert (short.sku, short.requested, short.available, short.path) == ("TEE", 6, 3, ("lines", "0", "quantity"))
    await assert_books_balance()


async def test_what_is_not_counted_is_left_out_and_alone_is_nothing_to_set_aside(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    assert await lines(await reserve({"EBOOK": 1, "MUG": 1})) == [("MUG", 1, 1)]
    nothing = await refused(reserve({"EBOOK": 1}))
    assert (nothing.code, nothing.path) == ("INVALID_INPUT", ("lines",))


BAD: dict[str, tuple[dict[str, int], dict[str, Any], type[DomainError], tuple[str, ...]]] = {
    "no line": ({}, {}, InvalidInput, ("lines",)),
    "no unit": ({"MUG": 0}, {}, InvalidInput, ("lines", "0", "quantity")),
    "far too many units": ({"MUG": 1_000_001}, {}, InvalidInput, ("lines", "0", "quantity")),
    "an unknown SKU": ({"MUG": 1, "NOPE": 1}, {}, UnknownSku, ("lines", "1", "sku")),
    "no minute": ({"MUG": 1}, {"minutes": 0}, InvalidInput, ("minutes",)),
    "more than two hours": ({"MUG": 1}, {"minutes": 121}, InvalidInput, ("minutes",)),
    "an empty reference": ({"MUG": 1}, {"reference": ""}, InvalidInput, ("externalReference",)),
    "a long reference": ({"MUG": 1}, {"reference": "x" * 101}, InvalidInput, ("externalReference",)),
    "nobody we know": ({"MUG": 1}, {"customer_id": new_id()}, NotFound, ("customer",)),
}


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_basket_is_refused_and_nothing_changed(bad: str, database: Database) -> None:
    units, details, kind, path = BAD[bad]
    await open_shop({"MUG": (5,)})
    refusal = await refused(reserve(units, **details))
    assert (type(refusal), refusal.path) == (kind, path)


# Every state against every action. Who comes next on the level may have given the units back already, or not.
async def active(_reservation_id: UUID) -> None:
    """As it was made."""


async def overdue(reservation_id: UUID) -> None:
    await let_its_time_pass(reservation_id)


async def overdue_and_given_back(reservation_id: UUID) -> None:
    await let_its_time_pass(reservation_id)
    await place({"MUG": 1})


async def taken(reservation_id: UUID) -> None:
    await place({"MUG": 2}, reservation_id=reservation_id)


async def released(reservation_id: UUID) -> None:
    await run(release_reservation, ReleaseReservation(reservation_id))


async def expired(reservation_id: UUID) -> None:
    await let_its_time_pass(reservation_id)
    assert await run(expire_reservations, ExpireReservations(), actor=SYSTEM) == 1


State = Callable[[UUID], Awaitable[None]]
STATES: tuple[State, ...] = (active, overdue, overdue_and_given_back, taken, released, expired)
# Status after, or how it is refused: OVER says how it ended, WRONG that its status does not allow it; "=" for nothing.
OUTCOMES = {
    "extend": "ACTIVE OVER:EXPIRED OVER:EXPIRED OVER:TAKEN OVER:RELEASED OVER:EXPIRED",
    "take": "TAKEN OVER:EXPIRED OVER:EXPIRED OVER:TAKEN OVER:RELEASED OVER:EXPIRED",
    "release": "RELEASED RELEASED RELEASED WRONG WRONG WRONG",
    "expire": "= EXPIRED EXPIRED = = =",
}
CELLS = [
    pytest.param(action, state, outcome, id=f"{action} {state.__name__}")
    for action, row in OUTCOMES.items()
    for state, outcome in zip(STATES, row.split(), strict=True)
]
GIVEN_BACK = ("reservation_lines", "stock_levels", "stock_log", "stock_movements")
FACT = {"TAKEN": "ReservationTaken", "RELEASED": "ReservationReleased", "EXPIRED": "ReservationExpired"}


async def act(action: str, reservation_id: UUID) -> None:
    match action:
        case "extend":
            await run(extend_reservation, ExtendReservation(reservation_id, 30))
        case "take":
            await place({"MUG": 2}, reservation_id=reservation_id)
        case "release":
            await run(release_reservation, ReleaseReservation(reservation_id))
        case "expire":
            await run(expire_reservations, ExpireReservations(), actor=SYSTEM)


@pytest.mark.parametrize(("action", "state", "outcome"), CELLS)
async def test_an_action_leads_on_or_is_refused_and_changes_nothing(
    database: Database, action: str, state: State, outcome: str
) -> None:
    shop = await open_shop({"MUG": (9,)})
    made = await reserve({"MUG": 3})
    await state(made)
    if outcome.startswith(("OVER", "WRONG")):
        # An order that is refused looked at the level first, and gave back what was overdue there: for the next.
        gives_back = (action, state) == ("take", overdue)
        refusal = await refused(act(action, made), but_for=GIVEN_BACK if gives_back else ())
        assert (await lines(made))[0][2] == (0 if gives_back or state is not overdue else 3)
        if isinstance(refusal, ReservationOver):
            assert (f"OVER:{refusal.status}", refusal.path) == (outcome, ("reservation",))
        else:
            assert isinstance(refusal, IllegalTransition)
            assert (outcome, refusal.reason_code) == ("WRONG", "WRONG_STATUS")
        return
    before = await dump()
    await act(action, made)
    if outcome == "=":
        assert await dump() == before
        return
    it = await reservation(made)
    assert it.status == outcome
    if outcome != "ACTIVE":
        assert it.ended_at is not None
        assert await lines(made) == [("MUG", 3, 0)]
        assert (await level("MUG", shop.north)).reserved == 0
        assert [each for each in await told(made) if each in FACT.values()] == [FACT[outcome]]
        assert sum(reserved for _, reserved, _, _ in await movements(made)) == 0
    await assert_books_balance()


async def test_an_order_takes_what_it_needs_where_it_lies_and_the_rest_is_free(database: Database) -> None:
    shop = await open_shop({"MUG": (0, 9), "TEE": (9, 9), "CAP": (9, 9)})
    made = await reserve({"MUG": 4, "TEE": 2})
    order_id = await place({"MUG": 3, "CAP": 1}, reservation_id=made)
    it = await reservation(made)
    assert (it.status, it.order_id) == ("TAKEN", order_id)
    assert await lines(made) == [("MUG", 4, 0), ("TEE", 2, 0)]
    assert await movements(made) == [
        ("RESERVED", 4, 0, "staff:ada"),
        ("RESERVED", 2, 0, "staff:ada"),
        ("TAKEN", -3, 3, "staff:ada"),
        ("RELEASED", -1, 0, "staff:ada"),
        ("RELEASED", -2, 0, "staff:ada"),
    ]
    mug, tee = await level("MUG", shop.south), await level("TEE", shop.south)
    assert (mug.allocated, mug.reserved, tee.allocated, tee.reserved) == (3, 0, 0, 0)
    assert (await level("CAP", shop.north)).allocated == 1, "what was not reserved is allocated as usual"
    assert (await requirement(order_id, "MUG")).allocated == 3
    placed = await order(order_id)
    assert (placed.status, placed.version, placed.revision) == ("CONFIRMED", 5, 1)
    assert await told(made) == ["ReservationMade", "ReservationTaken"]
    await assert_books_balance()


async def test_what_an_order_needs_beyond_its_reservation_is_allocated_beside_it(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 4)})
    made = await reserve({"MUG": 2})
    order_id = await place({"MUG": 7}, reservation_id=made)
    assert [(await level("MUG", each)).allocated for each in shop.places[:2]] == [5, 2]
    assert await movements(made) == [("RESERVED", 2, 0, "staff:ada"), ("TAKEN", -2, 2, "staff:ada")]
    moved = StockMovementRow.filter(order_id=order_id).order_by("id")
    assert [(each.cause.value, each.allocated) for each in await moved] == [
        ("TAKEN", 2),
        ("ALLOCATED", 3),
        ("ALLOCATED", 2),
    ]
    await assert_books_balance()


async def test_an_order_that_is_short_leaves_its_reservation_as_it_was(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    made = await reserve({"MUG": 3})
    short = await refused(place({"MUG": 6}, reservation_id=made))
    assert isinstance(short, InsufficientStock)
    assert (short.requested, short.available) == (6, 5), "what is held for it counts as available to it"
    await place({"MUG": 5}, reservation_id=made)
    await assert_books_balance()


async def test_of_a_bundle_that_was_reserved_the_order_takes_the_components(database: Database) -> None:
    shop = await open_shop({"MUG": (4,), "TEE": (3,)})
    await make_bundle("CAP", MUG=2, TEE=1)
    made = await reserve({"CAP": 2})
    order_id = await place({"MUG": 4, "TEE": 1}, reservation_id=made)
    assert (await level("MUG", shop.north)).allocated == 4
    assert (await level("TEE", shop.north)).reserved == 0
    assert (await reservation(made)).order_id == order_id
    await assert_books_balance()


async def test_a_location_that_takes_no_work_any_more_gives_its_units_back(database: Database) -> None:
    shop = await open_shop({"MUG": (3, 3)})
    made = await reserve({"MUG": 2})
    await LocationRow.filter(id=shop.north).update(is_active=False)
    await place({"MUG": 2}, reservation_id=made)
    north, south = await level("MUG", shop.north), await level("MUG", shop.south)
    assert (north.reserved, north.allocated, south.allocated) == (0, 0, 2)
    await assert_books_balance()


async def test_of_two_orders_in_one_transaction_exactly_one_takes_the_reservation(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    made = await reserve({"MUG": 2})
    request = order_for({"MUG": 2}, reservation_id=made)
    first, second, third = await run(place_all, [request, request, order_for({"MUG": 3})])
    assert isinstance(first, UUID)
    assert isinstance(second, ReservationOver)
    assert (second.status, second.path) == ("TAKEN", ("reservation",))
    assert isinstance(third, UUID)
    assert (await reservation(made)).order_id == first
    assert ((await level("MUG", shop.north)).allocated, (await level("MUG", shop.north)).reserved) == (5, 0)
    await assert_books_balance()


async def test_a_reservation_is_left_to_the_next_order_when_the_first_is_refused(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    made = await reserve({"MUG": 2})
    asked = [order_for({"MUG": units}, reservation_id=made) for units in (9, 2)]
    first, second = await run(place_all, asked)
    assert isinstance(first, InsufficientStock)
    assert (await reservation(made)).order_id == second
    await assert_books_balance()


async def test_what_an_order_gives_back_serves_the_next_one_in_its_transaction(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    made = await reserve({"MUG": 5})
    first, second = await run(place_all, [order_for({"MUG": 1}, reservation_id=made), order_for({"MUG": 4})])
    assert isinstance(first, UUID)
    assert isinstance(second, UUID)
    assert (await level("MUG", shop.north)).allocated == 5
    await assert_books_balance()


async def test_a_reservation_serves_its_own_channel_alone(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    await run(create_channel, CreateChannel("shop", "Shop", "EUR", "Acme GmbH", "Europe/Berlin"))
    made = await reserve({"MUG": 1})
    elsewhere = PlaceOrder("shop", (PlaceLine("MUG", 1, unit_price_minor=100),), reservation_id=made)
    refusal = await refused(run(place_order, elsewhere))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("reservation",))


async def test_whoever_promises_next_has_the_units_of_an_overdue_reservation(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    made = await reserve({"MUG": 5})
    await let_its_time_pass(made)
    order_id = await place({"MUG": 5})
    shelf = await level("MUG", shop.north)
    assert (shelf.allocated, shelf.reserved) == (5, 0)
    assert await movements(made) == [("RESERVED", 5, 0, "staff:ada"), ("EXPIRED", -5, 0, "system")]
    assert ((await reservation(made)).status, await told(made)) == ("ACTIVE", ["ReservationMade"])
    assert await TIMERS["reservations"](RUNNER) == 1
    assert ((await reservation(made)).status, (await order(order_id)).status) == ("EXPIRED", "CONFIRMED")
    assert await told(made) == ["ReservationMade", "ReservationExpired"]
    assert len(await movements(made)) == 2, "its units are given back once"
    await assert_books_balance()


async def test_another_basket_has_the_units_of_an_overdue_one(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    made = await reserve({"MUG": 5})
    await let_its_time_pass(made)
    assert await lines(await reserve({"MUG": 4})) == [("MUG", 4, 4)]
    assert await lines(made) == [("MUG", 5, 0)]
    await assert_books_balance()


async def test_sourcing_again_has_the_units_of_an_overdue_reservation(database: Database) -> None:
    shop = await open_shop({"MUG": (2, 2)})
    order_id = await place({"MUG": 2})
    made = await reserve({"MUG": 2})
    await let_its_time_pass(made)
    [work] = await works(order_id)
    await run(reject_fulfillment_order, RejectFulfillmentOrder(work, "Not on the shelf."))
    south = await level("MUG", shop.south)
    assert (south.allocated, south.reserved) == (2, 0)
    await assert_books_balance()


async def test_a_refused_order_leaves_overdue_reservations_to_the_next(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    made = await reserve({"MUG": 5})
    await let_its_time_pass(made)
    short = await refused(reserve({"MUG": 6}))
    assert isinstance(short, InsufficientStock)
    assert short.available == 5, "what an overdue basket holds is free"
    assert (await level("MUG", shop.north)).reserved == 5


async def test_the_clock_ends_every_overdue_reservation_once_and_leaves_the_others(database: Database) -> None:
    shop = await open_shop({"MUG": (9,), "TEE": (9,)})
    late = [await reserve({"MUG": 1, "TEE": 2}) for _ in range(3)]
    fresh = await reserve({"MUG": 1})
    for each in late:
        await let_its_time_pass(each)
    assert await run(expire_reservations, ExpireReservations(limit=2), actor=SYSTEM) == 2
    assert [await TIMERS["reservations"](RUNNER) for _ in range(2)] == [1, 0]
    for each in late:
        assert (await reservation(each)).status == "EXPIRED"
        assert await told(each) == ["ReservationMade", "ReservationExpired"]
        assert (await movements(each))[2:] == [("EXPIRED", -1, 0, "system"), ("EXPIRED", -2, 0, "system")]
    assert (await reservation(fresh)).status == "ACTIVE"
    assert ((await level("MUG", shop.north)).reserved, (await level("TEE", shop.north)).reserved) == (1, 0)
    await assert_books_balance()


async def test_it_is_extended_from_now_and_never_shortened(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    made = await reserve({"MUG": 1}, minutes=60)
    until = (await reservation(made)).expires_at
    await run(extend_reservation, ExtendReservation(made, 5))
    assert (await reservation(made)).expires_at == until
    await run(extend_reservation, ExtendReservation(made, 120))
    longer = (await reservation(made)).expires_at
    assert longer - until > timedelta(minutes=59)
    assert await ReservationLineRow.filter(reservation_id=made).values_list("expires_at") == [(longer,)]
    assert await told(made) == ["ReservationMade", "ReservationExtended", "ReservationExtended"]
    for minutes in (0, 121):
        refusal = await refused(run(extend_reservation, ExtendReservation(made, minutes)))
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("minutes",))


async def test_it_is_kept_for_a_day_at_most(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    made = await reserve({"MUG": 1}, minutes=60)
    it = await reservation(made)
    day_ago = it.created_at - timedelta(hours=23, minutes=30)
    await ReservationRow.filter(id=made).update(created_at=day_ago)
    refusal = await refused(run(extend_reservation, ExtendReservation(made, 31)))
    assert isinstance(refusal, InvalidInput)
    until = f"{day_ago + timedelta(hours=24):%Y-%m-%d %H:%M}"
    said = f"A basket is kept for 24 hours at most, this one until {until} UTC. Order it until then."
    assert (refusal.path, refusal.message) == (("minutes",), said)
    await run(extend_reservation, ExtendReservation(made, 29))
    assert (await reservation(made)).expires_at == it.expires_at, "it is never shortened"


async def test_a_customer_holds_ten_at_once_and_staff_as_many_as_they_like(database: Database) -> None:
    await open_shop({"MUG": (99,)})
    ann, bob = await buyer(), await buyer()
    tries = [reserve({"MUG": 1}, actor=customer(ann)) for _ in range(12)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    made = [each for each in outcomes if isinstance(each, UUID)]
    assert len(made) == 10
    assert [each.most for each in outcomes if isinstance(each, TooManyReservations)] == [10, 10]
    assert isinstance(await refused(reserve({"MUG": 1}, actor=customer(ann))), TooManyReservations)
    await reserve({"MUG": 1}, actor=customer(bob))
    await reserve({"MUG": 1}, customer_id=ann)
    # One that ended makes room, and so does one whose time is over though nobody has noticed yet.
    await run(release_reservation, ReleaseReservation(made[0]), actor=customer(ann))
    await let_its_time_pass(made[1])
    await reserve({"MUG": 1}, actor=customer(ann))
    assert isinstance(await refused(reserve({"MUG": 1}, actor=customer(ann))), TooManyReservations)
    await assert_books_balance()


async def test_an_order_that_is_called_off_does_not_revive_its_reservation(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    made = await reserve({"MUG": 2})
    order_id = await place({"MUG": 2}, reservation_id=made)
    await run(cancel_order, CancelOrder(order_id, "Changed my mind."))
    shelf = await level("MUG", shop.north)
    assert (shelf.allocated, shelf.reserved, (await reservation(made)).status) == (0, 0, "TAKEN")
    await assert_books_balance()


async def test_customers_have_their_own_reservations_and_no_others(database: Database) -> None:
    await open_shop({"MUG": (9,)})
    ann, bob = await buyer(), await buyer()
    made = await reserve({"MUG": 1}, actor=customer(ann))
    assert ((await reservation(made)).customer_id, (await reservation(made)).created_by) == (ann, f"customer:{ann.hex}")
    refusal = await refused(reserve({"MUG": 1}, actor=customer(ann), customer_id=bob))
    assert isinstance(refusal, PermissionDenied)
    stranger = customer(bob)
    for name in (made, new_id()):
        for act_upon in (
            run(extend_reservation, ExtendReservation(name), actor=stranger),
            run(release_reservation, ReleaseReservation(name), actor=stranger),
            run(place_order, order_for({"MUG": 1}, reservation_id=name), actor=stranger),
        ):
            unseen = await refused(act_upon)
            assert isinstance(unseen, NotFound)
            assert unseen.message == f"There is no reservation reservation_{name.hex}, or you may not see it."
    await run(extend_reservation, ExtendReservation(made), actor=customer(ann))
    await run(place_order, order_for({"MUG": 1}, reservation_id=made), actor=customer(ann))
    of_staff = await reserve({"MUG": 1}, customer_id=bob)
    await run(release_reservation, ReleaseReservation(of_staff), actor=customer(bob))
    await assert_books_balance()


async def test_whoever_may_not_place_orders_may_not_reserve(database: Database) -> None:
    await open_shop({"MUG": (9,)})
    made = await reserve({"MUG": 1}, actor=SUPPORT)
    for act_upon in (
        reserve({"MUG": 1}, actor=WAREHOUSE),
        run(extend_reservation, ExtendReservation(made), actor=WAREHOUSE),
        run(release_reservation, ReleaseReservation(made), actor=WAREHOUSE),
    ):
        assert isinstance(await refused(act_upon), PermissionDenied)


async def test_a_key_makes_one_reservation(database: Database) -> None:
    shop = await open_shop({"MUG": (9,)})
    request = ReserveStock(CHANNEL, (ReserveLine("MUG", 2),))
    first, again = [await RUNNER.run(reserve_stock, ADMIN, request, key="basket 7") for _ in range(2)]
    assert (again.value, again.replayed) == (first.value, True)
    assert (await level("MUG", shop.north)).reserved == 2


async def test_what_overdue_units_a_negative_level_gives_back_are_not_promised(database: Database) -> None:
    """Facts from the floor had taken more than was free: what comes back mends that first."""
    shop = await open_shop({"MUG": (9,)})
    made = await reserve({"MUG": 4})
    await run(adjust_stock, AdjustStock("MUG", shop.north, -7))
    first, second = await run(place_all, [order_for({"MUG": 1}, reservation_id=made), order_for({"MUG": 2})])
    assert isinstance(first, UUID)
    assert isinstance(second, InsufficientStock)
    assert second.available == 1
    await assert_books_balance()
