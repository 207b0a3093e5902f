"""An order watched as a whole: as it is, and again after each change."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from domain.kernel.actor import ANONYMOUS, Actor, Role, customer, staff, tracking_link
from domain.kernel.bell import Ring
from domain.kernel.doorbell import StreamLimits
from domain.kernel.ids import new_id
from domain.kernel.models import LogRow
from domain.kernel.streams import Page
from domain.kernel.view_stream import ViewStream
from domain.orders.lifecycle import OrderStatus
from domain.orders.models import OrderRow
from domain.shipping.events import ShipmentShipped
from schema.cursors import StreamKind, event_cursor, stream_cursor
from server.database import Database
from tests.live.orders import confirmed, happen, held, new_customer, new_order, placed
from tests.live.subscribing import Live, order_gid, refused, sent, subscribed
from tests.live.test_subscriptions import ORDER_EVENTS
from tests.live.watching import NEVER, listening, order_stream, somebody_listens

SAM = staff("sam", Role.SUPPORT)
VIEW = """subscription ($order: ID!, $after: Cursor) { orderView(order: $order, after: $after) {
  cursor order { status version events(first: 10) { nodes { sequence } } }
} }"""
TRACKING = """subscription ($after: Cursor) { trackingView(after: $after) {
  cursor tracking { status eventCursor }
} }"""


@pytest.fixture
async def live(database: Database) -> AsyncIterator[Live]:
    async with listening() as opened:
        yield opened


def shown(order: UUID, version: int, status: str = "PENDING", events: list[int] | None = None) -> dict[str, Any]:
    """The message that tells of the order at this version."""
    nodes = [{"sequence": n} for n in events or range(1, version + 1)]
    return {
        "cursor": event_cursor(order, version),
        "order": {"status": status, "version": version, "events": {"nodes": nodes}},
    }


async def all_sent(actor: Actor, document: str, **variables: Any) -> list[Any]:
    """What whoever subscribes so is sent until nothing follows."""
    async with (
        listening(limits=StreamLimits(idle_seconds=0.05, lifetime_seconds=NEVER)) as live,
        subscribed(live, actor, document, **variables) as results,
    ):
        return [next(iter(each.data.values())) async for each in results]


async def test_an_order_is_shown_as_it_is_and_again_after_each_change(live: Live) -> None:
    order = await new_order()
    await happen(*placed(order))
    async with subscribed(live, SAM, VIEW, order=order_gid(order)) as results:
        assert await sent(results) == shown(order, 1)
        await OrderRow.filter(id=order).update(status=OrderStatus.CONFIRMED)
        await happen(confirmed(order), bell=live[0])
        assert await sent(results) == shown(order, 2, "CONFIRMED")
        await happen(held(order), bell=live[0])
        assert await sent(results) == shown(order, 3, "CONFIRMED")
    assert live[1].listeners == 0


async def test_however_much_happens_between_two_messages_the_second_tells_the_present(live: Live) -> None:
    order = await new_order()
    await happen(*placed(order))
    async with subscribed(live, SAM, VIEW, order=order_gid(order)) as results:
        assert await sent(results) == shown(order, 1)
        for _ in range(3):
            await happen(*placed(order, 2), bell=live[0])
        assert await sent(results) == shown(order, 7)
        await happen(*placed(order), bell=live[0])
        assert await sent(results) == shown(order, 8)


async def test_whoever_has_the_present_is_sent_nothing_until_it_changes(live: Live) -> None:
    order = await new_order()
    await happen(*placed(order, 2))
    ask = {"order": order_gid(order), "after": event_cursor(order, 2)}
    assert await all_sent(SAM, VIEW, **ask) == []
    async with subscribed(live, SAM, VIEW, **ask) as results:
        waiting = asyncio.create_task(sent(results))
        await somebody_listens(live[1])
        await happen(*placed(order), bell=live[0])
        assert await waiting == shown(order, 3)


async def test_any_other_cursor_is_answered_with_the_present_once(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order, 2))
    for cursor in (
        None,
        event_cursor(order, 0),
        event_cursor(order, 1),
        event_cursor(order, 3),
        event_cursor(order, 2**64 - 1),
        event_cursor(new_id(), 2),
        stream_cursor(StreamKind.TRACKING, order, 2),
        stream_cursor(StreamKind.FEED, None, 2),
        "nonsense",
        "",
    ):
        assert await all_sent(SAM, VIEW, order=order_gid(order), after=cursor) == [shown(order, 2)]


async def test_the_view_and_the_events_of_an_order_have_the_same_cursors(live: Live) -> None:
    order = await new_order()
    await happen(*placed(order))
    async with subscribed(live, SAM, VIEW, order=order_gid(order)) as results:
        seen = (await sent(results))["cursor"]
    await happen(confirmed(order))
    async with subscribed(live, SAM, ORDER_EVENTS, order=order_gid(order), after=seen) as results:
        event = await sent(results)
    assert event["event"]["sequence"] == 2
    assert await all_sent(SAM, VIEW, order=order_gid(order), after=event["cursor"]) == []


async def test_what_is_hidden_from_the_buyer_causes_no_message_and_is_part_of_the_next(database: Database) -> None:
    buyer = customer(await new_customer())
    order = await new_order(buyer.scope.customer_id)
    await happen(*placed(order))
    ask = {"order": order_gid(order), "after": event_cursor(order, 1)}
    await happen(held(order), held(order))
    assert await ViewStream(order_stream(order, buyer)).read(1) == Page((), 3, is_last=True)
    assert await all_sent(buyer, VIEW, **ask) == []
    assert await all_sent(SAM, VIEW, **ask) == [shown(order, 3)]
    await happen(confirmed(order))
    assert await all_sent(buyer, VIEW, **ask) == [shown(order, 4, events=[1, 4])]


async def test_what_is_written_while_the_order_is_read_is_told_with_the_next_message(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order))
    view = ViewStream(order_stream(order))
    first = await view.read(0)
    assert first is not None
    [present] = first.events
    await happen(*placed(order))  # after the row was read, before what hangs on it is
    second = await view.read(present.place)
    assert second is not None
    told = [(each.place, each.thing) for each in (present, *second.events)]
    assert [(place, row.version) for place, row in told if isinstance(row, OrderRow)] == [(1, 1), (2, 2)]


async def test_a_database_that_was_restored_is_shown_as_it_is_now(live: Live) -> None:
    order = await new_order()
    await happen(*placed(order, 3))
    async with subscribed(live, SAM, VIEW, order=order_gid(order)) as results:
        assert await sent(results) == shown(order, 3)
        await LogRow.filter(order_id=order, sequence__gt=1).delete()
        await OrderRow.filter(id=order).update(version=1)
        live[0].ring([Ring(order, 1)])
        assert await sent(results) == shown(order, 1)


async def test_an_order_that_may_not_be_seen_cannot_be_viewed_and_looks_like_none(live: Live) -> None:
    foreign, unknown = await new_order(await new_customer()), new_id()
    for actor in (customer(await new_customer()), tracking_link(foreign), ANONYMOUS, staff("nora")):
        for order in (foreign, unknown):
            async with subscribed(live, actor, VIEW, order=order_gid(order)) as results:
                expected = f"There is no order {order_gid(order)}, or you may not see it."
                assert await refused(results) == ("NOT_FOUND", expected)
    async with subscribed(live, SAM, VIEW, order="nonsense") as results:
        assert (await refused(results))[0] == "BAD_REQUEST"
    assert live[1].listeners == 0


async def test_a_tracking_link_is_shown_the_journey_again_whenever_it_goes_on(live: Live) -> None:
    order = await new_order()
    await happen(*placed(order))
    link = tracking_link(order)

    def tracked(version: int) -> dict[str, Any]:
        cursor = stream_cursor(StreamKind.TRACKING, order, version)
        return {"cursor": cursor, "tracking": {"status": "PENDING", "eventCursor": cursor}}

    async with subscribed(live, link, TRACKING) as results:
        assert await sent(results) == tracked(1)
        await happen(held(order), bell=live[0])
        await happen(ShipmentShipped(order, new_id()), bell=live[0])
        assert await sent(results) == tracked(3)
    assert await all_sent(link, TRACKING, after=tracked(3)["cursor"]) == []
    await happen(held(order))
    assert await all_sent(link, TRACKING, after=tracked(3)["cursor"]) == []
    for after in (None, event_cursor(order, 4), tracked(1)["cursor"]):
        assert await all_sent(link, TRACKING, after=after) == [tracked(4)]
    for actor in (ANONYMOUS, SAM, customer(await new_customer())):
        async with subscribed(live, actor, TRACKING) as results:
            assert (await refused(results))[0] == "UNAUTHENTICATED"
