"""The log: in order per order, gapless in the feed, whoever writes and stamps at once."""

import asyncio
from uuid import UUID

from domain.flows.place_orders import place_all
from domain.flows.record_scan import RecordScan, record_scan
from domain.kernel.log import feed_head, stamp
from domain.kernel.models import LogRow
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.events import OrderConfirmed
from domain.shipping.lifecycle import TrackingStatus
from domain.shipping.models import ParcelRow
from server.database import Database
from tests.domain.books import assert_the_log_has_no_gaps
from tests.domain.shop import NOON, column, open_shop, order, order_for, place, run, ship


async def note(tx: UnitOfWork, order_id: UUID) -> UUID:
    """Two facts under the order's lock."""
    await orders.lock(tx, order_id)
    tx.record(OrderConfirmed(order_id), OrderConfirmed(order_id))
    return order_id


async def test_facts_are_numbered_from_one_and_the_last_number_is_the_orders_version(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 1})
    facts = await LogRow.filter(order_id=order_id).order_by("sequence").values_list("sequence", "type")
    assert facts == [
        (1, "OrderPlaced"),
        (2, "PaymentExpected"),
        (3, "OrderConfirmed"),
        (4, "FulfillmentOrderOpened"),
    ]
    assert (await order(order_id)).version == 4


async def test_many_facts_of_one_commit_are_one_edit_and_a_scan_is_none(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 1})
    assert (await order(order_id)).revision == 1
    await ship(order_id)
    shipped = await order(order_id)
    assert shipped.revision == 3
    parcel = await ParcelRow.get(order_id=order_id)
    await run(record_scan, RecordScan(TrackingStatus.IN_TRANSIT, NOON, parcel_id=parcel.id))
    scanned = await order(order_id)
    assert (scanned.revision, scanned.version) == (3, shipped.version + 1)


async def test_orders_of_one_commit_are_each_numbered_by_themselves(database: Database) -> None:
    await open_shop({"MUG": (9,)})
    order_ids = await run(place_all, [order_for({"MUG": n}) for n in (1, 2, 3)])
    for order_id in order_ids:
        assert await column(LogRow.filter(order_id=order_id).order_by("sequence"), "sequence") == [
            1,
            2,
            3,
            4,
        ]
    await assert_the_log_has_no_gaps()


async def test_facts_written_at_once_about_one_order_stand_one_after_the_other(database: Database) -> None:
    await open_shop({"MUG": (9,)})
    order_id = await place({"MUG": 1})
    await asyncio.gather(*(run(note, order_id) for _ in range(12)))
    assert (await order(order_id)).version == 4 + 24
    await assert_the_log_has_no_gaps()


async def test_on_sqlite_a_fact_has_its_place_in_the_feed_when_it_is_committed(sqlite_database: Database) -> None:
    await open_shop({"MUG": (9,)})
    assert await feed_head() == 0
    await place({"MUG": 1})
    await place({"MUG": 1})
    assert await feed_head() == 8
    assert await column(LogRow.all().order_by("position"), "position") == list(range(1, 9))
    assert await stamp() == 0


async def test_on_postgresql_two_stampers_leave_no_gap_among_many_writers_and_never_look_back(
    postgres_database: Database,
) -> None:
    await open_shop({"MUG": (99,)})
    order_ids = [await place({"MUG": 1}) for _ in range(6)]
    writing, all_stamped = True, False
    seen: list[tuple[int, UUID, int]] = []

    async def relay() -> None:
        while writing or await LogRow.filter(position=None).exists():
            await stamp()

    async def reader() -> None:
        """Reads behind the last position it has seen, as a feed does: it must miss nothing."""
        while not all_stamped or (seen[-1][0] if seen else 0) < await feed_head():
            after, head = seen[-1][0] if seen else 0, await feed_head()
            rows = await LogRow.filter(position__gt=after, position__lte=head).order_by("position")
            seen.extend((row.position or 0, row.order_id, row.sequence) for row in rows)
            await asyncio.sleep(0)

    relays = [asyncio.create_task(relay()) for _ in range(2)]
    reading = asyncio.create_task(reader())
    await asyncio.gather(*(run(note, order_id) for order_id in order_ids for _ in range(8)))
    writing = False
    await asyncio.gather(*relays)
    all_stamped = True
    await reading
    assert [position for position, _, _ in seen] == list(range(1, 6 * 4 + 6 * 8 * 2 + 1))
    for order_id in order_ids:
        assert [sequence for _, about, sequence in seen if about == order_id] == list(range(1, 21))
    await assert_the_log_has_no_gaps()
