"""Races: many at once, in several real processes, and processes that are killed."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from domain.flows.cancel_order import CancelOrder, cancel_order
from domain.flows.grant_refund import GrantRefund, RecordRefund, grant_refund, record_refund
from domain.flows.pack_shipment import PackParcel, PackShipment, pack_shipment
from domain.flows.receive_return import ReceiveReturn, receive_return
from domain.flows.record_payment import RecordPayment, record_payment
from domain.flows.record_scan import RecordScan, record_scan
from domain.flows.request_return import (
    ApproveReturn,
    RequestReturn,
    RequestReturnLine,
    approve_return,
    request_return,
)
from domain.flows.ship_shipment import ShipShipment, ship_shipment
from domain.flows.unpack_shipment import CancelShipment, cancel_shipment
from domain.flows.work_fulfillment_order import RejectFulfillmentOrder, reject_fulfillment_order
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.database import current_connection
from domain.kernel.errors import IllegalTransition
from domain.kernel.models import IdempotencyRow
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.models import OrderRow
from domain.payments.errors import AmountTooLarge
from domain.payments.models import PaymentRow, PaymentTransactionRow, RefundRow
from domain.returns.errors import NotReturnable
from domain.returns.models import ReturnRow
from domain.shipping.lifecycle import TrackingStatus
from domain.shipping.models import ParcelRow, ShipmentRow
from domain.stock.models import StockLevelRow
from server.database import Database, open_database
from tests.domain.books import assert_books_balance, assert_whole
from tests.domain.shop import (
    ADMIN,
    CARRIER,
    NOON,
    RUNNER,
    column,
    deliver,
    level,
    open_shop,
    order,
    pack,
    pay,
    place,
    requirement,
    run,
    works,
)

ROOT = Path(__file__).parent.parent.parent
Buyer = asyncio.subprocess.Process


@asynccontextmanager
async def buyers(url: str, count: int, *arguments: str) -> AsyncIterator[list[Buyer]]:
    """So many buyers, each in a process of its own, all begun at the same moment; none outlives the block."""
    command = (sys.executable, "-m", "tests.flows.buyer", url, *arguments)
    pipe = asyncio.subprocess.PIPE
    started: list[Buyer] = []
    try:
        for _ in range(count):
            started.append(await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe))
        for each in started:
            assert each.stdout
            assert await each.stdout.readline() == b"ready\n"
        for each in started:
            assert each.stdin
            each.stdin.write(b"go\n")
        yield started
    finally:
        for each in started:
            if each.returncode is None:
                each.kill()
            await each.communicate()


async def said(bought: Sequence[Buyer]) -> list[str]:
    """Every line that they said until they ended."""
    lines = []
    for each in bought:
        assert each.stdout
        lines += (await each.stdout.read()).decode().split("\n")[:-1]
        assert await each.wait() == 0
    return lines


def acknowledged(lines: Sequence[str]) -> list[UUID]:
    return [UUID(line) for line in lines if not line.startswith("refused")]


async def assert_all_are_there(order_ids: Sequence[UUID]) -> None:
    """Every acknowledged order is there and whole, and the books balance."""
    assert len(set(order_ids)) == len(order_ids)
    for order_id in order_ids:
        await assert_whole(order_id, 1)
    await assert_books_balance()


async def buy_five_units(url: str, processes: int, orders_each: int) -> None:
    async with open_database(url):
        shop = await open_shop({"MUG": (3, 2)})
    async with buyers(url, processes, str(orders_each), "5") as bought:
        lines = await said(bought)
    assert len(lines) == processes * orders_each
    assert lines.count("refused INSUFFICIENT_STOCK") == len(lines) - 5
    async with open_database(url):
        assert await OrderRow.all().count() == 5
        assert [(await level("MUG", each)).allocated for each in shop.places[:2]] == [3, 2]
        await assert_all_are_there(acknowledged(lines))


async def test_of_more_than_fifty_buyers_in_four_processes_five_get_the_five_units_on_postgresql(
    postgres_database_url: str,
) -> None:
    await buy_five_units(postgres_database_url, 4, 13)


async def test_of_a_hot_sku_exactly_what_there_is_is_sold_to_thirty_two_clients_of_four_processes(
    postgres_database_url: str,
) -> None:
    async with open_database(postgres_database_url):
        shop = await open_shop({"MUG": (300, 200)})
    async with buyers(postgres_database_url, 4, "140", "8") as bought:
        lines = await said(bought)
    assert lines.count("refused INSUFFICIENT_STOCK") == len(lines) - 500 == 60
    async with open_database(postgres_database_url):
        assert await OrderRow.all().count() == 500
        assert [(await level("MUG", each)).allocated for each in shop.places[:2]] == [300, 200]
        await assert_all_are_there(acknowledged(lines))


async def test_of_fifty_buyers_in_two_processes_five_get_the_five_units_on_sqlite(sqlite_database_url: str) -> None:
    await buy_five_units(sqlite_database_url, 2, 25)


async def test_one_external_reference_in_two_processes_is_one_order(database_url: str) -> None:
    async with open_database(database_url):
        await open_shop({"MUG": (50,)})
    async with buyers(database_url, 2, "6", "3", "--reference", "A-1") as bought:
        lines = await said(bought)
    [order_id] = acknowledged(lines)
    assert lines.count("refused EXTERNAL_REFERENCE_TAKEN") == 11
    async with open_database(database_url):
        assert await OrderRow.all().values_list("id", "external_reference") == [(order_id, "A-1")]
        await assert_all_are_there([order_id])


async def test_whatever_was_acknowledged_before_a_kill_is_there_and_whole(database_url: str) -> None:
    known: list[UUID] = []
    async with open_database(database_url):
        await open_shop({"MUG": (100_000,)})
    for _ in range(3):
        async with buyers(database_url, 1, "0", "3") as [buyer]:
            assert buyer.stdout
            # A different moment each time: somewhere in the work that follows some acknowledged order.
            for _ in range(random.randint(1, 12)):
                known.append(UUID((await buyer.stdout.readline()).decode().strip()))
            buyer.kill()
            rest = (await buyer.stdout.read()).decode().split("\n")[:-1]
            known += [UUID(line) for line in rest]
            await buyer.wait()
    async with open_database(database_url):
        assert set(known) <= set(await column(OrderRow.all(), "id"))
        for [order_id] in await OrderRow.all().values_list("id"):
            await assert_whole(order_id, 1)
        await assert_books_balance()
        [shelf] = await StockLevelRow.all()
        assert shelf.allocated == await OrderRow.all().count()


async def race(*acts: Awaitable[object]) -> list[object]:
    """What each gave, or was refused with."""
    return await asyncio.gather(*acts, return_exceptions=True)


async def test_an_order_is_either_canceled_or_shipped(database: Database) -> None:
    await open_shop({"MUG": (50,)})
    for _ in range(5):
        order_id = await place({"MUG": 2})
        [work] = await works(order_id)
        shipment = await pack(work)
        outcomes = await race(
            run(cancel_order, CancelOrder(order_id, "Sorry.")), run(ship_shipment, ShipShipment(shipment))
        )
        [refused] = [each for each in outcomes if isinstance(each, BaseException)]
        assert isinstance(refused, IllegalTransition)
        it = await requirement(order_id, "MUG")
        assert sorted((it.canceled, it.shipped)) == [0, 2]
        assert (await order(order_id)).status == ("CANCELED" if it.canceled else "CONFIRMED")
    await assert_books_balance()


async def test_a_unit_is_announced_for_return_once(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 1})
    await deliver(order_id)
    it = await requirement(order_id, "MUG")
    request = RequestReturn(order_id, (RequestReturnLine(it.id, 1),), "Too big.")
    outcomes = await race(*(run(request_return, request) for _ in range(4)))
    assert sum(isinstance(each, UUID) for each in outcomes) == 1
    assert sum(isinstance(each, NotReturnable) for each in outcomes) == 3
    await assert_books_balance()


async def test_a_return_is_received_once(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 1})
    await pay(order_id)
    await deliver(order_id)
    it = await requirement(order_id, "MUG")
    rma = await run(request_return, RequestReturn(order_id, (RequestReturnLine(it.id, 1),), "Too big."))
    await run(approve_return, ApproveReturn(rma))
    outcomes = await race(*(run(receive_return, ReceiveReturn(rma, place_id)) for place_id in shop.places))
    assert sum(isinstance(each, UUID) for each in outcomes) == 1
    assert (await ReturnRow.get(id=rma)).units_awaited == 0
    assert await column(RefundRow.all(), "amount_minor") == [1000]
    await assert_books_balance()


async def test_money_goes_back_once_whatever_the_keys(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 1})
    await pay(order_id)
    await run(grant_refund, GrantRefund(order_id, 400, "EUR", "Sorry."))
    request = RecordRefund((await RefundRow.get()).id)
    keys = ["a", "a", "b", "b", None]
    outcomes = await race(*(RUNNER.run(record_refund, ADMIN, request, key=key) for key in keys))
    done = [each for each in outcomes if not isinstance(each, BaseException)]
    assert all(isinstance(each, IllegalTransition) for each in outcomes if isinstance(each, BaseException))
    assert len(done) in (1, 2), "one effect, and a replay for the twin of its key"
    assert await column(PaymentTransactionRow.filter(kind="REFUND"), "amount_minor") == [400]
    assert await IdempotencyRow.all().count() <= 1
    await assert_books_balance()


async def test_refunds_granted_at_once_never_exceed_what_was_paid(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 1})
    await pay(order_id)
    outcomes = await race(*(run(grant_refund, GrantRefund(order_id, 600, "EUR", "Sorry.")) for _ in range(3)))
    assert sum(isinstance(each, AmountTooLarge) for each in outcomes) == 2
    assert await column(RefundRow.all(), "amount_minor") == [600]
    await assert_books_balance()


@pytest.mark.parametrize("amount", [None, 400])
async def test_one_payment_recorded_at_once_by_two_people_is_recorded_once(
    database: Database, amount: int | None
) -> None:
    await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 1})
    request = RecordPayment((await PaymentRow.get(order_id=order_id)).id, amount)
    outcomes = await race(run(record_payment, request), run(record_payment, request))
    assert sum(isinstance(each, IllegalTransition) for each in outcomes) == 1
    assert await column(PaymentTransactionRow.all(), "amount_minor") == [amount or 1000]
    await assert_books_balance()


async def reject_at(order_id: UUID, place_id: UUID) -> UUID:
    work = await FulfillmentOrderRow.get(order_id=order_id, location_id=place_id, status="OPEN")
    return await run(reject_fulfillment_order, RejectFulfillmentOrder(work.id, "Not on the shelf."))


async def deadlocks(admin: asyncpg.Connection, name: str) -> int:
    """How many the database has had, asked when its connections have ended: until then they keep it to themselves."""
    async with asyncio.timeout(20):
        while await admin.fetchval("SELECT count(*) FROM pg_stat_activity WHERE datname = $1", name):
            pass
    counted: int = await admin.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = $1", name)
    return counted


async def test_works_with_the_same_skus_are_rejected_at_once_without_a_deadlock(
    postgres_database_url: str, postgres_admin: asyncpg.Connection
) -> None:
    name = urlsplit(postgres_database_url).path.lstrip("/")
    async with open_database(postgres_database_url):
        shop = await open_shop({"MUG": (50, 0), "TEE": (0, 50)})
        left = []
        for _ in range(5):
            for first, other in ((shop.south, shop.north), (shop.north, shop.south)):
                order_id = await place({"MUG": 1, "TEE": 1})
                await reject_at(order_id, first)
                left.append((order_id, other))
    before = await deadlocks(postgres_admin, name)
    async with open_database(postgres_database_url):
        outcomes = await race(*(reject_at(order_id, place_id) for order_id, place_id in left))
        assert [each for each in outcomes if not isinstance(each, UUID)] == []
        for order_id, _ in left:
            assert [(await requirement(order_id, sku)).unallocated for sku in ("MUG", "TEE")] == [1, 1]
        await assert_books_balance()
    assert await deadlocks(postgres_admin, name) == before


async def test_a_scan_that_waited_while_its_label_moved_lands_on_the_parcel_that_bears_it_now(
    postgres_database: Database,
) -> None:
    await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 1})
    [work] = await works(order_id)
    request = PackShipment(work, CARRIER, (PackParcel("JD01"),))
    first = await run(pack_shipment, request)
    is_locked = asyncio.Event()

    async def pack_anew(tx: UnitOfWork, shipment_id: UUID) -> UUID:
        """Unpack it and pack its units under the same label, while the scan waits for the order."""
        await orders.lock(tx, order_id)
        is_locked.set()
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        async with asyncio.timeout(20):
            while not await current_connection().execute_query_dict(waiting):
                pass
        await cancel_shipment(tx, CancelShipment(shipment_id))
        await tx.flush()
        return await pack_shipment(tx, request)

    packing = asyncio.create_task(run(pack_anew, first))
    await is_locked.wait()
    scan = RecordScan(TrackingStatus.DELIVERED, NOON, carrier=CARRIER, tracking_number="JD01")
    scanned = await run(record_scan, scan)
    live = await ParcelRow.get(shipment_id=await packing)
    assert scanned == live.id
    assert (live.tracking_number, (await ParcelRow.get(shipment_id=first)).tracking_number) == ("JD01", None)
    assert await column(ShipmentRow.filter(order_id=order_id).order_by("id"), "status") == ["CANCELED", "DELIVERED"]
    await assert_books_balance()
