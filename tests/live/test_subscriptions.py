"""Subscriptions to orders, as clients write them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.kernel.actor import ANONYMOUS, SYSTEM, Role, customer, staff, tracking_link
from domain.kernel.ids import new_id
from domain.kernel.log import feed_head
from domain.orders.events import OrderCanceled, OrderHeld
from domain.orders.lifecycle import OrderStatus
from domain.orders.models import HoldRow, OrderRow
from domain.payments.events import PaymentCaptured
from domain.shipping.events import ParcelScanned
from schema.cursors import StreamKind, event_cursor, stream_cursor
from server.database import Database
from server.relay import stamp_all
from tests.live.orders import NOON, confirmed, happen, new_customer, new_order, placed
from tests.live.subscribing import Live, order_gid, refused, sent, subscribed
from tests.live.watching import listening, somebody_listens

SAM = staff("sam", Role.SUPPORT)
ORDER_EVENTS = """subscription ($order: ID!, $after: Cursor) { orderEvents(order: $order, after: $after) {
  __typename
  ... on OrderEventMessage { cursor event { __typename id sequence occurredAt actorKind order { number } } }
  ... on ResyncRequired { cursor order { number } }
} }"""
FEED = """subscription ($where: OrderWhere, $after: Cursor) { ordersChanged(where: $where, after: $after) {
  __typename
  ... on OrderEventMessage { cursor event { sequence order { number } } }
  ... on FeedResyncRequired { cursor }
} }"""


@pytest.fixture
async def live(database: Database) -> AsyncIterator[Live]:
    async with listening() as opened:
        yield opened


async def test_an_order_can_be_watched_and_resumed_behind_any_of_its_cursors(live: Live) -> None:
    order = await new_order()
    number = (await OrderRow.get(id=order)).number
    await happen(*placed(order), actor=customer(new_id()))
    ask = {"order": order_gid(order), "after": event_cursor(order, 0)}
    async with subscribed(live, SAM, ORDER_EVENTS, **ask) as results:
        first = await sent(results)
        assert first["__typename"] == "OrderEventMessage"
        assert first["cursor"] == event_cursor(order, 1)
        event = first["event"]
        assert (event["__typename"], event["sequence"], event["actorKind"]) == ("OrderPlaced", 1, "CUSTOMER")
        assert event["order"] == {"number": number}
        assert event["id"].startswith("event_")
        await happen(confirmed(order), bell=live[0])
        second = await sent(results)
    async with subscribed(live, SAM, ORDER_EVENTS, **(ask | {"after": first["cursor"]})) as results:
        assert await sent(results) == second
    assert live[1].listeners == 0


async def test_without_a_cursor_a_stream_begins_now(live: Live) -> None:
    order = await new_order()
    await happen(*placed(order, 3))
    async with subscribed(live, SAM, ORDER_EVENTS, order=order_gid(order)) as results:
        waiting = asyncio.create_task(sent(results))
        await somebody_listens(live[1])
        await happen(confirmed(order), bell=live[0])
        assert (await waiting)["event"]["sequence"] == 4


async def test_events_lead_to_things_as_they_are_now(live: Live) -> None:
    order = await new_order()
    query = """subscription ($order: ID!, $after: Cursor) { orderEvents(order: $order, after: $after) {
      ... on OrderEventMessage { event { order { status } } } } }"""
    ask = {"order": order_gid(order), "after": event_cursor(order, 0)}
    async with subscribed(live, SAM, query, **ask) as results:
        await happen(*placed(order), bell=live[0])
        assert await sent(results) == {"event": {"order": {"status": "PENDING"}}}
        await OrderRow.filter(id=order).update(status=OrderStatus.CONFIRMED)
        await happen(confirmed(order), bell=live[0])
        assert await sent(results) == {"event": {"order": {"status": "CONFIRMED"}}}


async def test_events_say_their_facts_and_lead_to_their_subject(live: Live) -> None:
    order, hold = (
        await new_order(),
        await HoldRow.create(
            id=new_id(), order_id=await new_order(), kind="FRAUD", reason="Odd.", placed_by="staff:sam", placed_at=NOON
        ),
    )
    await happen(
        OrderHeld(order, hold_id=hold.id, kind="FRAUD"),
        OrderCanceled(order),
        PaymentCaptured(order, new_id(), 1234, "EUR"),
        ParcelScanned(order, new_id(), "IN_TRANSIT", NOON.isoformat()),
    )
    query = """subscription ($order: ID!, $after: Cursor) { orderEvents(order: $order, after: $after) {
      ... on OrderEventMessage { event {
        ... on OrderHeld { kind hold { reason } }
        ... on OrderCanceled { order { version } }
        ... on PaymentCaptured { amount { amount currency } payment { id } }
        ... on ParcelScanned { status scannedAt parcel { id } }
      } } } }"""
    ask = {"order": order_gid(order), "after": event_cursor(order, 0)}
    async with subscribed(live, SYSTEM, query, **ask) as results:
        assert [(await sent(results))["event"] for _ in range(4)] == [
            {"kind": "FRAUD", "hold": {"reason": "Odd."}},
            {"order": {"version": 4}},
            {"amount": {"amount": "12.34", "currency": "EUR"}, "payment": None},
            {"status": "IN_TRANSIT", "scannedAt": "2026-11-22T12:00:00.000Z", "parcel": None},
        ]


async def test_a_cursor_that_cannot_be_honoured_is_answered_with_the_present(live: Live) -> None:
    order = await new_order()
    number = (await OrderRow.get(id=order)).number
    await happen(*placed(order, 2))
    for cursor in (
        "nonsense",
        "",
        event_cursor(order, 3),
        event_cursor(order, 2**64 - 1),
        event_cursor(new_id(), 1),
        stream_cursor(StreamKind.FEED, None, 1),
        stream_cursor(StreamKind.TRACKING, order, 1),
    ):
        async with subscribed(live, SAM, ORDER_EVENTS, order=order_gid(order), after=cursor) as results:
            assert await sent(results) == {
                "__typename": "ResyncRequired",
                "cursor": event_cursor(order, 2),
                "order": {"number": number},
            }


async def test_an_unknown_order_and_a_foreign_one_look_the_same(live: Live) -> None:
    foreign, unknown = await new_order(await new_customer()), new_id()
    for actor in (customer(await new_customer()), tracking_link(foreign), ANONYMOUS):
        for order in (foreign, unknown):
            async with subscribed(live, actor, ORDER_EVENTS, order=order_gid(order)) as results:
                expected = f"There is no order {order_gid(order)}, or you may not see it."
                assert await refused(results) == ("NOT_FOUND", expected)
    assert live[1].listeners == 0


async def test_the_feed_gives_the_events_of_the_orders_asked_for_in_one_sequence(live: Live) -> None:
    one, other = await new_order(status=OrderStatus.CONFIRMED), await new_order()
    number = (await OrderRow.get(id=one)).number
    for order in (one, other, one):
        await happen(*placed(order))
        await stamp_all()
    ask = {"where": {"status": {"oneOf": ["CONFIRMED"]}}, "after": stream_cursor(StreamKind.FEED, None, 0)}
    async with subscribed(live, SAM, FEED, **ask) as results:
        assert [await sent(results) for _ in range(2)] == [
            {
                "__typename": "OrderEventMessage",
                "cursor": stream_cursor(StreamKind.FEED, None, position),
                "event": {"sequence": sequence, "order": {"number": number}},
            }
            for position, sequence in ((1, 1), (3, 2))
        ]


async def test_a_cursor_that_is_none_of_the_feed_is_answered_with_its_present_place(live: Live) -> None:
    order = await new_order()
    await happen(*placed(order, 2))
    await stamp_all()
    assert await feed_head() == 2
    for cursor in ("nonsense", event_cursor(order, 1), stream_cursor(StreamKind.FEED, None, 3)):
        async with subscribed(live, SAM, FEED, after=cursor) as results:
            assert await sent(results) == {
                "__typename": "FeedResyncRequired",
                "cursor": stream_cursor(StreamKind.FEED, None, 2),
            }


async def test_the_feed_is_not_for_those_who_may_read_no_orders(live: Live) -> None:
    codes = []
    for actor in (ANONYMOUS, tracking_link(await new_order()), staff("sam")):
        async with subscribed(live, actor, FEED) as results:
            codes.append((await refused(results))[0])
    assert codes == ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN"]


async def test_a_subscriber_that_is_cancelled_leaves_nothing_behind(live: Live) -> None:
    order = await new_order()
    before = asyncio.all_tasks()

    async def look_on() -> None:
        async with subscribed(live, SAM, ORDER_EVENTS, order=order_gid(order)) as results:
            await sent(results)

    task = asyncio.create_task(look_on())
    await somebody_listens(live[1])
    task.cancel()
    await asyncio.wait({task})
    assert live[1].listeners == 0
    assert asyncio.all_tasks() == before
