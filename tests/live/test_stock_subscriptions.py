"""Subscriptions to stock, as clients write them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

import domain.flows.bulk_stock
from adapters.bell.rings import STOCK_FEED as STOCK_FEED_RING
from domain.bulk.lifecycle import BulkMode
from domain.catalog.models import ComponentRow, Composition, VariantRow
from domain.channels.models import ChannelLocationRow, ChannelRow
from domain.flows.bulk_stock import StartBulk, StepOfBulk, start_bulk, step_of_bulk
from domain.flows.keep_upload import KeepUpload, keep_upload
from domain.kernel.actor import ANONYMOUS, Role, customer, staff, tracking_link
from domain.kernel.bell import Ring
from domain.kernel.ids import global_id, new_id
from domain.kernel.log import STOCK_FEED, feed_head
from domain.locations.models import LocationRow
from schema.cursors import StreamKind, stream_cursor
from server.database import Database
from server.relay import stamp_all
from tests.api.client import served
from tests.domain.shop import CHANNEL, Shop, level, open_shop, place, run
from tests.live.orders import new_order
from tests.live.stock import come, low_at
from tests.live.subscribing import Live, refused, sent, subscribed
from tests.live.watching import listening

WIM = staff("wim", Role.WAREHOUSE)
ARGUMENTS = "($where: StockLevelWhere, $after: Cursor)"
SHOWN = """{
  __typename
  ... on StockEventMessage { cursor event {
    __typename id occurredAt actorKind level { sku available location { code } }
    ... on StockLevelChanged { availableBefore available }
    ... on StockRanLow { available }
    ... on ShortageOpened { units shortageId }
  } }
  ... on FeedResyncRequired { cursor }
}"""
CHANGED = f"subscription {ARGUMENTS} {{ stockChanged(where: $where, after: $after) {SHOWN} }}"
ALERTS = f"subscription {ARGUMENTS} {{ stockAlerts(where: $where, after: $after) {SHOWN} }}"
AVAILABLE = """subscription ($channel: String!, $skus: [String!], $after: Cursor) {
  availabilityChanged(channel: $channel, skus: $skus, after: $after) {
    __typename
    ... on AvailabilityChanged { cursor availability { sku available } }
    ... on FeedResyncRequired { cursor }
} }"""


@pytest.fixture
async def live(database: Database) -> AsyncIterator[Live]:
    async with listening() as opened:
        yield opened


def cursor(position: int) -> str:
    return stream_cursor(StreamKind.STOCK, None, position)


async def many(results: Any, count: int) -> list[Any]:
    return [await sent(results) for _ in range(count)]


def kinds(messages: list[Any]) -> list[str]:
    return [each["event"]["__typename"] for each in messages]


async def test_stock_can_be_watched_and_resumed_behind_any_of_its_cursors(live: Live) -> None:
    shop = await open_shop({"MUG": (2,)})
    await come(shop, -1)
    await stamp_all()
    async with subscribed(live, WIM, CHANGED, after=cursor(0)) as results:
        messages = await many(results, 3)
    assert kinds(messages) == ["StockLevelChanged", "StockCameBack", "StockLevelChanged"]
    assert [each["cursor"] for each in messages] == [cursor(n) for n in (1, 2, 3)]
    last = messages[2]["event"]
    assert (last["availableBefore"], last["available"], last["actorKind"]) == (2, 1, "STAFF")
    assert last["level"] == {"sku": "MUG", "available": 1, "location": {"code": "north"}}
    assert last["id"].startswith("stock_event_")
    for n, message in enumerate(messages[:2]):
        async with subscribed(live, WIM, CHANGED, after=message["cursor"]) as results:
            assert await many(results, 2 - n) == messages[n + 1 :]


async def test_the_feed_of_stock_is_limited_to_levels_by_sku_variant_and_location(live: Live) -> None:
    shop = await open_shop({"MUG": (1, 2), "TEE": (3,)})
    await stamp_all()
    tee = await VariantRow.get(sku="TEE")
    for where, expected in (
        ({"sku": {"eq": "TEE"}}, (("TEE", "north"),)),
        ({"variant": {"eq": global_id("variant", tee.id)}}, (("TEE", "north"),)),
        ({"location": {"eq": global_id("location", shop.south)}}, (("MUG", "south"),)),
        ({"sku": {"startsWith": "M"}}, (("MUG", "north"), ("MUG", "south"))),
    ):
        async with subscribed(live, WIM, CHANGED, where=where, after=cursor(0)) as results:
            messages = await many(results, 2 * len(expected))
        levels = {(each["event"]["level"]["sku"], each["event"]["level"]["location"]["code"]) for each in messages}
        assert levels == set(expected)


async def test_alerts_are_the_crossings_alone_and_have_the_cursors_of_the_feed(live: Live) -> None:
    shop = await open_shop({"MUG": (5,)})
    await low_at(shop, 2)
    for delta in (-1, -2, -1, -1, 3):
        await come(shop, delta)
    await stamp_all()
    async with subscribed(live, WIM, ALERTS, after=cursor(2)) as results:
        messages = await many(results, 3)
    assert kinds(messages) == ["StockRanLow", "StockRanOut", "StockCameBack"]
    assert messages[0]["event"]["available"] == 2
    async with subscribed(live, WIM, CHANGED, after=messages[0]["cursor"]) as results:
        assert kinds(await many(results, 2)) == ["StockLevelChanged", "StockLevelChanged"]


async def test_a_shortage_is_told_of_when_it_opens_and_when_it_is_over(live: Live) -> None:
    shop = await open_shop({"MUG": (2,)})
    await place({"MUG": 2})
    await stamp_all()
    before = await feed_head(STOCK_FEED)
    await come(shop, -1)
    await come(shop, 1)
    await stamp_all()
    async with subscribed(live, WIM, ALERTS, after=cursor(before)) as results:
        opened, resolved = await many(results, 2)
    assert (opened["event"]["__typename"], opened["event"]["units"]) == ("ShortageOpened", 1)
    assert opened["event"]["shortageId"].startswith("shortage_")
    assert resolved["event"]["__typename"] == "ShortageResolved"


async def test_a_cursor_that_is_none_of_the_feed_of_stock_is_answered_with_its_present_place(live: Live) -> None:
    await open_shop({"MUG": (5,)})
    await stamp_all()
    others = ("nonsense", "", stream_cursor(StreamKind.FEED, None, 1), stream_cursor(StreamKind.ORDER, new_id(), 1))
    for after in (*others, cursor(3)):
        for document, more in ((CHANGED, {}), (ALERTS, {}), (AVAILABLE, {"channel": CHANNEL})):
            async with subscribed(live, WIM, document, after=after, **more) as results:
                assert await sent(results) == {"__typename": "FeedResyncRequired", "cursor": cursor(2)}


async def test_stock_is_not_for_customers_nor_for_anybody_who_may_not_read_it(live: Live) -> None:
    await open_shop({"MUG": (5,)})
    nobody = (ANONYMOUS, tracking_link(await new_order()), staff("sam"), customer(new_id()))
    for document, more in ((CHANGED, {}), (ALERTS, {}), (AVAILABLE, {"channel": CHANNEL})):
        codes = []
        for actor in nobody:
            async with subscribed(live, actor, document, after=cursor(0), **more) as results:
                codes.append((await refused(results))[0])
        assert codes == ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"]
    assert live[1].listeners == 0


async def test_a_list_of_stock_and_its_feed_join_at_the_cursor(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    await stamp_all()
    async with served(database) as client:
        assert await client.as_(WIM).data("{ stockCursor }") == {"stockCursor": cursor(2)}
        assert await client.as_(customer(new_id())).codes("{ stockCursor }") == ["FORBIDDEN"]


async def a_channel_sees(shop: Shop, *, north: int, south: int) -> None:
    """It sells the stock of two locations, and leaves so many units of each SKU alone there."""
    channel = await ChannelRow.get(code=CHANNEL)
    for location, units in ((shop.north, north), (shop.south, south)):
        await ChannelLocationRow.create(channel_id=channel.id, location_id=location, buffer_units=units)


async def test_a_channel_is_told_what_it_may_promise_of_what_changed_at_the_locations_that_it_sees(live: Live) -> None:
    shop = await open_shop({"MUG": (5, 5, 5), "TEE": (1,)})
    await a_channel_sees(shop, north=2, south=1)
    await stamp_all()
    after = cursor(await feed_head(STOCK_FEED))
    async with subscribed(live, WIM, AVAILABLE, channel=CHANNEL, after=after) as results:
        await come(shop, 50, place=2, bell=live[0])  # it does not see it
        await come(shop, -3, place=1, bell=live[0])
        await come(shop, 1, sku="TEE", bell=live[0])
        await stamp_all()
        told = await sent(results)
    head = cursor(await feed_head(STOCK_FEED))
    expected = [{"sku": "MUG", "available": 4}, {"sku": "TEE", "available": 0}]
    assert told == {"__typename": "AvailabilityChanged", "cursor": head, "availability": expected}
    async with subscribed(live, WIM, AVAILABLE, channel=CHANNEL, skus=["TEE"], after=after) as results:
        assert (await sent(results))["availability"] == expected[1:]


async def test_a_channel_that_names_no_location_sees_all_that_take_work(live: Live) -> None:
    shop = await open_shop({"MUG": (5, 5, 5)})
    await LocationRow.filter(id=shop.west).update(is_active=False)
    await stamp_all()
    async with subscribed(live, WIM, AVAILABLE, channel=CHANNEL, after=cursor(0)) as results:
        assert (await sent(results))["availability"] == [{"sku": "MUG", "available": 10}]


async def test_a_bundle_is_told_of_when_a_part_of_it_changes(live: Live) -> None:
    shop = await open_shop({"MUG": (5,), "TEE": (9,)})
    cap = await VariantRow.get(sku="CAP")
    await VariantRow.filter(id=cap.id).update(composition=Composition.BUNDLE)
    for n, (sku, units) in enumerate({"MUG": 2, "TEE": 1}.items(), 1):
        part = await VariantRow.get(sku=sku)
        await ComponentRow.create(whole_id=cap.id, part_id=part.id, position=n, units=units)
    await stamp_all()
    after = cursor(await feed_head(STOCK_FEED))
    await come(shop, 2)
    await stamp_all()
    async with subscribed(live, WIM, AVAILABLE, channel=CHANNEL, after=after) as results:
        expected = [{"sku": "CAP", "available": 3}, {"sku": "MUG", "available": 7}]
        assert (await sent(results))["availability"] == expected


async def test_what_no_channel_feels_is_not_told_of(live: Live) -> None:
    shop = await open_shop({"MUG": (2,), "TEE": (2,)})
    await place({"MUG": 2})
    await stamp_all()
    after = cursor(await feed_head(STOCK_FEED))
    await come(shop, -1)  # one that was promised is gone: as before, none can be promised
    await come(shop, 1, sku="TEE")
    await stamp_all()
    assert (await level("MUG", shop.north)).on_hand == 1
    async with subscribed(live, WIM, AVAILABLE, channel=CHANNEL, after=after) as results:
        assert (await sent(results))["availability"] == [{"sku": "TEE", "available": 3}]


async def test_a_channel_that_is_not_there_and_too_many_skus_are_refused(live: Live) -> None:
    await open_shop({"MUG": (2,)})
    asked = ({"channel": "nowhere"}, {"channel": CHANNEL, "skus": [f"SKU-{n}" for n in range(101)]})
    codes = []
    for variables in asked:
        async with subscribed(live, WIM, AVAILABLE, **variables) as results:
            codes.append((await refused(results))[0])
    assert codes == ["NOT_FOUND", "INVALID_INPUT"]


RUN = """subscription ($run: ID!, $after: Cursor) { bulkRunChanged(bulkRun: $run, after: $after) { __typename
  ... on StockEventMessage { cursor event { ... on BulkRunProgressed { done rows bulkRun { status applied } } } }
} }"""


async def test_a_bulk_run_tells_how_far_it_is_from_its_first_step_on(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_shop()
    monkeypatch.setattr(domain.flows.bulk_stock, "ROWS_A_STEP", 2)
    content = b"sku,location,delta\n" + b"MUG,north,1\n" * 5
    upload = await run(keep_upload, KeepUpload("a.csv", "text/csv", content))
    mine, other = [await run(start_bulk, StartBulk(upload, BulkMode.ADJUST)) for _ in range(2)]
    for each in (mine, other, mine):
        await run(step_of_bulk, StepOfBulk(each))
    await stamp_all()
    name = global_id("bulk_run", mine)
    async with subscribed(live, WIM, RUN, run=name) as results:
        first, second = await many(results, 2)
        assert [each["event"]["done"] for each in (first, second)] == [2, 4]
        assert second["event"] == {"done": 4, "rows": 5, "bulkRun": {"status": "RUNNING", "applied": 4}}
        await run(step_of_bulk, StepOfBulk(mine))
        await stamp_all()
        live[0].ring([Ring(STOCK_FEED_RING, await feed_head(STOCK_FEED))])
        assert (await sent(results))["event"] == {
            "done": 5,
            "rows": 5,
            "bulkRun": {"status": "COMPLETED", "applied": 5},
        }
    async with subscribed(live, WIM, RUN, run=name, after=first["cursor"]) as results:
        assert [each["event"]["done"] for each in await many(results, 2)] == [4, 5]
    for actor, named, code in (
        (customer(new_id()), name, "FORBIDDEN"),
        (WIM, global_id("bulk_run", new_id()), "NOT_FOUND"),
        (WIM, "nonsense", "MALFORMED_ID"),
    ):
        async with subscribed(live, actor, RUN, run=named) as results:
            assert (await refused(results))[0] == code
