"""Watchers of the same are told together: once read, once told, and to each exactly what it would be told alone."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from adapters.bell.hub import HubEars
from domain.kernel.actor import Role, customer, staff, tracking_link
from domain.kernel.bell import Ring
from domain.kernel.doorbell import StreamLimits
from domain.kernel.ids import global_id, new_id
from domain.kernel.models import LogRow
from domain.kernel.streams import PAGE_ROWS, is_visible, visible_log
from domain.kernel.tails import Tails
from domain.orders.models import OrderRow
from schema.cursors import StreamKind, stream_cursor
from server.answers import code_of
from server.database import Database
from server.live.rounds import READ_TOGETHER, TOLD_AT_ONCE
from server.live.watching import Refusal, Watch
from server.metrics import WatchersCounted
from server.relay import relaying
from tests.live.orders import confirmed, happen, held, new_customer, new_order, placed
from tests.live.shared import DOCUMENT, Watcher, stage
from tests.live.watching import NEVER, OFTEN, order_stream

SUPPORT = staff("sam", Role.SUPPORT)
OTHER = staff("olga", Role.SUPPORT)
SHORT = """subscription ($order: ID!, $after: Cursor) { orderEvents(order: $order, after: $after) {
  ... on OrderEventMessage { cursor event { sequence } }
} }"""
FEED = """subscription ($after: Cursor) { ordersChanged(after: $after) {
  ... on OrderEventMessage { cursor event { sequence order { id } } }
} }"""
TRACKING = """subscription ($after: Cursor) { trackingEvents(after: $after) {
  ... on TrackingEventMessage { cursor event { sequence kind tracking { number } } }
} }"""


def gid(order: UUID) -> str:
    return global_id("order", order)


@pytest.mark.parametrize("compiled", [True, False])
async def test_who_watches_the_same_is_told_the_same_bytes_made_once(database: Database, compiled: bool) -> None:
    order = await new_order()
    async with stage(database, compiled=compiled) as here:
        watchers = [await here.watcher(actor, order=gid(order)) for actor in (SUPPORT, SUPPORT, OTHER)]
        [channel] = here.watching.channels
        assert len(channel.rooms) == 1
        await happen(*placed(order), confirmed(order), bell=here.bell)
        for watcher in watchers:
            assert await watcher.sequences(2) == [1, 2]
        assert {tuple(watcher.bodies) for watcher in watchers} == {tuple(watchers[0].bodies)}
        number = (await OrderRow.get(id=order)).number
        assert watchers[0].messages[0]["event"] | {"id": ""} == {
            "id": "",
            "__typename": "OrderPlaced",
            "sequence": 1,
            "order": {"number": number, "status": "PENDING"},
        }
        assert here.watching.tellings.answered == (2 if compiled else 0)


async def test_what_is_compiled_is_what_would_be_executed(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order), confirmed(order), held(order), bell=None)
    bodies = []
    for compiled in (True, False):
        async with stage(database, compiled=compiled) as here:
            watcher = await here.watcher(SUPPORT, order=gid(order), after=await begin(order))
            await watcher.until(3)
            bodies.append([watcher.bodies, watcher.cursors])
            assert (here.watching.tellings.answered, dict(here.watching.tellings.fallbacks)) == (3 * compiled, {})
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    "said",
    [
        "event { sequence } cursor",
        "at: cursor __typename what: event { __typename sequence } cursor",
        "event { sequence }",
        "kind: __typename ... on OrderEventMessage { cursor } event { id }",
        "cursor",
        "event { sequence } again: event { id }",
    ],
)
async def test_whatever_is_asked_of_a_message_is_told_in_a_round_as_it_is_executed(
    postgres_database: Database, said: str
) -> None:
    document = f"""subscription ($order: ID!) {{ orderEvents(order: $order) {{
      ... on OrderEventMessage {{ {said} }} ... on ResyncRequired {{ cursor }} }} }}"""
    orders = [await new_order() for _ in range(3)]
    async with stage(postgres_database) as one, stage(postgres_database, compiled=False) as other:
        pairs = [[await here.watcher(SUPPORT, document, order=gid(order)) for here in (one, other)] for order in orders]
        for count in (2, 4):
            await happen(*[fact for order in orders for fact in (held(order), confirmed(order))], bell=one.bell)
            other.bell.ring([Ring(order, count) for order in orders])
            for told, executed in pairs:
                await told.until(count)
                await executed.until(count)
        for told, executed in pairs:
            assert (told.bodies, told.cursors) == (executed.bodies, executed.cursors)
        assert (one.watching.tellings.answered, other.watching.tellings.answered) == (12, 0)


async def begin(order: UUID) -> str:
    """The cursor before everything."""
    return stream_cursor(StreamKind.ORDER, order, 0)


@pytest.mark.parametrize("compiled", [True, False])
async def test_what_is_told_as_it_happens_is_what_is_told_to_who_comes_late(database: Database, compiled: bool) -> None:
    buyer = await new_customer()
    orders = [await new_order(buyer) for _ in range(3)]
    async with stage(database, compiled=compiled) as here:
        for actor in (SUPPORT, customer(buyer)):
            starts = {order: await present(order) for order in orders}
            early = [await here.watcher(actor, order=gid(order)) for order in orders]
            facts = [fact for order in orders for fact in (*placed(order, 2), held(order), confirmed(order))]
            await happen(*facts, bell=here.bell)
            for order, watcher in zip(orders, early, strict=True):
                await watcher.until(4 if actor is SUPPORT else 3)
                late = await here.watcher(actor, order=gid(order), after=starts[order])
                assert (late.bodies, late.cursors) == (watcher.bodies, watcher.cursors)
                assert [*map(type, late.messages)] == [dict] * len(watcher.messages)
        assert not here.watching.tellings.fallbacks


async def present(order: UUID) -> str:
    """The cursor behind everything so far."""
    return stream_cursor(StreamKind.ORDER, order, (await OrderRow.get(id=order)).version)


async def test_documents_of_one_stream_are_told_by_one_reading_of_it(database: Database) -> None:
    order = await new_order()
    async with stage(database) as here:
        full, short = (
            await here.watcher(SUPPORT, order=gid(order)),
            await here.watcher(SUPPORT, SHORT, order=gid(order)),
        )
        [channel] = here.watching.channels
        assert len(channel.rooms) == 2
        assert here.hub.listeners == 1
        await happen(*placed(order), bell=here.bell)
        assert await full.sequences(1) == await short.sequences(1) == [1]


async def test_others_who_may_see_other_things_are_told_by_themselves(database: Database) -> None:
    buyer = await new_customer()
    order = await new_order(buyer)
    async with stage(database) as here:
        agent, owner = (
            await here.watcher(SUPPORT, order=gid(order)),
            await here.watcher(customer(buyer), order=gid(order)),
        )
        link = await here.watcher(tracking_link(order), TRACKING)
        assert len(here.watching.channels) == 3
        await happen(*placed(order), held(order), confirmed(order), bell=here.bell)
        assert await agent.sequences(3) == [1, 2, 3]
        assert await owner.sequences(2) == await link.sequences(2) == [1, 3]
        stranger = await here.begun(customer(await new_customer()), order=gid(order))
        assert isinstance(stranger, Refusal)
        assert [code_of(error) for error in stranger.errors] == ["NOT_FOUND"]


async def test_whoever_comes_late_catches_up_alone_and_then_sits_with_the_others(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order, PAGE_ROWS + 5), bell=None)
    async with stage(database) as here:
        early = await here.watcher(SUPPORT, order=gid(order))
        late = await here.watcher(SUPPORT, order=gid(order), after=await begin(order))
        assert await late.sequences(PAGE_ROWS + 5) == [*range(1, PAGE_ROWS + 6)]
        assert early.messages == []
        assert len(here.watching.channels) == 1
        await happen(confirmed(order), bell=here.bell)
        assert await early.sequences(1) == [PAGE_ROWS + 6]
        assert (await late.sequences(PAGE_ROWS + 6))[-1] == PAGE_ROWS + 6
        again = await here.watcher(SUPPORT, order=gid(order), after=late.cursors[-3])
        assert await again.sequences(2) == [PAGE_ROWS + 5, PAGE_ROWS + 6]


async def test_however_watchers_come_and_events_happen_each_is_told_each_once_and_in_order(database: Database) -> None:
    order = await new_order()
    async with stage(database, poll_seconds=OFTEN) as here:
        watchers: list[Watcher] = []

        async def come(after: str | None) -> None:
            document = SHORT if len(watchers) % 4 == 3 else DOCUMENT
            watchers.append(await here.watcher(SUPPORT, document, order=gid(order), after=after))

        async def write() -> None:
            for _ in range(15):
                await happen(*placed(order, 2), bell=here.bell)

        start = await begin(order)
        await asyncio.gather(write(), *(come(start) for _ in range(20)))
        cursors = watchers[0].cursors
        await asyncio.gather(write(), *(come(cursors[n]) for n in range(0, len(cursors), 3)))
        for watcher in watchers:
            seen = await watcher.until_told(60)
            assert seen == [*range(seen[0], 61)]
        assert [len(watcher.messages) for watcher in watchers[:20]] == [60] * 20
        assert len(here.watching.channels) == 1


async def test_what_is_new_of_many_orders_is_read_by_few_statements(postgres_database: Database) -> None:
    orders = [await new_order() for _ in range(READ_TOGETHER + 20)]
    async with stage(postgres_database) as here:
        watchers = [await here.watcher(SUPPORT, order=gid(order)) for order in orders]
        watchers.append(await here.watcher(SUPPORT, SHORT, order=gid(orders[0])))
        for n in (1, 2):
            here.statements.clear()
            await happen(*[fact for order in orders for fact in placed(order)], bell=here.bell)
            for watcher in watchers:
                await watcher.until(n)
        # Two for all the orders but the first, which others watch otherwise: there each document reads for itself. A
        # channel that was not at rest yet may have come a moment later.
        assert len(here.statements) < len(orders) / 10
        for watcher, order in zip(watchers, [*orders, orders[0]], strict=True):
            assert [each["event"]["sequence"] for each in watcher.messages] == [1, 2], order
        numbers = dict(await OrderRow.filter(id__in=orders).values_list("id", "number"))
        told = [watcher.messages[1]["event"]["order"]["number"] for watcher in watchers[:-1]]
        assert told == [numbers[order] for order in orders]


async def test_customers_and_links_are_told_together_too_each_what_is_theirs(postgres_database: Database) -> None:
    buyers = [await new_customer() for _ in range(3)]
    orders = [await new_order(buyer) for buyer in buyers]
    async with stage(postgres_database) as here:
        owners = [
            await here.watcher(customer(buyer), order=gid(order)) for buyer, order in zip(buyers, orders, strict=True)
        ]
        links = [await here.watcher(tracking_link(order), TRACKING) for order in orders]
        facts = [fact for order in orders for fact in (*placed(order), held(order), confirmed(order))]
        for n in (2, 4):
            here.statements.clear()
            await happen(*facts, bell=here.bell)
            for watcher in (*owners, *links):
                await watcher.until(n)
        assert len(here.statements) < len(orders) + len(links)  # two, if all were at rest: a document each
        numbers = dict(await OrderRow.filter(id__in=orders).values_list("id", "number"))
        for order, owner, link in zip(orders, owners, links, strict=True):
            assert [each["event"]["sequence"] for each in owner.messages] == [1, 3, 4, 6]
            assert [each["event"]["sequence"] for each in link.messages] == [1, 3, 4, 6]
            assert {each["event"]["order"]["number"] for each in owner.messages} == {numbers[order]}
            assert {each["event"]["tracking"]["number"] for each in link.messages} == {numbers[order]}
        await OrderRow.filter(id=orders[0]).update(customer_id=buyers[1])
        await happen(*[fact for order in orders for fact in placed(order)], bell=here.bell)
        assert len(await owners[1].until(5)) == len(await links[0].until(5)) == 5
        assert len(owners[0].messages) == 4  # it is another's now


async def test_a_burst_is_not_told_in_one_turn_of_the_loop(postgres_database: Database) -> None:
    class Noting(Watcher):
        """Notes how much was written when others have their turn."""

        def write(self, data: bytes) -> bool:
            if len(self.messages) == 1:
                asyncio.get_running_loop().call_soon(lambda: noted.append(len(self.messages)))
            return super().write(data)

    order, noted, watcher = await new_order(), list[int](), Noting()
    async with stage(postgres_database) as here:
        watch = await here.begun(SUPPORT, order=gid(order))
        assert isinstance(watch, Watch)
        await watch.join(watcher, b"", send=watcher.send, ended=watcher.ended)
        await happen(*placed(order), bell=here.bell)
        await watcher.until(1)
        here.statements.clear()
        await happen(*placed(order, 3 * TOLD_AT_ONCE), bell=here.bell)
        assert await watcher.sequences(3 * TOLD_AT_ONCE + 1) == [*range(1, 3 * TOLD_AT_ONCE + 2)]
        assert noted == [1 + TOLD_AT_ONCE]
        assert len(here.statements) == 1


async def test_more_events_than_are_looked_at_at_once_are_all_told_though_some_are_hidden(
    database: Database,
) -> None:
    buyer = await new_customer()
    order = await new_order(buyer)
    async with stage(database, poll_seconds=NEVER) as here:
        watcher = await here.watcher(customer(buyer), order=gid(order))
        await happen(*placed(order), bell=here.bell)
        await watcher.until(1)
        await happen(held(order), *placed(order, PAGE_ROWS + 20), bell=None)
        here.bell.ring([Ring(order, PAGE_ROWS + 22)])
        assert await watcher.sequences(PAGE_ROWS + 21) == [1, *range(3, PAGE_ROWS + 23)]


async def test_a_fault_in_the_midst_of_a_round_leaves_nobody_untold(postgres_database: Database) -> None:
    class Faulty(Watcher):
        """Breaks once, where no watcher should."""

        broke = False

        def write(self, data: bytes) -> bool:
            if self.messages and not self.broke:
                self.broke = True
                raise RuntimeError("a fault of ours")
            return super().write(data)

    orders = [await new_order() for _ in range(3)]
    async with stage(postgres_database) as here:
        watchers = [Watcher(), Faulty(), Watcher()]
        for watcher, order in zip(watchers, orders, strict=True):
            watch = await here.begun(SUPPORT, order=gid(order))
            assert isinstance(watch, Watch)
            await watch.join(watcher, b"", send=watcher.send, ended=watcher.ended)
        for n in (1, 2, 3):
            await happen(*[fact for order in orders for fact in placed(order)], bell=here.bell)
            for watcher in watchers:
                assert await watcher.sequences(n) == [*range(1, n + 1)]


def test_ears_call_once_whoever_does_not_wait() -> None:
    ears, called = HubEars(), list[str]()
    ears.call(lambda: called.append("rung"))
    assert called == []
    ears.ring()
    ears.ring()
    assert called == ["rung"]
    ears.call(lambda: called.append("meanwhile"))  # it was rung since
    assert called == ["rung", "meanwhile"]
    ears.call(lambda: called.append("closed"))
    ears.close()
    ears.call(lambda: called.append("never rung again"))
    assert (called, ears.is_closed) == (["rung", "meanwhile", "closed", "never rung again"], True)


async def test_a_watcher_who_takes_no_more_keeps_nobody_else_waiting(database: Database) -> None:
    order = await new_order()
    async with stage(database) as here:
        slow, quick = (
            await here.watcher(SUPPORT, order=gid(order), takes=1),
            await here.watcher(SUPPORT, order=gid(order)),
        )
        await happen(*placed(order, 3), bell=here.bell)
        assert await quick.sequences(3) == [1, 2, 3]
        assert await slow.sequences(1) == [1]


async def test_a_cursor_that_never_was_is_answered_with_the_present(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order, 2), bell=None)
    async with stage(database) as here:
        first = await here.watcher(SUPPORT, order=gid(order), after=await begin(order))
        for wrong in (first.cursors[0] + "x", await begin(new_id())):
            watcher = await here.watcher(SUPPORT, order=gid(order), after=wrong)
            [message] = watcher.messages
            assert message == {"cursor": first.cursors[-1], "order": {"number": (await OrderRow.get(id=order)).number}}
        await happen(confirmed(order), bell=here.bell)
        assert (await first.sequences(3))[-1] == 3
        assert (await watcher.until(2))[-1]["event"]["sequence"] == 3


async def test_whoever_watches_while_the_database_is_restored_is_given_the_present(database: Database) -> None:
    order = await new_order()
    await happen(*placed(order, 3), bell=None)
    async with stage(database, poll_seconds=OFTEN) as here:
        watcher = await here.watcher(SUPPORT, order=gid(order))
        await LogRow.filter(order_id=order, sequence__gt=1).delete()
        await OrderRow.filter(id=order).update(version=1)
        [message] = await watcher.until(1)
        assert message["order"] == {"number": (await OrderRow.get(id=order)).number}
        await happen(confirmed(order), bell=here.bell)
        assert (await watcher.until(2))[-1]["event"]["sequence"] == 2


@pytest.mark.parametrize(
    "limits", [StreamLimits(idle_seconds=0.05, lifetime_seconds=NEVER), StreamLimits(NEVER, lifetime_seconds=0.05)]
)
async def test_a_seat_ends_by_the_limits_of_streams_and_can_be_gone_on_from(
    database: Database, limits: StreamLimits
) -> None:
    order = await new_order()
    async with stage(database, limits=limits) as here:
        watcher = await here.watcher(SUPPORT, order=gid(order))
        await watcher.until_ended()
        assert (watcher.messages, here.hub.listeners, len(here.watching.channels)) == ([], 0, 0)


async def test_where_reading_fails_for_good_watchers_are_let_go_and_may_come_back(database: Database) -> None:
    order, other = await new_order(), await new_order()
    async with stage(database) as here:
        watcher, unconcerned = (
            await here.watcher(SUPPORT, order=gid(order)),
            await here.watcher(SUPPORT, order=gid(other)),
        )
        await OrderRow.filter(id=order).delete()
        here.bell.ring([Ring(order, 1)])
        await watcher.until_ended()
        await happen(*placed(other), bell=here.bell)
        assert await unconcerned.sequences(1) == [1]
        assert (watcher.messages, len(here.watching.channels)) == ([], 1)


async def test_who_has_left_leaves_nothing_behind(database: Database) -> None:
    order = await new_order()
    async with stage(database) as here:
        one, other = await here.watcher(SUPPORT, order=gid(order)), await here.watcher(SUPPORT, SHORT, order=gid(order))
        assert one.seat is not None
        assert other.seat is not None
        one.seat.leave()
        one.seat.leave()
        await happen(*placed(order), bell=here.bell)
        assert await other.sequences(1) == [1]
        other.seat.leave()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert (one.messages, len(here.watching.channels), here.hub.listeners) == ([], 0, 0)


async def test_the_feed_is_shared_too(database: Database) -> None:
    orders = [await new_order() for _ in range(3)]
    async with stage(database) as here, relaying(here.hub, here.bell):
        watchers = [await here.watcher(SUPPORT, FEED) for _ in range(3)]
        assert len(here.watching.channels) == 1
        for order in orders:
            await happen(*placed(order), bell=here.bell)
        for watcher in watchers:
            assert [each["event"]["order"]["id"] for each in await watcher.until(3)] == [gid(each) for each in orders]


async def test_a_subscription_that_is_refused_says_why_as_ever(database: Database) -> None:
    async with stage(database) as here:
        for document, code in (
            ("subscription { nope }", "BAD_REQUEST"),
            ("subscription ($order: ID!) { orderEvents(order: $order) { __typename } }", "BAD_REQUEST"),
            ('subscription { orderEvents(order: "order_x") { __typename } }', "BAD_REQUEST"),
        ):
            refusal = await here.begun(SUPPORT, document)
            assert isinstance(refusal, Refusal), document
            assert [code_of(error) for error in refusal.errors] == [code], document
        for document in ("{ viewer { kind } }", "subscription {", ""):
            assert await here.begun(SUPPORT, document) is None, document


async def test_tails_of_many_orders_are_read_in_one_statement_and_are_what_each_stream_reads(
    database: Database,
) -> None:
    buyer = await new_customer()
    orders = [await new_order(buyer) for _ in range(4)]
    for n, order in enumerate(orders):
        await happen(*placed(order, n), held(order), confirmed(order), bell=None)
    tails = Tails()
    for actor in (SUPPORT, customer(buyer), customer(new_id()), tracking_link(orders[1])):
        for place in (0, 1, 2):
            streams = [order_stream(order, actor) for order in orders]
            together = await asyncio.gather(*(tails.page(stream, place) for stream in streams))
            for stream, found in zip(streams, together, strict=True):
                alone = await stream.read(place)
                assert summary(found) == summary(alone), (actor.principal, place)
        stream = order_stream(orders[1], actor)
        elsewhere = await asyncio.gather(*(tails.page(stream, place) for place in range(4)))
        assert list(map(summary, elsewhere)) == [summary(await stream.read(place)) for place in range(4)]


def summary(page: Any) -> Any:
    return page and ([(event.id, event.type, event.sequence, event.data) for event in page.events], page.place)


async def test_what_is_visible_of_a_row_at_hand_is_what_the_condition_finds(database: Database) -> None:
    buyer = await new_customer()
    orders = [await new_order(buyer), await new_order()]
    for order in orders:
        await happen(*placed(order), held(order), confirmed(order), bell=None)
    owners = {orders[0]: buyer, orders[1]: None}
    actors = [SUPPORT, customer(buyer), customer(new_id()), *map(tracking_link, orders), staff("nobody")]
    for actor in actors:
        found = set(await LogRow.filter(visible_log(actor.scope)).values_list("id", flat=True))
        rows = await LogRow.all()
        assert found == {row.id for row in rows if is_visible(row, owners[row.order_id], actor.scope)}, actor


async def test_operators_see_how_many_watch_and_how_they_are_told(database: Database) -> None:
    orders = [await new_order() for _ in range(2)]
    async with stage(database) as here:
        watchers = [await here.watcher(SUPPORT, order=gid(orders[0])) for _ in range(3)]
        watchers.append(await here.watcher(SUPPORT, SHORT, order=gid(orders[0])))
        await here.watcher(SUPPORT, SHORT, order=gid(orders[1]))
        await happen(*placed(orders[0]), bell=here.bell)
        for watcher in watchers:
            await watcher.until(1)
        counted = {
            sample.name: sample.value
            for metric in WatchersCounted(here.watching).collect()
            for sample in metric.samples
            if not sample.labels
        }
        assert counted == {
            "waybill_watchers": 5,
            "waybill_watched_documents": 3,
            "waybill_watched_streams": 2,
            "waybill_events_compiled_total": 2,
        }
