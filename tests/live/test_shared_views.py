"""Views, feeds of work and imports, told together: each watcher exactly what they would be told alone."""

from typing import Any

import pytest

import domain.flows.watch_import
from domain.flows.keep_imports import BeginImport, ImportCounts, TellImport, begin_import, tell_import
from domain.imports.lifecycle import ImportMode
from domain.kernel.actor import Role, customer, staff, tracking_link
from domain.kernel.ids import global_id
from schema.cursors import StreamKind, event_cursor, stream_cursor
from server.database import Database
from server.relay import relaying, stamp_all
from tests.domain.shop import deliver, open_shop, place, run
from tests.live.orders import confirmed, happen, held, new_customer, new_order, placed
from tests.live.shared import stage
from tests.live.subscribing import order_gid
from tests.live.watching import NEVER, OFTEN

SAM, OLGA = staff("sam", Role.SUPPORT), staff("olga", Role.SUPPORT)
VIEW = """subscription ($order: ID!, $after: Cursor) { orderView(order: $order, after: $after) {
  cursor order { version status events(first: 9) { nodes { sequence } } }
} }"""
TRACKING = "subscription { trackingView { cursor tracking { status eventCursor } } }"
FEEDS = {
    "fulfillmentOrdersChanged": "FulfillmentOrderChanged { cursor event { __typename id } fulfillmentOrder { id status"
    " location { code } order { number } } }",
    "shipmentsChanged": "ShipmentChanged { cursor event { __typename id } shipment { id parcels { position } } }",
}
IMPORT = "subscription ($import: ID!) { importChanged(import: $import) { cursor import { percent status } } }"


@pytest.mark.parametrize("compiled", [True, False])
async def test_a_view_is_told_together_and_begins_for_each_where_they_are(database: Database, compiled: bool) -> None:
    order = await new_order()
    await happen(*placed(order))
    ask: Any = {"order": order_gid(order)}
    async with stage(database, compiled=compiled) as here:
        first = await here.watcher(SAM, VIEW, **ask)
        knowing = await here.watcher(OLGA, VIEW, after=event_cursor(order, 1), **ask)
        old = await here.watcher(SAM, VIEW, after=event_cursor(order, 0), **ask)
        lost = await here.watcher(SAM, VIEW, after="nonsense", **ask)
        assert [each.cursors for each in (first, knowing, old, lost)] == [
            [event_cursor(order, 1)],
            [],
            [event_cursor(order, 1)],
            [event_cursor(order, 1)],
        ]
        [channel] = here.watching.channels
        assert len(channel.rooms) == 1
        await happen(confirmed(order), held(order), bell=here.bell)
        now = {"version": 3, "status": "PENDING", "events": {"nodes": [{"sequence": n} for n in (1, 2, 3)]}}
        for watcher, count in ((first, 2), (knowing, 1), (old, 2), (lost, 2)):
            assert (await watcher.until(count))[-1] == {"cursor": event_cursor(order, 3), "order": now}
        assert here.watching.tellings.fallbacks == {}
    assert len({tuple(each.bodies) for each in (first, old, lost)}) == 1


async def test_whoever_sees_other_events_has_a_view_of_their_own(database: Database) -> None:
    buyer = customer(await new_customer())
    order = await new_order(buyer.scope.customer_id)
    await happen(*placed(order))
    async with stage(database) as here:
        agent = await here.watcher(SAM, VIEW, order=order_gid(order))
        owner = await here.watcher(buyer, VIEW, order=order_gid(order))
        link = await here.watcher(tracking_link(order), TRACKING)
        await happen(held(order), bell=here.bell)
        assert [each["order"]["version"] for each in await agent.until(2)] == [1, 2]
        await happen(confirmed(order), bell=here.bell)
        assert [each["order"]["version"] for each in await agent.until(3)] == [1, 2, 3]
        assert [each["order"]["version"] for each in await owner.until(2)] == [1, 3]
        assert (await link.until(2))[-1]["cursor"] == stream_cursor(StreamKind.TRACKING, order, 3)


@pytest.mark.parametrize("name", FEEDS)
async def test_a_feed_of_work_is_told_compiled_as_it_is_executed(database: Database, name: str) -> None:
    await open_shop({"MUG": (5,)})
    await deliver(await place({"MUG": 1}))
    await stamp_all()
    document = f"subscription ($after: Cursor) {{ {name}(after: $after) {{ ... on {FEEDS[name]} }} }}"
    bodies: list[Any] = []
    for compiled in (True, False):
        async with stage(database, compiled=compiled) as here:
            watcher = await here.watcher(SAM, document, after=stream_cursor(StreamKind.FEED, None, 0))
            await watcher.until(3)
            bodies.append((watcher.bodies, watcher.cursors))
            assert here.watching.tellings.fallbacks == {}
    assert bodies[0] == bodies[1]


async def test_watchers_of_a_feed_of_work_are_told_together_as_it_grows(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    document = f"subscription {{ fulfillmentOrdersChanged {{ ... on {FEEDS['fulfillmentOrdersChanged']} }} }}"
    async with stage(database, poll_seconds=OFTEN) as here, relaying(here.hub, here.bell, every_seconds=OFTEN):
        watchers = [await here.watcher(actor, document) for actor in (SAM, OLGA)]
        assert len(here.watching.channels) == 1
        await place({"MUG": 1})
        for watcher in watchers:
            [message] = await watcher.until(1)
            assert message["event"]["__typename"] == "FulfillmentOrderOpened"
    assert watchers[0].bodies == watchers[1].bodies


async def test_an_import_is_looked_at_once_for_all_who_watch_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain.flows.watch_import, "LOOK_SECONDS", OFTEN)
    import_id = await run(begin_import, BeginImport("orders.csv", "shop.toml", "web-de", ImportMode.HISTORY))
    async with stage(database, poll_seconds=NEVER) as here:
        ask: Any = {"import": global_id("import", import_id)}
        watchers = [await here.watcher(actor, IMPORT, **ask) for actor in (SAM, OLGA)]
        assert here.hub.listeners == 1
        await run(tell_import, TellImport(import_id, ImportCounts(percent=50)))
        for watcher in watchers:
            assert [each["import"]["percent"] for each in await watcher.until(2)] == [0, 50]
