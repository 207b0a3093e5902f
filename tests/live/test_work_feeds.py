"""Feeds of the work on orders: what a warehouse, a carrier's desk and a returns desk watch, as they write it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from adapters.bell.rings import FEED as FEED_RING
from domain.customers.models import CustomerRow
from domain.flows.placement import PlaceCustomer
from domain.flows.receive_return import ReceiveReturn, receive_return
from domain.flows.record_scan import RecordScan, record_scan
from domain.flows.request_return import ApproveReturn, RequestReturn, RequestReturnLine, approve_return, request_return
from domain.flows.ship_shipment import ShipShipment, ship_shipment
from domain.kernel import streams
from domain.kernel.actor import ANONYMOUS, SYSTEM, Role, customer, staff, tracking_link
from domain.kernel.bell import Ring
from domain.kernel.ids import global_id, new_id
from domain.kernel.log import feed_head
from domain.kernel.models import LogRow
from domain.kernel.thing_feed import ThingFeedStream
from domain.kernel.visibility import EVERYTHING
from domain.returns.queries import WATCHED_RETURNS
from domain.shipping.lifecycle import TrackingStatus
from domain.shipping.models import ParcelRow, ShipmentRow
from schema.cursors import StreamKind, event_cursor, stream_cursor
from server.database import Database
from server.relay import stamp_all
from tests.api.client import served
from tests.domain.shop import NOON, deliver, open_shop, pack, place, requirement, run, ship, works
from tests.live.orders import new_customer, new_order
from tests.live.subscribing import Live, refused, sent, subscribed
from tests.live.watching import listening, somebody_listens

WIM, SAM = staff("wim", Role.WAREHOUSE), staff("sam", Role.SUPPORT)
RESYNC = "... on FeedResyncRequired { cursor }"
WORK = (
    "subscription ($where: FulfillmentOrderWhere, $after: Cursor) { fulfillmentOrdersChanged(where: $where, after:"
    " $after) { __typename ... on FulfillmentOrderChanged { cursor event { __typename sequence } fulfillmentOrder { id"
    f" status location {{ code }} }} }} {RESYNC} }} }}"
)
SHIPMENTS = (
    "subscription ($where: ShipmentWhere, $after: Cursor) { shipmentsChanged(where: $where, after: $after) { __typename"
    " ... on ShipmentChanged { cursor event { __typename ... on ParcelScanned { status } } shipment { id status } }"
    f" {RESYNC} }} }}"
)
RETURNS = (
    "subscription ($where: ReturnWhere, $after: Cursor) { returnsChanged(where: $where, after: $after) { __typename"
    " ... on ReturnChanged { cursor event { __typename order { status } } return { id status } }"
    f" {RESYNC} }} }}"
)
FEEDS = (WORK, SHIPMENTS, RETURNS)


@pytest.fixture
async def live(database: Database) -> AsyncIterator[Live]:
    async with listening() as opened:
        yield opened


def cursor(position: int) -> str:
    return stream_cursor(StreamKind.FEED, None, position)


async def many(results: Any, count: int) -> list[Any]:
    return [await sent(results) for _ in range(count)]


def said(messages: list[Any]) -> list[str]:
    return [each["event"]["__typename"] for each in messages]


async def cursors_of(*kinds: str) -> list[str]:
    """The cursors in the feed of all orders of the events of these kinds."""
    rows = await LogRow.filter(type__in=kinds).order_by("position")
    return [cursor(each.position) for each in rows if each.position]


async def come_back(order: UUID, units: int = 1) -> UUID:
    """A return of so many mugs."""
    line = RequestReturnLine((await requirement(order, "MUG")).id, units)
    return await run(request_return, RequestReturn(order, (line,), "Too blue."))


async def test_the_work_of_locations_can_be_watched_and_resumed_behind_any_of_its_cursors(live: Live) -> None:
    await open_shop({"MUG": (5,)})
    order = await place({"MUG": 1})
    await ship(order)
    await stamp_all()
    [work] = await works(order)
    async with subscribed(live, WIM, WORK, after=cursor(0)) as results:
        messages = await many(results, 3)
    assert said(messages) == ["FulfillmentOrderOpened", "FulfillmentOrderStarted", "FulfillmentOrderClosed"]
    assert [each["cursor"] for each in messages] == await cursors_of(*said(messages))
    now = {"id": global_id("fulfillment_order", work), "status": "CLOSED", "location": {"code": "north"}}
    assert [each["fulfillmentOrder"] for each in messages] == [now] * 3
    for n, message in enumerate(messages[:2]):
        async with subscribed(live, WIM, WORK, after=message["cursor"]) as results:
            assert await many(results, 2 - n) == messages[n + 1 :]


async def test_each_location_watches_its_own_work(live: Live) -> None:
    shop = await open_shop({"MUG": (1, 2), "TEE": (0, 1)})
    orders = [await place(units) for units in ({"MUG": 1}, {"MUG": 1}, {"TEE": 1})]
    await stamp_all()
    for location, mine in ((shop.north, orders[:1]), (shop.south, orders[1:])):
        where = {"location": {"eq": global_id("location", location)}}
        async with subscribed(live, WIM, WORK, where=where, after=cursor(0)) as results:
            messages = await many(results, len(mine))
            expected = [global_id("fulfillment_order", work) for each in mine for work in await works(each)]
            assert [each["fulfillmentOrder"]["id"] for each in messages] == expected
            later = await place({"MUG": 1}) if location == shop.south else None
            if later:
                await stamp_all()
                live[0].ring([Ring(FEED_RING, await feed_head())])
                [work] = await works(later)
                assert (await sent(results))["fulfillmentOrder"]["id"] == global_id("fulfillment_order", work)


async def test_a_filter_looks_at_the_work_as_it_is_when_its_event_is_read(live: Live) -> None:
    await open_shop({"MUG": (5,)})
    done, open_one = await place({"MUG": 1}), await place({"MUG": 1})
    await ship(done)
    await stamp_all()
    where = {"status": {"oneOf": ["OPEN"]}}
    async with subscribed(live, WIM, WORK, where=where, after=cursor(0)) as results:
        message = await sent(results)
    [work] = await works(open_one)
    assert message["fulfillmentOrder"]["id"] == global_id("fulfillment_order", work)
    assert message["event"]["__typename"] == "FulfillmentOrderOpened"


async def test_shipments_are_watched_with_what_carriers_saw_of_their_parcels(live: Live) -> None:
    await open_shop({"MUG": (5,)})
    order, other = await place({"MUG": 2}), await place({"MUG": 1})
    [work], [other_work] = await works(order), await works(other)
    mine, foreign = await pack(work, {"MUG": 1}, {"MUG": 1}), await pack(other_work)
    await ShipmentRow.filter(id=foreign).update(carrier="ups")
    for each in (mine, foreign):
        await run(ship_shipment, ShipShipment(each))
    for parcel in await ParcelRow.all().order_by("id"):
        await run(record_scan, RecordScan(TrackingStatus.DELIVERED, NOON, parcel_id=parcel.id))
    await stamp_all()
    kinds = ["ShipmentPacked", "ShipmentShipped", "ParcelScanned", "ParcelScanned", "ShipmentDelivered"]
    async with subscribed(live, WIM, SHIPMENTS, where={"carrier": {"eq": "dhl"}}, after=cursor(0)) as results:
        messages = await many(results, 5)
    assert said(messages) == kinds
    assert {each["shipment"]["id"] for each in messages} == {global_id("shipment", mine)}
    assert messages[3]["event"] == {"__typename": "ParcelScanned", "status": "DELIVERED"}
    async with subscribed(live, SAM, SHIPMENTS, after=cursor(0)) as results:
        found = await many(results, 9)
    assert [each for each in found if each["shipment"]["id"] == global_id("shipment", mine)] == messages
    others = [each for each in found if each["shipment"]["id"] == global_id("shipment", foreign)]
    assert said(others) == ["ShipmentPacked", "ShipmentShipped", "ParcelScanned", "ShipmentDelivered"]


async def test_each_location_watches_the_shipments_that_it_packs(live: Live) -> None:
    shop = await open_shop({"MUG": (1, 1)})
    packed = {place_id: await ship(await place({"MUG": 1})) for place_id in (shop.north, shop.south)}
    await stamp_all()
    for place_id, [shipment] in packed.items():
        where = {"location": {"eq": global_id("location", place_id)}}
        async with subscribed(live, WIM, SHIPMENTS, where=where, after=cursor(0)) as results:
            messages = await many(results, 2)
        assert said(messages) == ["ShipmentPacked", "ShipmentShipped"]
        assert {each["shipment"]["id"] for each in messages} == {global_id("shipment", shipment)}


async def test_returns_are_watched_from_the_request_until_they_are_done(live: Live) -> None:
    shop = await open_shop({"MUG": (5,)})
    order = await place({"MUG": 2})
    await deliver(order)
    first, second = await come_back(order), await come_back(order)
    await run(approve_return, ApproveReturn(first))
    await run(receive_return, ReceiveReturn(first, shop.north))
    await stamp_all()
    async with subscribed(live, WIM, RETURNS, after=cursor(0)) as results:
        messages = await many(results, 4)
    assert said(messages) == ["ReturnRequested", "ReturnRequested", "ReturnApproved", "ReturnReceived"]
    assert messages[1] == {
        "__typename": "ReturnChanged",
        "cursor": (await cursors_of("ReturnRequested"))[1],
        "event": {"__typename": "ReturnRequested", "order": {"status": "COMPLETED"}},
        "return": {"id": global_id("return", second), "status": "REQUESTED"},
    }
    where = {"status": {"oneOf": ["RECEIVED"]}}
    async with subscribed(live, SAM, RETURNS, where=where, after=cursor(0)) as results:
        assert said(await many(results, 3)) == ["ReturnRequested", "ReturnApproved", "ReturnReceived"]


async def test_a_buyer_watches_their_own_shipments_and_returns_and_nobodys_work(live: Live) -> None:
    await open_shop({"MUG": (9,)})
    theirs = await place({"MUG": 1}, customer=PlaceCustomer(email="ben@example.com"))
    own = await place({"MUG": 1}, customer=PlaceCustomer(email="ann@example.com"))
    ann = customer((await CustomerRow.get(email="ann@example.com")).id)
    for each in (theirs, own):
        await deliver(each)
        await come_back(each)
    await stamp_all()
    [shipment] = await ShipmentRow.filter(order_id=own)
    async with subscribed(live, ann, SHIPMENTS, after=cursor(0)) as results:
        messages = await many(results, 4)
    assert said(messages) == ["ShipmentPacked", "ShipmentShipped", "ParcelScanned", "ShipmentDelivered"]
    assert {each["shipment"]["id"] for each in messages} == {global_id("shipment", shipment.id)}
    async with subscribed(live, ann, RETURNS, after=cursor(0)) as results:
        assert (await sent(results))["cursor"] == (await cursors_of("ReturnRequested"))[1]
    async with subscribed(live, ann, WORK, after=cursor(0)) as results:
        assert (await refused(results))[0] == "FORBIDDEN"


async def test_work_is_not_for_those_who_may_read_no_orders(live: Live) -> None:
    nobody = (ANONYMOUS, tracking_link(await new_order()), staff("nora"))
    for document in FEEDS:
        codes = []
        for actor in nobody:
            async with subscribed(live, actor, document, after=cursor(0)) as results:
                codes.append((await refused(results))[0])
        assert codes == ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN"]
    assert live[1].listeners == 0


async def test_a_cursor_that_is_none_of_the_feed_is_answered_with_its_present_place(live: Live) -> None:
    await open_shop({"MUG": (5,)})
    order = await place({"MUG": 1})
    await stamp_all()
    head = await feed_head()
    assert head > 0
    for after in ("nonsense", event_cursor(order, 1), stream_cursor(StreamKind.STOCK, None, 1), cursor(head + 1)):
        for document in FEEDS:
            async with subscribed(live, SAM, document, after=after) as results:
                assert await sent(results) == {"__typename": "FeedResyncRequired", "cursor": cursor(head)}


async def test_without_a_cursor_a_feed_of_work_begins_now(live: Live) -> None:
    await open_shop({"MUG": (5,)})
    await place({"MUG": 1})
    await stamp_all()
    async with subscribed(live, WIM, WORK) as results:
        waiting = asyncio.create_task(sent(results))
        await somebody_listens(live[1])
        order = await place({"MUG": 1})
        await stamp_all()
        live[0].ring([Ring(FEED_RING, await feed_head())])
        [work] = await works(order)
        assert (await waiting)["fulfillmentOrder"]["id"] == global_id("fulfillment_order", work)


async def test_nothing_is_lost_between_a_list_of_work_and_its_feed(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    before = await place({"MUG": 1})
    await stamp_all()
    async with served(database) as client:
        after = (await client.as_(WIM).data("{ ordersCursor }"))["ordersCursor"]
        between = await place({"MUG": 1})
        await stamp_all()
        found = await client.as_(WIM).data("{ fulfillmentOrders { nodes { id } } }")
    names = [global_id("fulfillment_order", work) for each in (before, between) for work in await works(each)]
    assert [each["id"] for each in found["fulfillmentOrders"]["nodes"]] == names
    async with listening() as live, subscribed(live, WIM, WORK, after=after) as results:
        assert (await sent(results))["fulfillmentOrder"]["id"] == names[1]


async def test_a_rare_event_is_found_in_steps_however_many_others_stand_before_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LOOKED_THROUGH_AT_ONCE", 2)
    await open_shop({"MUG": (5,)})
    order = await place({"MUG": 1})
    await deliver(order)
    rma = await come_back(order)
    await stamp_all()
    head, stream = await feed_head(), ThingFeedStream(WATCHED_RETURNS, EVERYTHING, EVERYTHING)
    page = await stream.read(0)
    assert page is not None
    assert (list(page.events), page.place, page.is_last) == ([], 2, False)
    page = await stream.read(head - 1)
    assert page is not None
    assert [(each.event.type, each.thing.pk) for each in page.events] == [("ReturnRequested", rma)]
    assert (page.place, page.is_last) == (head, True)
    async with listening() as live, subscribed(live, SYSTEM, RETURNS, after=cursor(0)) as results:
        assert (await sent(results))["cursor"] == cursor(head)


async def test_an_event_whose_thing_is_not_there_is_passed_by(live: Live) -> None:
    await open_shop({"MUG": (5,)})
    order = await place({"MUG": 1}, customer=PlaceCustomer(id=await new_customer()))
    await deliver(order)
    await come_back(order)
    await stamp_all()
    await LogRow.filter(type="ReturnRequested").update(subject_id=new_id())
    page = await ThingFeedStream(WATCHED_RETURNS, EVERYTHING, EVERYTHING).read(0)
    assert page is not None
    assert (list(page.events), page.place, page.is_last) == ([], await feed_head(), True)
