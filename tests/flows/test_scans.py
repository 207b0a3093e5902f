"""Scans: late, twice and out of order, and always the same end."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.flows.pack_shipment import PackParcel, PackShipment, pack_shipment
from domain.flows.record_scan import RecordScan, record_scan
from domain.flows.unpack_shipment import CancelShipment, cancel_shipment
from domain.kernel.database import current_connection, database_now
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import new_id
from domain.shipping.lifecycle import TrackingStatus
from domain.shipping.models import ParcelRow, ScanRow, ShipmentRow
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import (
    CARRIER,
    NOON,
    Dump,
    column,
    dump,
    forget_everything,
    level,
    open_shop,
    order,
    pack,
    place,
    run,
    works,
)

# What differs between two tellings of one story: times, what things are called, and the log, which tells the telling.
TOLD = ("_at", "id", "number", "version", "revision")
STORIES = ("orders", "requirements", "shipments", "parcels", "scans", "fulfillment_orders", "allocations", "payments")

scans = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(TrackingStatus), st.integers(0, 3)), min_size=1, max_size=5
)


def ending(found: Dump, order_id: UUID) -> dict[str, list[str]]:
    """How the order stands, whatever the times and names."""

    def kept(row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if not name.endswith(TOLD)}

    return {
        table: sorted(repr(kept(row)) for row in found[table] if order_id in (row.get("order_id"), row["id"]))
        for table in STORIES
    }


async def tell(order_id: UUID, told: list[tuple[int, TrackingStatus, int]]) -> dict[str, list[str]]:
    parcels = await ParcelRow.filter(order_id=order_id).order_by("position")
    for which, status, hour in told:
        request = RecordScan(status, NOON + timedelta(hours=hour), parcel_id=parcels[which].id)
        assert await run(record_scan, request) == parcels[which].id
    return ending(await dump(), order_id)


async def two_parcels() -> UUID:
    order_id = await place({"MUG": 3})
    [work] = await works(order_id)
    await pack(work, {"MUG": 1}, {"MUG": 2})
    return order_id


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=scans, data=st.data())
async def test_scans_end_in_the_same_state_whatever_their_order_and_number_of_copies(
    sqlite_database: Database, told: list[tuple[int, TrackingStatus, int]], data: st.DataObject
) -> None:
    await forget_everything()
    await open_shop({"MUG": (6,)})
    otherwise = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=2))))
    first = await tell(await two_parcels(), told)
    second = await tell(await two_parcels(), otherwise)
    assert first == second
    await assert_books_balance()


async def test_scans_end_in_the_same_state_in_another_order_on_both_databases(database: Database) -> None:
    await open_shop({"MUG": (6,)})
    told = [
        (0, TrackingStatus.IN_TRANSIT, 0),
        (1, TrackingStatus.LOST, 1),
        (0, TrackingStatus.DELIVERED, 2),
        (0, TrackingStatus.OUT_FOR_DELIVERY, 2),
        (1, TrackingStatus.DELIVERED, 3),
    ]
    assert await tell(await two_parcels(), told) == await tell(await two_parcels(), told[::-1])
    await assert_books_balance()


async def test_the_first_scan_on_the_way_hands_the_shipment_over_and_the_last_delivery_completes_the_order(
    database: Database,
) -> None:
    shop = await open_shop({"MUG": (3,)})
    order_id = await two_parcels()
    await tell(order_id, [(0, TrackingStatus.PRE_TRANSIT, 0)])
    assert (await ShipmentRow.get(order_id=order_id)).status == "PACKED"
    await tell(order_id, [(0, TrackingStatus.IN_TRANSIT, 1)])
    assert (await ShipmentRow.get(order_id=order_id)).status == "SHIPPED"
    assert (await level("MUG", shop.north)).on_hand == 0
    await tell(order_id, [(0, TrackingStatus.DELIVERED, 2)])
    assert (await order(order_id)).fulfillment_status == "PARTIALLY_DELIVERED"
    await tell(order_id, [(1, TrackingStatus.DELIVERED, 3)])
    delivered = await order(order_id)
    assert (delivered.status, delivered.fulfillment_status) == ("COMPLETED", "DELIVERED")
    await assert_books_balance()


async def test_a_late_scan_is_kept_and_rewinds_nothing(database: Database) -> None:
    await open_shop({"MUG": (3,)})
    order_id = await two_parcels()
    await tell(order_id, [(0, TrackingStatus.DELIVERED, 3), (1, TrackingStatus.DELIVERED, 3)])
    revision = (await order(order_id)).revision
    await tell(order_id, [(0, TrackingStatus.IN_TRANSIT, 1)])
    parcel = await ParcelRow.get(order_id=order_id, position=1)
    assert (parcel.tracking_status, parcel.outcome) == ("DELIVERED", "DELIVERED")
    found = await order(order_id)
    assert (found.status, found.revision) == ("COMPLETED", revision)


async def test_a_lost_parcel_that_is_found_is_delivered_after_all(database: Database) -> None:
    await open_shop({"MUG": (3,)})
    order_id = await two_parcels()
    await tell(order_id, [(0, TrackingStatus.LOST, 1), (1, TrackingStatus.LOST, 1)])
    assert (await order(order_id)).status == "COMPLETED"
    await tell(order_id, [(0, TrackingStatus.DELIVERED, 2), (1, TrackingStatus.DELIVERED, 2)])
    found = await order(order_id)
    assert (found.status, found.fulfillment_status) == ("COMPLETED", "DELIVERED")
    assert (await ShipmentRow.get(order_id=order_id)).status == "DELIVERED"
    await assert_books_balance()


async def test_a_scan_told_twice_is_kept_once(database: Database) -> None:
    await open_shop({"MUG": (3,)})
    order_id = await two_parcels()
    await tell(order_id, [(0, TrackingStatus.IN_TRANSIT, 1)])
    before = await dump()
    await tell(order_id, [(0, TrackingStatus.IN_TRANSIT, 1)])
    assert await dump() == before


async def test_a_scan_of_an_unknown_parcel_or_of_the_future_is_refused(database: Database) -> None:
    await open_shop({"MUG": (3,)})
    [work] = await works(await place({"MUG": 1}))
    await run(pack_shipment, PackShipment(work, CARRIER, (PackParcel("JD01"),)))
    soon = await database_now(current_connection()) + timedelta(hours=2)
    before = await dump()
    for request, kind in (
        (RecordScan(TrackingStatus.DELIVERED, NOON, parcel_id=new_id()), NotFound),
        (RecordScan(TrackingStatus.DELIVERED, NOON, carrier="ups", tracking_number="JD01"), NotFound),
        (RecordScan(TrackingStatus.DELIVERED, NOON, carrier=CARRIER), InvalidInput),
        (RecordScan(TrackingStatus.DELIVERED, soon, carrier=CARRIER, tracking_number="JD01"), InvalidInput),
    ):
        with pytest.raises(kind):
            await run(record_scan, request)
    assert await dump() == before


async def test_long_names_of_scans_are_told_apart_to_their_last_character(database: Database) -> None:
    await open_shop({"MUG": (3,)})
    [work] = await works(await place({"MUG": 1}))
    parcel = await ParcelRow.get(shipment_id=await pack(work))
    for status, last in ((TrackingStatus.IN_TRANSIT, "1"), (TrackingStatus.DELIVERED, "2"), (TrackingStatus.LOST, "2")):
        request = RecordScan(status, NOON, parcel_id=parcel.id, carrier_reference="x" * 120 + last)
        await run(record_scan, request)
    kept = ScanRow.filter(parcel_id=parcel.id).order_by("id")
    assert await column(kept, "status") == ["IN_TRANSIT", "DELIVERED"]
    assert (await ParcelRow.get(id=parcel.id)).outcome == "DELIVERED"


async def test_a_label_that_was_used_again_names_the_parcel_that_bears_it_now(database: Database) -> None:
    await open_shop({"MUG": (3,)})
    order_id = await place({"MUG": 3})
    [work] = await works(order_id)
    request = PackShipment(work, CARRIER, (PackParcel("JD01"),))
    canceled = await run(pack_shipment, request)
    await run(cancel_shipment, CancelShipment(canceled))
    live = await ParcelRow.get(shipment_id=await run(pack_shipment, request))
    scan = RecordScan(TrackingStatus.DELIVERED, NOON, carrier=CARRIER, tracking_number="JD01")
    assert await run(record_scan, scan) == live.id
    outcomes = await column(ParcelRow.filter(order_id=order_id).order_by("id"), "outcome")
    assert outcomes == ["OPEN", "DELIVERED"]
    assert await column(ShipmentRow.filter(order_id=order_id).order_by("id"), "status") == ["CANCELED", "DELIVERED"]
    assert (await order(order_id)).status == "COMPLETED"
    await assert_books_balance()
