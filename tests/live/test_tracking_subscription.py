"""The subscription behind a tracking link."""

from collections.abc import AsyncIterator

import pytest

from domain.kernel.actor import ANONYMOUS, Role, customer, staff, tracking_link
from domain.kernel.ids import new_id
from domain.shipping.events import ParcelScanned
from schema.cursors import StreamKind, event_cursor, stream_cursor
from server.database import Database
from tests.live.orders import NOON, happen, held, new_customer, new_order, placed
from tests.live.subscribing import Live, refused, sent, subscribed
from tests.live.watching import listening

SAM = staff("sam", Role.SUPPORT)
TRACKING = """subscription ($after: Cursor) { trackingEvents(after: $after) {
  __typename
  ... on TrackingEventMessage { cursor event { sequence kind scannedStatus scannedAt tracking { __typename } } }
  ... on TrackingResyncRequired { cursor tracking { __typename } }
} }"""


@pytest.fixture
async def live(database: Database) -> AsyncIterator[Live]:
    async with listening() as opened:
        yield opened


async def test_a_tracking_link_follows_the_journey_of_its_order(live: Live) -> None:
    order = await new_order()
    await happen(*placed(order), held(order), ParcelScanned(order, new_id(), "OUT_FOR_DELIVERY", NOON.isoformat()))
    link = tracking_link(order)
    beginning = stream_cursor(StreamKind.TRACKING, order, 0)
    async with subscribed(live, link, TRACKING, after=beginning) as results:
        assert [await sent(results) for _ in range(2)] == [
            {
                "__typename": "TrackingEventMessage",
                "cursor": stream_cursor(StreamKind.TRACKING, order, 1),
                "event": {
                    "sequence": 1,
                    "kind": "ORDER_PLACED",
                    "scannedStatus": None,
                    "scannedAt": None,
                    "tracking": {"__typename": "Tracking"},
                },
            },
            {
                "__typename": "TrackingEventMessage",
                "cursor": stream_cursor(StreamKind.TRACKING, order, 3),
                "event": {
                    "sequence": 3,
                    "kind": "PARCEL_SCANNED",
                    "scannedStatus": "OUT_FOR_DELIVERY",
                    "scannedAt": "2026-11-22T12:00:00.000Z",
                    "tracking": {"__typename": "Tracking"},
                },
            },
        ]
    async with subscribed(live, link, TRACKING, after=event_cursor(order, 1)) as results:
        assert await sent(results) == {
            "__typename": "TrackingResyncRequired",
            "cursor": stream_cursor(StreamKind.TRACKING, order, 3),
            "tracking": {"__typename": "Tracking"},
        }


async def test_tracking_is_for_bearers_of_a_link_alone(live: Live) -> None:
    for actor in (ANONYMOUS, SAM, customer(await new_customer())):
        async with subscribed(live, actor, TRACKING) as results:
            assert (await refused(results))[0] == "UNAUTHENTICATED"
