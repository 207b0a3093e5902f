"""Orders take what their channel sees, and leave its buffers alone: when placed, and when sourced again."""

import pytest

from domain.catalog.models import PriceRow, VariantRow
from domain.channels.models import ChannelRow
from domain.flows.keep_catalog import CreateChannel, create_channel
from domain.flows.keep_channels import SeenLocation, SetChannelLocations, set_channel_locations
from domain.flows.place_orders import place_all
from domain.flows.placement import PlaceLine, PlaceOrder
from domain.flows.work_fulfillment_order import RejectFulfillmentOrder, reject_fulfillment_order
from domain.kernel.errors import DomainError
from domain.orders.models import HoldRow, RequirementRow
from domain.stock.errors import InsufficientStock
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import dump, level, open_shop, order_for, place, place_of, run, works
from tests.flows.test_availability import available, sees


async def test_an_order_takes_nothing_from_a_location_that_its_channel_does_not_see(database: Database) -> None:
    shop = await open_shop({"MUG": (9, 4, 9)})
    await sees({shop.south: 0})
    [work] = await works(await place({"MUG": 3}))
    assert await place_of(work) == "south"
    before = await dump()
    with pytest.raises(InsufficientStock) as refused:
        await place({"MUG": 2})
    assert (refused.value.requested, refused.value.available) == (2, 1)
    assert await dump() == before
    await assert_books_balance()


async def test_an_order_leaves_its_channels_buffers_alone_at_every_location(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 3, 9)})
    await sees({shop.north: 2, shop.south: 3})
    before = await dump()
    with pytest.raises(InsufficientStock) as refused:
        await place({"MUG": 4})
    assert (refused.value.requested, refused.value.available) == (4, 3)
    assert await dump() == before
    await place({"MUG": 3})
    assert [(await level("MUG", each)).allocated for each in shop.places] == [3, 0, 0]
    [found] = await available("MUG")
    assert found.steps
    assert found.steps[0].available == 0
    await assert_books_balance()


async def test_a_channel_that_sees_no_location_with_stock_sells_nothing(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 5)})
    await sees({shop.west: 0})
    before = await dump()
    with pytest.raises(InsufficientStock) as refused:
        await place({"MUG": 1})
    assert (refused.value.requested, refused.value.available) == (1, 0)
    assert await dump() == before


async def test_orders_of_two_channels_that_arrive_together_each_take_what_their_own_sees(database: Database) -> None:
    shop = await open_shop({"MUG": (4, 4)})
    await run(create_channel, CreateChannel("till", "Till", "EUR", "Acme GmbH", "Europe/Berlin"))
    till, mug = await ChannelRow.get(code="till"), await VariantRow.get(sku="MUG")
    await PriceRow.create(variant_id=mug.id, channel_id=till.id, currency="EUR", amount_minor=900)
    await run(set_channel_locations, SetChannelLocations(till.id, (SeenLocation(shop.south, 1),)))
    at_the_till = PlaceOrder("till", (PlaceLine("MUG", 2),))
    outcomes = await run(place_all, [at_the_till, order_for({"MUG": 5}), at_the_till, order_for({"MUG": 1})])
    assert [isinstance(each, DomainError) for each in outcomes] == [False, False, True, False]
    assert [(await level("MUG", each)).allocated for each in (shop.north, shop.south)] == [4, 4]
    await assert_books_balance()


async def test_work_that_lost_its_location_goes_to_another_that_the_channel_sees_or_is_held(
    database: Database,
) -> None:
    shop = await open_shop({"MUG": (5, 5, 5)})
    await sees({shop.north: 0, shop.west: 3})
    two, three = await place({"MUG": 2}), await place({"MUG": 3})
    for order_id in (two, three):
        [work] = await works(order_id)
        assert await place_of(work) == "north"
        await run(reject_fulfillment_order, RejectFulfillmentOrder(work, "Wet."))
    assert [await place_of(each) for each in await works(two)] == ["north", "west"]
    assert [await place_of(each) for each in await works(three)] == ["north"]
    held = await RequirementRow.get(order_id=three)
    assert (held.unallocated, held.allocated) == (3, 0)
    assert await HoldRow.filter(order_id=three).values_list("kind", "reason") == [
        ("STOCK", "No location has 3 of MUG.")
    ]
    assert (await level("MUG", shop.south)).allocated == 0
    await assert_books_balance()
