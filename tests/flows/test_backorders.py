"""Units that are sold before they are there: who may wait, until when, and who is served first."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain.allocation.models import AllocationRow
from domain.backorders.models import BackorderRow
from domain.catalog.models import BackorderPolicy, VariantRow
from domain.channels.models import ChannelRow
from domain.flows.cancel_order import CancelOrder, cancel_order
from domain.flows.confirm_order import ConfirmOrder, ExpireOrder, RejectOrder, confirm_order, expire_order, reject_order
from domain.flows.fill_backorders import FillBackorder, fill_backorder
from domain.flows.hold_order import ReleaseHold, release_hold
from domain.flows.keep_channels import SeenLocation, SetChannelLocations, set_channel_locations
from domain.flows.place_orders import place_all
from domain.flows.work_fulfillment_order import RejectFulfillmentOrder, reject_fulfillment_order
from domain.kernel.database import current_connection, database_now
from domain.kernel.ids import new_id
from domain.kernel.models import JobRow, LogRow
from domain.orders.models import HoldRow, RequirementRow
from domain.stock.errors import InsufficientStock
from domain.stock.models import StockMovementRow
from domain.supplies.models import SupplyKind, SupplyLineRow, SupplyRow
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import (
    CHANNEL,
    Shop,
    column,
    deliver,
    dump,
    level,
    open_shop,
    order,
    order_for,
    place,
    place_of,
    receive_stock,
    requirement,
    run,
    set_policy,
    work_off,
    works,
)

BACKORDER, PREORDER, DENY = BackorderPolicy.BACKORDER, BackorderPolicy.PREORDER, BackorderPolicy.DENY


async def counters(order_id: UUID, sku: str = "MUG") -> tuple[int, int, int]:
    """Units of the order that are set aside, that wait, and that nobody has."""
    each = await requirement(order_id, sku)
    return each.allocated, each.waiting, each.unallocated


async def waiting_at(shop: Shop, sku: str = "MUG") -> list[int]:
    """Units that wait at each location that has a level."""
    return [(await level(sku, place_id)).waiting for place_id in shop.places[:2]]


async def now() -> datetime:
    return await database_now(current_connection())


async def refused_for_stock(units: int) -> InsufficientStock:
    before = await dump()
    with pytest.raises(InsufficientStock) as refused:
        await place({"MUG": units})
    assert await dump() == before
    return refused.value


async def release(sku: str) -> None:
    """Its day has come."""
    past = await now() - timedelta(seconds=1)
    await VariantRow.filter(sku=sku).update(available_from=past)
    await JobRow.filter(kind="fill_backorders").update(run_at=past)


async def test_what_there_is_is_set_aside_and_the_rest_waits_at_the_first_location(database: Database) -> None:
    shop = await open_shop({"MUG": (0, 2), "TEE": (5, 5)})
    await set_policy("MUG", BACKORDER)
    before = await now()
    order_id = await place({"MUG": 5, "TEE": 1})
    assert await counters(order_id) == (2, 3, 0)
    [row] = await BackorderRow.all()
    assert (row.order_id, row.sku, row.quantity, row.is_preorder) == (order_id, "MUG", 3, False)
    assert (row.location_id, row.level_id) == (shop.north, (await level("MUG", shop.north)).id)
    assert timedelta(0) <= row.promised_at - before - timedelta(days=14) < timedelta(minutes=1)
    assert (await level("MUG", shop.north)).waiting == 3
    [movement] = await StockMovementRow.filter(cause="BACKORDERED")
    assert (movement.level_id, movement.waiting, movement.order_id) == (row.level_id, 3, order_id)
    assert ((await order(order_id)).status, (await order(order_id)).fulfillment_status) == ("CONFIRMED", "UNFULFILLED")
    assert [await place_of(work) for work in await works(order_id)] == ["south"]
    await assert_books_balance()


async def test_without_the_policy_nothing_waits(database: Database) -> None:
    await open_shop({"MUG": (1, 1)})
    refused = await refused_for_stock(3)
    assert (refused.requested, refused.available) == (3, 2)
    await set_policy("MUG", BACKORDER)
    await set_policy("MUG", DENY)
    assert (await refused_for_stock(3)).available == 2


async def test_exactly_as_many_wait_as_the_limit_says_over_all_locations(database: Database) -> None:
    await open_shop({"MUG": (1,)})
    await set_policy("MUG", BACKORDER, 4)
    await place({"MUG": 4})
    refused = await refused_for_stock(2)
    assert (refused.requested, refused.available) == (2, 1)
    last = await place({"MUG": 1})
    assert await counters(last) == (0, 1, 0)
    assert (await refused_for_stock(1)).available == 0
    await run(cancel_order, CancelOrder(last, "Too late."))
    await place({"MUG": 1})
    await assert_books_balance()


async def test_of_orders_in_one_transaction_the_first_takes_the_stock_and_the_second_waits(database: Database) -> None:
    await open_shop({"MUG": (2,)})
    await set_policy("MUG", BACKORDER, 3)
    first, second, third, fourth = await run(place_all, [order_for({"MUG": units}) for units in (2, 2, 2, 1)])
    assert isinstance(third, InsufficientStock)
    assert (third.requested, third.available) == (2, 1)
    assert isinstance(first, UUID)
    assert isinstance(second, UUID)
    assert isinstance(fourth, UUID)
    assert [await counters(each) for each in (first, second, fourth)] == [(2, 0, 0), (0, 2, 0), (0, 1, 0)]
    await assert_books_balance()


async def test_lines_of_one_sku_are_served_in_their_order_and_the_last_ones_wait(database: Database) -> None:
    await open_shop({"MUG": (3,)})
    await set_policy("MUG", BACKORDER)
    request = order_for({"MUG": 2})
    [order_id] = await run(place_all, [type(request)(request.channel, request.lines * 2)])
    assert isinstance(order_id, UUID)
    found = await RequirementRow.filter(order_id=order_id).order_by("id")
    assert [(each.allocated, each.waiting) for each in found] == [(2, 0), (1, 1)]
    await assert_books_balance()


async def test_a_first_level_is_made_where_there_was_none(database: Database) -> None:
    shop = await open_shop()
    await set_policy("MUG", BACKORDER)
    order_id = await place({"MUG": 2})
    assert await works(order_id) == []
    assert (await level("MUG", shop.north)).waiting == 2
    await receive_stock("MUG", shop.north, 2)
    await work_off()
    assert await counters(order_id) == (2, 0, 0)
    await deliver(order_id)
    assert (await order(order_id)).status == "COMPLETED"
    await assert_books_balance()


async def expect_units(shop: Shop, *arrivals: tuple[datetime, int]) -> None:
    """A supplier confirmed so many mugs for the first location, each time."""
    mug = await level("MUG", shop.north)
    for expected_at, units in arrivals:
        supply = SupplyRow(
            id=new_id(),
            number=f"S{units}",
            kind=SupplyKind.PURCHASE_ORDER,
            supplier="Potter",
            currency="EUR",
            location_id=shop.north,
            status="CONFIRMED",
            created_by="staff:ada",
            created_at=expected_at,
        )
        await supply.save(force_create=True)
        line = SupplyLineRow(
            supply_id=supply.id,
            variant_id=mug.variant_id,
            location_id=shop.north,
            sku="MUG",
            ordered=units,
            currency="EUR",
            expected=units,
            expected_at=expected_at,
        )
        await line.save(force_create=True)


async def test_units_are_promised_for_the_arrival_that_covers_those_before_them_too(database: Database) -> None:
    shop = await open_shop({"MUG": (1,)})
    await set_policy("MUG", BACKORDER)
    soon = (await now() + timedelta(days=2)).replace(microsecond=0)
    later = soon + timedelta(days=3)
    await expect_units(shop, (soon, 3), (later, 4))
    promised = []
    for units in (3, 2, 2, 4):
        placed = await place({"MUG": units})
        promised += await column(BackorderRow.filter(order_id=placed), "promised_at")
    assert promised[:3] == [soon, later, later]
    assert promised[3] > later


async def waiting_orders(*units: int, late: Sequence[int] = ()) -> list[UUID]:
    """Orders that wait for so many mugs each, promised a day apart; those named by `late` last of all."""
    placed = []
    for n, count in enumerate(units):
        placed.append(await place({"MUG": count}))
        promised = await now() + timedelta(days=n + (100 if n in late else 0))
        await BackorderRow.filter(order_id=placed[-1]).update(promised_at=promised)
    return placed


async def test_a_receipt_serves_the_oldest_promise_first_and_the_last_one_in_part(database: Database) -> None:
    shop = await open_shop()
    await set_policy("MUG", BACKORDER)
    last, first, second = await waiting_orders(2, 2, 4, late=[0])
    await receive_stock("MUG", shop.north, 5)
    assert (await level("MUG", shop.north)).waiting == 8
    await work_off()
    assert [await counters(each) for each in (first, second, last)] == [(2, 0, 0), (3, 1, 0), (0, 2, 0)]
    assert await column(BackorderRow.filter(ended_at__isnull=True).order_by("promised_at"), "quantity") == [1, 2]
    filled = await LogRow.filter(type="BackorderFilled").order_by("occurred_at")
    assert {(row.order_id, row.data["units"]) for row in filled} == {(first, 2), (second, 3)}
    for order_id in (first, second):
        [work] = await works(order_id)
        assert await place_of(work) == "north"
    assert await works(last) == []
    await assert_books_balance()
    await receive_stock("MUG", shop.north, 10)
    await work_off()
    assert [await counters(each) for each in (first, second, last)] == [(2, 0, 0), (4, 0, 0), (2, 0, 0)]
    assert len(await works(second)) == 2
    north = await level("MUG", shop.north)
    assert (north.on_hand, north.allocated, north.waiting) == (15, 8, 0)
    await assert_books_balance()


async def test_nobody_else_is_sold_what_others_wait_for(database: Database) -> None:
    shop = await open_shop()
    await set_policy("MUG", BACKORDER, 3)
    first = await place({"MUG": 3})
    await receive_stock("MUG", shop.north, 4)
    assert (await refused_for_stock(2)).available == 1
    second = await place({"MUG": 1})
    await work_off()
    assert [await counters(each) for each in (first, second)] == [(3, 0, 0), (1, 0, 0)]
    await assert_books_balance()


async def test_filling_twice_or_out_of_turn_gives_nobody_more_than_is_due(database: Database) -> None:
    shop = await open_shop()
    await set_policy("MUG", BACKORDER)
    first, second = await waiting_orders(2, 3)
    await receive_stock("MUG", shop.north, 4)
    for order_id in (second, second, first, first):
        await run(fill_backorder, FillBackorder(order_id))
    assert [await counters(each) for each in (first, second)] == [(2, 0, 0), (2, 1, 0)]
    await work_off()
    assert [await counters(each) for each in (first, second)] == [(2, 0, 0), (2, 1, 0)]
    await assert_books_balance()


async def test_an_order_that_is_not_confirmed_is_served_and_gives_its_work_when_it_is(database: Database) -> None:
    shop = await open_shop()
    await set_policy("MUG", BACKORDER)
    order_id = await place({"MUG": 2}, is_confirmed=False)
    await receive_stock("MUG", shop.north, 2)
    await work_off()
    assert (await counters(order_id), await works(order_id)) == ((2, 0, 0), [])
    await run(confirm_order, ConfirmOrder(order_id))
    assert len(await works(order_id)) == 1
    await assert_books_balance()


@pytest.mark.parametrize("how", ["CANCELED", "REJECTED", "EXPIRED"])
async def test_an_order_that_ends_waits_no_more_and_what_was_due_to_it_goes_to_the_next(
    database: Database, how: str
) -> None:
    shop = await open_shop({"MUG": (1,), "TEE": (1,)})
    await set_policy("MUG", BACKORDER)
    ending = await place({"MUG": 4, "TEE": 1}, is_confirmed=False)
    behind = await place({"MUG": 2})
    await receive_stock("MUG", shop.north, 2)
    # The receipt's units were already found to be due to the first.
    await JobRow.filter(kind="fill_backorders").delete()
    if how == "CANCELED":
        await run(cancel_order, CancelOrder(ending, "Too late."))
    elif how == "REJECTED":
        await run(reject_order, RejectOrder(ending, "Odd."))
    else:
        await run(expire_order, ExpireOrder(ending))
    each = await requirement(ending, "MUG")
    assert (each.canceled, each.waiting, each.allocated) == (4, 0, 0)
    [row] = await BackorderRow.filter(order_id=ending)
    assert row.quantity == 0
    assert row.ended_at is not None
    [movement] = await StockMovementRow.filter(cause="BACKORDER_CANCELED")
    assert (movement.waiting, movement.order_id) == (-3, ending)
    assert (await order(ending)).status == how
    await work_off()
    assert await counters(behind) == (2, 0, 0)
    await assert_books_balance()


async def test_part_of_an_order_is_delivered_and_it_is_open_until_what_waits_is_too(database: Database) -> None:
    shop = await open_shop({"MUG": (1,)})
    await set_policy("MUG", BACKORDER)
    order_id = await place({"MUG": 3})
    await deliver(order_id)
    half = await order(order_id)
    assert (half.status, half.fulfillment_status) == ("CONFIRMED", "PARTIALLY_DELIVERED")
    await receive_stock("MUG", shop.north, 2)
    await work_off()
    assert await column(AllocationRow.filter(order_id=order_id), "quantity") == [2]
    assert await counters(order_id) == (2, 0, 0)
    await assert_books_balance()


async def test_what_a_rejected_location_leaves_waits_elsewhere_instead_of_holding_the_order(database: Database) -> None:
    shop = await open_shop({"MUG": (3, 1)})
    await set_policy("MUG", BACKORDER)
    order_id = await place({"MUG": 3})
    [work] = await works(order_id)
    await run(reject_fulfillment_order, RejectFulfillmentOrder(work, "Broken."))
    assert await counters(order_id) == (1, 2, 0)
    assert await HoldRow.all().count() == 0
    assert await waiting_at(shop) == [0, 2]
    await receive_stock("MUG", shop.south, 5)
    await work_off()
    assert await counters(order_id) == (3, 0, 0)
    await assert_books_balance()


async def test_beyond_the_limit_a_rejected_order_is_held_as_ever(database: Database) -> None:
    await open_shop({"MUG": (3, 1)})
    await set_policy("MUG", BACKORDER, 1)
    order_id = await place({"MUG": 3})
    [work] = await works(order_id)
    await run(reject_fulfillment_order, RejectFulfillmentOrder(work, "Broken."))
    assert await counters(order_id) == (1, 0, 2)
    [hold] = await HoldRow.all()
    assert hold.reason == "No location has 2 of MUG."
    await set_policy("MUG", BACKORDER, 2)
    await run(release_hold, ReleaseHold(hold.id))
    assert await counters(order_id) == (3, 0, 0)
    await assert_books_balance()


async def test_a_preorder_waits_for_its_day_however_many_units_there_are(database: Database) -> None:
    shop = await open_shop({"MUG": (9,), "TEE": (1, 9)})
    day = (await now() + timedelta(days=30)).replace(microsecond=0)
    await set_policy("MUG", PREORDER, 5, day)
    first, second = await place({"MUG": 2, "TEE": 2}), await place({"MUG": 3})
    assert [await counters(each) for each in (first, second)] == [(0, 2, 0), (0, 3, 0)]
    # One location has all that is sent now: it is not split because of what waits.
    assert [await place_of(work) for work in await works(first)] == ["south"]
    assert await column(BackorderRow.all(), "promised_at") == [day, day]
    assert await column(BackorderRow.all(), "is_preorder") == [True, True]
    assert (await refused_for_stock(1)).available == 0
    await receive_stock("MUG", shop.north, 1)
    await work_off()
    assert await counters(first) == (0, 2, 0)
    [job] = await JobRow.filter(kind="fill_backorders", status="QUEUED")
    assert job.run_at == day
    await run(fill_backorder, FillBackorder(first))
    assert await counters(first) == (0, 2, 0)
    await release("MUG")
    await work_off()
    assert [await counters(each) for each in (first, second)] == [(2, 0, 0), (3, 0, 0)]
    # From its day on it is sold from stock, and no more than there is.
    third = await place({"MUG": 5})
    assert await counters(third) == (5, 0, 0)
    assert (await refused_for_stock(1)).available == 0
    await assert_books_balance()


async def test_another_policy_serves_at_once_who_waited_for_the_day(database: Database) -> None:
    await open_shop({"MUG": (2,)})
    await set_policy("MUG", PREORDER, None, await now() + timedelta(days=30))
    order_id = await place({"MUG": 2})
    await set_policy("MUG", DENY)
    await work_off()
    assert await counters(order_id) == (2, 0, 0)
    await assert_books_balance()


async def test_units_wait_where_their_channel_sells_from_and_what_it_does_not_see_is_not_promised(
    database: Database,
) -> None:
    shop = await open_shop({"MUG": (5, 4)})
    channel = await ChannelRow.get(code=CHANNEL)
    seen = (SeenLocation(shop.south, 3),)
    await run(set_channel_locations, SetChannelLocations(channel.id, seen))
    await set_policy("MUG", BACKORDER)
    order_id = await place({"MUG": 3})
    assert await counters(order_id) == (1, 2, 0)
    assert await waiting_at(shop) == [0, 2]
    await assert_books_balance()
