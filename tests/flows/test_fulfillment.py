"""The work of locations: packed, shipped, unpacked, rejected and sourced again."""

import pytest

from domain.flows.adjust_stock import (
    AdjustStock,
    CountStock,
    StockReceipt,
    adjust_stock,
    count_stock,
    open_stock,
)
from domain.flows.hold_order import ReleaseHold, release_hold
from domain.flows.pack_shipment import PackLine, PackParcel, PackShipment, pack_shipment
from domain.flows.place_orders import place_all
from domain.flows.record_scan import RecordScan, record_scan
from domain.flows.ship_shipment import ShipShipment, ship_shipment
from domain.flows.unpack_shipment import CancelShipment, cancel_shipment
from domain.flows.work_fulfillment_order import RejectFulfillmentOrder, reject_fulfillment_order
from domain.fulfillment.errors import NotPackable
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.errors import IllegalTransition, InvalidInput
from domain.orders.models import HoldRow
from domain.shipping.errors import TrackingNumberTaken
from domain.shipping.lifecycle import TrackingStatus
from domain.shipping.models import ParcelLineRow, ParcelRow, ShipmentRow
from domain.stock.errors import InsufficientStock, StaleStock
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import (
    CARRIER,
    NOON,
    column,
    dump,
    level,
    open_shop,
    order,
    order_for,
    pack,
    place,
    place_of,
    receive_stock,
    requirement,
    run,
    ship,
    works,
)


async def reject(work_id: object) -> None:
    await run(reject_fulfillment_order, RejectFulfillmentOrder(work_id, "Not on the shelf."))  # type: ignore[arg-type]


async def test_units_leave_the_books_of_the_location_when_they_are_handed_over(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 3})
    await ship(order_id)
    shelf = await level("MUG", shop.north)
    assert (shelf.on_hand, shelf.allocated) == (2, 0)
    assert (await order(order_id)).fulfillment_status == "SHIPPED"
    await assert_books_balance()


async def test_an_order_goes_out_in_several_shipments_and_its_work_closes_with_the_last_unit(
    database: Database,
) -> None:
    await open_shop({"MUG": (5,), "TEE": (5,)})
    order_id = await place({"MUG": 3, "TEE": 1})
    [work] = await works(order_id)
    await pack(work, {"MUG": 1}, {"MUG": 1, "TEE": 1})
    assert (await FulfillmentOrderRow.get(id=work)).status == "IN_PROGRESS"
    before = await dump()
    with pytest.raises(NotPackable) as refused:
        await pack(work, {"MUG": 2})
    assert (refused.value.sku, refused.value.requested, refused.value.left) == ("MUG", 2, 1)
    assert refused.value.path == ("parcels", "0", "lines", "0", "quantity")
    assert await dump() == before
    last = await pack(work)
    assert (await FulfillmentOrderRow.get(id=work)).status == "CLOSED"
    assert await ParcelLineRow.filter(shipment_id=last).values_list("sku", "quantity") == [("MUG", 1)]
    await assert_books_balance()


async def test_a_tracking_number_names_one_parcel_of_a_carrier(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    [work] = await works(await place({"MUG": 3}))
    one = (PackLine("MUG", 1),)
    await run(pack_shipment, PackShipment(work, CARRIER, (PackParcel("JD01", lines=one),)))
    before = await dump()
    for parcels in ((PackParcel("JD01", lines=one),), (PackParcel("JD02", lines=one), PackParcel("JD02", lines=one))):
        with pytest.raises(TrackingNumberTaken):
            await run(pack_shipment, PackShipment(work, CARRIER, parcels))
    with pytest.raises(InvalidInput):
        await run(pack_shipment, PackShipment(work, CARRIER, (PackParcel("JD03"), PackParcel("JD04"))))
    assert await dump() == before


async def test_an_unpacked_shipment_gives_its_units_back_to_be_packed_again(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 3})
    [work] = await works(order_id)
    shipment = await pack(work)
    await run(cancel_shipment, CancelShipment(shipment))
    assert (await FulfillmentOrderRow.get(id=work)).status == "OPEN"
    before = await dump()
    for act in (run(cancel_shipment, CancelShipment(shipment)), run(ship_shipment, ShipShipment(shipment))):
        with pytest.raises(IllegalTransition):
            await act
    assert await dump() == before
    await ship(order_id)
    await assert_books_balance()


async def test_rejected_work_goes_to_the_next_location_and_never_back(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 5, 5)})
    order_id = await place({"MUG": 2})
    for done, expected in enumerate(["north", "south", "west"]):
        work = (await works(order_id))[done]
        assert await place_of(work) == expected
        await reject(work)
        await assert_books_balance()
    assert (await requirement(order_id, "MUG")).unallocated == 2
    [hold] = await HoldRow.filter(order_id=order_id)
    assert (hold.kind, hold.reason, hold.released_at) == ("STOCK", "No location has 2 of MUG.", None)
    assert [(await level("MUG", each)).allocated for each in shop.places] == [0, 0, 0]
    assert len(await works(order_id)) == 3


async def test_what_the_next_location_lacks_is_held_for_and_never_silently_dropped(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 2)})
    order_id = await place({"MUG": 3})
    await reject((await works(order_id))[0])
    it = await requirement(order_id, "MUG")
    assert (it.allocated, it.unallocated) == (2, 1)
    assert (await level("MUG", shop.south)).allocated == 2
    assert (await HoldRow.get(order_id=order_id)).reason == "No location has 1 of MUG."
    await assert_books_balance()


async def test_rejecting_added_work_leaves_the_earlier_work_of_the_location_as_it_is(database: Database) -> None:
    """A location may have two works for one requirement: its own part, and what another location rejected."""
    shop = await open_shop({"MUG": (3, 5, 5)})
    await run(adjust_stock, AdjustStock("MUG", shop.west, -3))
    order_id = await place({"MUG": 6})
    first, own = await works(order_id)
    assert [await place_of(each) for each in (first, own)] == ["north", "south"]
    await pack(own, {"MUG": 1})
    await reject(first)
    added = (await works(order_id))[2:]
    assert [await place_of(each) for each in added] == ["south", "west"]
    await reject(added[0])
    it = await requirement(order_id, "MUG")
    assert (it.packed, it.allocated, it.unallocated) == (1, 4, 1)
    assert (await level("MUG", shop.south)).allocated == 3
    assert (await FulfillmentOrderRow.get(id=own)).units_to_pack == 2
    await assert_books_balance()


async def test_work_with_packed_units_is_not_rejected(database: Database) -> None:
    await open_shop({"MUG": (5, 5)})
    [work] = await works(await place({"MUG": 3}))
    await pack(work, {"MUG": 1})
    before = await dump()
    with pytest.raises(IllegalTransition) as refused:
        await reject(work)
    assert refused.value.reason_code == "UNITS_PACKED"
    assert await dump() == before


async def test_after_part_was_shipped_the_rest_can_be_rejected(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 5)})
    order_id = await place({"MUG": 3})
    [work] = await works(order_id)
    await run(ship_shipment, ShipShipment(await pack(work, {"MUG": 1})))
    await reject(work)
    assert await place_of((await works(order_id))[1]) == "south"
    assert (await level("MUG", shop.south)).allocated == 2
    await assert_books_balance()


async def test_facts_from_the_floor_may_take_more_than_is_free_and_then_nothing_is_promised(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await place({"MUG": 4})
    await run(adjust_stock, AdjustStock("MUG", shop.north, -3, note="Broken shelf."))
    [refused] = await run(place_all, [order_for({"MUG": 1})])
    assert isinstance(refused, InsufficientStock)
    assert refused.available == 0
    await assert_books_balance(is_oversold=True)


async def test_on_hand_goes_below_zero_nowhere_but_where_it_may(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    before = await dump()
    for place_id, units in ((shop.north, -6), (shop.south, -1)):
        with pytest.raises(InsufficientStock):
            await run(adjust_stock, AdjustStock("MUG", place_id, units))
    assert await dump() == before


async def test_a_count_made_upon_a_stale_view_is_refused(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    before = await dump()
    with pytest.raises(StaleStock) as refused:
        await run(count_stock, CountStock("MUG", shop.north, 7, expected_on_hand=4))
    assert (refused.value.expected, refused.value.actual) == (4, 5)
    assert await dump() == before
    await run(count_stock, CountStock("MUG", shop.north, 7, expected_on_hand=5))
    assert (await level("MUG", shop.north)).on_hand == 7
    await assert_books_balance()


async def test_work_that_was_reopened_is_rejected_only_when_none_of_its_units_is_packed_any_more(
    database: Database,
) -> None:
    shop = await open_shop({"MUG": (10, 4)})
    order_id = await place({"MUG": 10})
    [work] = await works(order_id)
    first, second = await pack(work, {"MUG": 5}), await pack(work, {"MUG": 5})
    assert (await FulfillmentOrderRow.get(id=work)).status == "CLOSED"
    await run(cancel_shipment, CancelShipment(first))
    reopened = await FulfillmentOrderRow.get(id=work)
    assert (reopened.status, reopened.units_packed, reopened.units_to_pack) == ("OPEN", 5, 5)
    before = await dump()
    with pytest.raises(IllegalTransition) as refused:
        await reject(work)
    assert refused.value.reason_code == "UNITS_PACKED"
    assert await dump() == before
    await run(cancel_shipment, CancelShipment(second))
    await reject(work)
    it = await requirement(order_id, "MUG")
    assert (it.packed, it.allocated, it.unallocated) == (0, 4, 6)
    assert [(await level("MUG", each)).allocated for each in shop.places[:2]] == [0, 4]
    assert await place_of((await works(order_id))[1]) == "south"
    assert (await HoldRow.get(order_id=order_id)).reason == "No location has 6 of MUG."
    await assert_books_balance()


async def test_the_tracking_number_of_a_canceled_shipment_may_be_used_again(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 3})
    [work] = await works(order_id)
    request = PackShipment(work, CARRIER, (PackParcel("JD01"),))
    canceled = await run(pack_shipment, request)
    await run(cancel_shipment, CancelShipment(canceled))
    packed = await run(pack_shipment, request)
    labels = await ParcelRow.filter(order_id=order_id).order_by("id").values_list("shipment_id", "tracking_number")
    assert labels == [(canceled, None), (packed, "JD01")]
    await assert_books_balance()


async def test_what_the_books_do_not_have_is_not_shipped_by_hand_but_a_carriers_scan_of_it_is_a_fact(
    database: Database,
) -> None:
    shop = await open_shop({"MUG": (5,)})
    [work] = await works(await place({"MUG": 3}))
    shipment = await pack(work)
    await run(adjust_stock, AdjustStock("MUG", shop.north, -3, note="Broken shelf."))
    before = await dump()
    with pytest.raises(InsufficientStock) as refused:
        await run(ship_shipment, ShipShipment(shipment))
    assert (refused.value.sku, refused.value.requested, refused.value.available) == ("MUG", 3, 2)
    assert await dump() == before
    parcel = await ParcelRow.get(shipment_id=shipment)
    await run(record_scan, RecordScan(TrackingStatus.IN_TRANSIT, NOON, parcel_id=parcel.id))
    assert (await ShipmentRow.get(id=shipment)).status == "SHIPPED"
    shelf = await level("MUG", shop.north)
    assert (shelf.on_hand, shelf.allocated) == (-1, 0)
    await assert_books_balance(is_oversold=True)


async def test_released_for_stock_an_order_asks_every_location_again_and_waits_anew_when_none_has_any(
    database: Database,
) -> None:
    shop = await open_shop({"MUG": (2,)})
    order_id = await place({"MUG": 2})
    await reject((await works(order_id))[0])
    await run(adjust_stock, AdjustStock("MUG", shop.north, -2))
    first = await HoldRow.get(order_id=order_id)
    await run(release_hold, ReleaseHold(first.id))
    second = await HoldRow.get(order_id=order_id, released_at__isnull=True)
    assert second.id != first.id
    assert (second.kind, second.reason) == ("STOCK", "No location has 2 of MUG.")
    assert (await requirement(order_id, "MUG")).unallocated == 2
    await receive_stock("MUG", shop.north, 2)
    await run(release_hold, ReleaseHold(second.id))
    it = await requirement(order_id, "MUG")
    assert (it.allocated, it.unallocated) == (2, 0)
    rejected, work = await works(order_id)
    assert [await place_of(each) for each in (rejected, work)] == ["north", "north"]
    assert await column(FulfillmentOrderRow.filter(order_id=order_id).order_by("id"), "status") == ["REJECTED", "OPEN"]
    assert await HoldRow.filter(order_id=order_id, released_at__isnull=True).count() == 0
    await assert_books_balance()


async def test_a_location_has_at_most_a_thousand_million_units_of_a_sku(database: Database) -> None:
    shop = await open_shop({"MUG": (1_000_000,)})
    million = AdjustStock("MUG", shop.north, 1_000_000, is_receipt=True)
    await run(open_stock, StockReceipt([million] * 998))
    await receive_stock("MUG", shop.north, 1_000_000)
    assert (await level("MUG", shop.north)).on_hand == 1_000_000_000
    before = await dump()
    with pytest.raises(InvalidInput) as refused:
        await receive_stock("MUG", shop.north, 1)
    assert refused.value.path == ("quantity",)
    assert await dump() == before
