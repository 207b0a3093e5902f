"""Units that were promised and are not there: the weakest and latest promises are given elsewhere, or held."""

import asyncio
from uuid import UUID

import pytest

from domain.allocation.models import AllocationRow
from domain.flows.adjust_stock import CountStock, count_stock
from domain.flows.resolve_shortage import (
    LetReservationGo,
    ResolveShortage,
    SourceOrderAgain,
    let_reservation_go,
    resolve_shortage,
    source_order_again,
)
from domain.flows.sell_at_till import TillLine, TillSale, sell_at_till
from domain.flows.set_aside_stock import SetAside, damage_stock, repair_stock
from domain.flows.work_fulfillment_order import StartFulfillmentOrder, start_fulfillment_order
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.models import JobRow, LogRow, StockLogRow
from domain.orders.models import HoldRow
from domain.reactions import REACTIONS
from domain.reservations.models import ReservationRow
from domain.stock.models import ShortageRow, StockMovementRow
from server.database import Database
from server.worker import Worker
from tests.domain import moves
from tests.domain.books import assert_books_balance
from tests.domain.shop import (
    RUNNER,
    column,
    dump,
    level,
    open_shop,
    pack,
    place,
    requirement,
    reserve,
    run,
    ship,
    works,
)


async def react() -> None:
    """Every job that is due is done, and what follows from it."""
    async with asyncio.timeout(30):
        while await Worker(RUNNER, REACTIONS).work():
            pass
    assert await JobRow.exclude(last_error=None).count() == 0


async def set_aside(order_id: UUID) -> dict[UUID, int]:
    """Units that each location has set aside for the order."""
    return {row.location_id: row.quantity for row in await AllocationRow.filter(order_id=order_id, quantity__gt=0)}


async def shortages() -> list[tuple[int, bool]]:
    """Units missing, and whether it is over, of each shortage."""
    return [(row.units, row.resolved_at is not None) for row in await ShortageRow.all().order_by("id")]


async def test_damage_gives_the_latest_order_to_another_location(database: Database) -> None:
    shop = await open_shop({"MUG": (10, 5)})
    first, second = await place({"MUG": 6}), await place({"MUG": 4})
    await run(damage_stock, SetAside("MUG", shop.north, 2))
    assert await shortages() == [(2, False)]
    await react()
    assert await set_aside(first) == {shop.north: 6}
    assert await set_aside(second) == {shop.north: 2, shop.south: 2}
    assert [row.units_to_pack for row in await FulfillmentOrderRow.filter(order_id=second).order_by("id")] == [2, 2]
    assert await shortages() == [(0, True)]
    facts = await column(LogRow.filter(order_id=second).order_by("sequence"), "type")
    assert facts[-2:] == ["OrderSourcedAgain", "FulfillmentOrderOpened"]
    stock_facts = await column(StockLogRow.exclude(type="StockLevelChanged").order_by("id"), "type")
    assert [each for each in stock_facts if each.startswith("Shortage")] == ["ShortageOpened", "ShortageResolved"]
    await ship(second)
    await assert_books_balance()


async def test_what_no_other_location_has_is_held_for_and_not_oversold(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 1)})
    order_id = await place({"MUG": 5})
    await run(sell_at_till, TillSale(shop.north, "R-1", (TillLine("MUG", 3),)))
    await react()
    assert await set_aside(order_id) == {shop.north: 2, shop.south: 1}
    it = await requirement(order_id, "MUG")
    assert (it.allocated, it.unallocated) == (3, 2)
    [hold] = await HoldRow.all()
    assert (hold.order_id, hold.kind, hold.reason) == (order_id, "STOCK", "No location has 2 of MUG.")
    assert await shortages() == [(0, True)]
    await assert_books_balance()


async def test_work_with_nothing_left_to_pack_is_canceled(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 5)})
    order_id = await place({"MUG": 5})
    await run(count_stock, CountStock("MUG", shop.north, 0, 5))
    await react()
    assert await column(FulfillmentOrderRow.all().order_by("id"), "status") == ["CANCELED", "OPEN"]
    assert await set_aside(order_id) == {shop.south: 5}
    await ship_the_open_work(order_id)
    await assert_books_balance()


async def ship_the_open_work(order_id: UUID) -> None:
    for work in await FulfillmentOrderRow.filter(order_id=order_id, status="OPEN"):
        await pack(work.id)


async def test_an_order_that_waits_for_a_decision_gives_its_units_up_without_work(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 5)})
    order_id = await place({"MUG": 5}, is_confirmed=False)
    await run(damage_stock, SetAside("MUG", shop.north, 1))
    await react()
    assert await set_aside(order_id) == {shop.north: 4, shop.south: 1}
    assert await works(order_id) == []
    await assert_books_balance()


async def test_what_is_packed_stays_and_others_give_theirs(database: Database) -> None:
    shop = await open_shop({"MUG": (6, 6)})
    early, late = await place({"MUG": 3}), await place({"MUG": 3})
    await pack((await works(late))[0], {"MUG": 2})
    await run(damage_stock, SetAside("MUG", shop.north, 2))
    await react()
    assert await set_aside(late) == {shop.north: 2, shop.south: 1}
    assert await set_aside(early) == {shop.north: 2, shop.south: 1}
    # Some of it is packed: the work is done.
    assert (await FulfillmentOrderRow.filter(order_id=late).order_by("id"))[0].status == "CLOSED"
    await assert_books_balance()


async def test_the_latest_basket_is_let_go_before_any_order(database: Database) -> None:
    shop = await open_shop({"MUG": (10, 5), "TEE": (1,)})
    order_id = await place({"MUG": 3})
    first, second = await reserve({"MUG": 4}), await reserve({"MUG": 3, "TEE": 1})
    await run(damage_stock, SetAside("MUG", shop.north, 2))
    await react()
    assert await shortages() == [(0, True)]
    assert await column(ReservationRow.filter(id__in=[first, second]).order_by("id"), "status") == [
        "ACTIVE",
        "RELEASED",
    ]
    assert await set_aside(order_id) == {shop.north: 3}
    north, tee = await level("MUG", shop.north), await level("TEE", shop.north)
    assert (north.allocated, north.reserved, north.damaged, tee.reserved) == (3, 4, 2, 0)
    released = await StockMovementRow.filter(subject_id=second, cause="RELEASED").order_by("sku")
    assert [(row.sku, row.reserved, row.actor) for row in released] == [("MUG", -3, "system"), ("TEE", -1, "system")]
    told = await column(StockLogRow.filter(subject_id=second).order_by("id"), "type")
    assert told == ["ReservationMade", "ReservationReleased"]
    await assert_books_balance()


async def test_orders_are_given_elsewhere_once_no_basket_holds_any_more(database: Database) -> None:
    shop = await open_shop({"MUG": (10, 5)})
    order_id = await place({"MUG": 6})
    baskets = [await reserve({"MUG": 1}), await reserve({"MUG": 3})]
    await run(damage_stock, SetAside("MUG", shop.north, 6))
    await react()
    assert await shortages() == [(0, True)]
    assert await column(ReservationRow.filter(id__in=baskets), "status") == ["RELEASED", "RELEASED"]
    assert await set_aside(order_id) == {shop.north: 4, shop.south: 2}
    assert (await level("MUG", shop.north)).reserved == 0
    await assert_books_balance()


async def test_a_basket_that_is_let_go_may_be_so_twice_and_stays_where_nothing_is_missing(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    first, second = await reserve({"MUG": 2}), await reserve({"MUG": 3})
    north = await level("MUG", shop.north)
    await run(damage_stock, SetAside("MUG", shop.north, 1))
    await run(let_reservation_go, LetReservationGo(second, north.id))
    before = await dump()
    for each in (first, second):
        await run(let_reservation_go, LetReservationGo(each, north.id))
    assert await dump() == before
    await react()
    assert [(await ReservationRow.get(id=each)).status for each in (first, second)] == ["ACTIVE", "RELEASED"]
    await assert_books_balance()


async def test_where_an_order_took_the_basket_meanwhile_orders_are_asked(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 5)})
    basket = await reserve({"MUG": 5})
    await run(damage_stock, SetAside("MUG", shop.north, 2))
    north = await level("MUG", shop.north)
    assert await run(resolve_shortage, ResolveShortage(north.id)) == 1
    order_id = await place({"MUG": 5}, reservation_id=basket)
    await react()
    assert (await ReservationRow.get(id=basket)).status == "TAKEN"
    assert await set_aside(order_id) == {shop.north: 3, shop.south: 2}
    assert await shortages() == [(0, True)]
    await assert_books_balance()


async def test_what_transfers_and_kits_have_set_aside_is_left_to_staff_and_stays_in_sight(database: Database) -> None:
    shop = await open_shop({"MUG": (6,)})
    await moves.declare_kit("CAP", {"MUG": 1})
    transfer = await moves.release(await moves.plan(shop.north, shop.south, {"MUG": 3}))
    kits = await moves.release_kits(await moves.plan_kits("CAP", shop.north, 2))
    basket = await reserve({"MUG": 1})
    await run(damage_stock, SetAside("MUG", shop.north, 3))
    await react()
    assert (await ReservationRow.get(id=basket)).status == "RELEASED"
    assert (await moves.status_of(transfer), await moves.kits_status(kits)) == ("RELEASED", "RELEASED")
    assert await shortages() == [(2, False)]
    assert await JobRow.exclude(status="DONE").count() == 0
    await moves.cancel(transfer)
    assert await shortages() == [(0, True)]
    await assert_books_balance()


async def test_where_all_is_packed_the_shortage_stays_open(database: Database) -> None:
    shop = await open_shop({"MUG": (4, 4)})
    order_id = await place({"MUG": 4})
    [work] = await works(order_id)
    await pack(work)
    await run(damage_stock, SetAside("MUG", shop.north, 1))
    await react()
    assert await shortages() == [(1, False)]
    assert await set_aside(order_id) == {shop.north: 4}
    await run(repair_stock, SetAside("MUG", shop.north, 1))
    assert await shortages() == [(0, True)]
    await assert_books_balance()


async def test_work_that_was_begun_goes_on_with_what_is_left(database: Database) -> None:
    shop = await open_shop({"MUG": (4, 4), "TEE": (2, 0)})
    order_id = await place({"MUG": 4, "TEE": 1})
    [work] = await works(order_id)
    await run(start_fulfillment_order, StartFulfillmentOrder(work))
    await run(damage_stock, SetAside("MUG", shop.north, 3))
    await react()
    first, second = await FulfillmentOrderRow.filter(order_id=order_id).order_by("id")
    assert [(each.status, each.units_to_pack) for each in (first, second)] == [("IN_PROGRESS", 2), ("OPEN", 3)]
    await assert_books_balance()


async def test_the_reaction_may_run_twice(database: Database) -> None:
    shop = await open_shop({"MUG": (10, 5)})
    order_id = await place({"MUG": 10})
    await run(damage_stock, SetAside("MUG", shop.north, 2))
    north = await level("MUG", shop.north)
    assert await run(resolve_shortage, ResolveShortage(north.id)) == 1
    assert await run(resolve_shortage, ResolveShortage(north.id)) == 1
    await react()
    assert await set_aside(order_id) == {shop.north: 8, shop.south: 2}
    before = await dump()
    await run(source_order_again, SourceOrderAgain(order_id, north.id))
    assert await run(resolve_shortage, ResolveShortage(north.id)) == 0
    assert await dump() == before
    await assert_books_balance()


async def test_a_shortage_that_grows_is_one_shortage(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await place({"MUG": 5})
    await run(damage_stock, SetAside("MUG", shop.north, 1))
    await run(damage_stock, SetAside("MUG", shop.north, 2))
    assert await shortages() == [(3, False)]
    assert await JobRow.filter(kind="resolve_shortage").count() == 2
    await run(repair_stock, SetAside("MUG", shop.north, 1))
    assert await shortages() == [(2, False)]
    assert await JobRow.filter(kind="resolve_shortage").count() == 2


@pytest.mark.parametrize("workers", [3])
async def test_many_orders_are_sourced_again_by_several_workers_at_once(
    postgres_database: Database, workers: int
) -> None:
    shop = await open_shop({"MUG": (40, 30), "TEE": (40, 40)})
    for _ in range(20):
        await place({"MUG": 2, "TEE": 1})
    await run(sell_at_till, TillSale(shop.north, "R-1", (TillLine("MUG", 25), TillLine("TEE", 30))))
    await asyncio.gather(*(react() for _ in range(workers)))
    await react()
    assert await shortages() == [(0, True), (0, True)]
    assert (await level("MUG", shop.north)).allocated == 15
    assert (await level("MUG", shop.south)).allocated == 25
    await assert_books_balance()
