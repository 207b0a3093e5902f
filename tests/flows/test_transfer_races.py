"""Races of transfers and assemblies on PostgreSQL: with orders, with one another, and with themselves."""

from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from domain.kernel.errors import IllegalTransition
from domain.orders.models import OrderRow
from domain.stock.errors import InsufficientStock
from domain.stock.models import StockMovementRow
from domain.transfers.models import TransferRow
from server.database import Database, open_database
from tests.domain.books import assert_books_balance
from tests.domain.moves import (
    cancel,
    counters,
    declare_kit,
    dispatch,
    line,
    make_kits,
    plan,
    plan_kits,
    receive,
    release,
    release_kits,
    send,
    status_of,
    write_off,
)
from tests.domain.shop import level, open_shop, place
from tests.flows.test_races import buyers, deadlocks, race, said


def done(outcomes: list[object]) -> list[UUID]:
    """Those that were not refused."""
    return [each for each in outcomes if isinstance(each, UUID)]


async def test_of_the_last_units_orders_and_transfers_get_exactly_what_there_is(postgres_database_url: str) -> None:
    async with open_database(postgres_database_url):
        shop = await open_shop({"MUG": (40,)})
        drafts = [await plan(shop.north, shop.south, {"MUG": 2}) for _ in range(20)]
    async with (
        open_database(postgres_database_url, pool_size=5),
        buyers(postgres_database_url, 2, "30", "4") as bought,
    ):
        outcomes = await race(*map(release, drafts))
        lines = await said(bought)
    refused = [each for each in outcomes if not isinstance(each, UUID)]
    assert all(isinstance(each, InsufficientStock) for each in refused), refused
    assert {each for each in lines if each.startswith("refused")} <= {"refused INSUFFICIENT_STOCK"}
    async with open_database(postgres_database_url):
        assert await OrderRow.all().count() + 2 * len(done(outcomes)) == 40
        assert await counters("MUG", shop.north) == {"on_hand": 40, "allocated": 40}
        await assert_books_balance()


async def test_units_of_transfers_that_are_called_off_go_to_orders_and_none_twice(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (10,)})
    released = [await release(await plan(shop.north, shop.south, {"MUG": 2})) for _ in range(5)]
    outcomes = await race(*map(cancel, released), *(place({"MUG": 1}) for _ in range(20)))
    assert done(outcomes[:5]) == released
    orders = done(outcomes[5:])
    assert all(isinstance(each, UUID | InsufficientStock) for each in outcomes)
    assert (await level("MUG", shop.north)).allocated == len(orders) <= 10
    await assert_books_balance()


async def test_a_transfer_leaves_once_whatever_the_keys(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (9,)})
    transfer = await release(await plan(shop.north, shop.south, {"MUG": 4}))
    outcomes = await race(*(dispatch(transfer, key=key) for key in ("a", "a", "b", "b")))
    assert len(done(outcomes)) in (1, 2), "one effect, and a replay for the twin of its key"
    assert all(isinstance(each, IllegalTransition) for each in outcomes if not isinstance(each, UUID))
    assert await counters("MUG", shop.north) == {"on_hand": 5}
    assert await counters("MUG", shop.south) == {"incoming": 4}
    assert await StockMovementRow.filter(cause="TRANSFERRED_OUT").count() == 1
    await assert_books_balance()


async def test_all_of_a_transfer_arrives_once_whatever_the_keys(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (9,)})
    transfer = await send(shop.north, shop.south, {"MUG": 4})
    outcomes = await race(*(receive(transfer, key=key) for key in ("a", "a", "b", "b")))
    assert len(done(outcomes)) in (1, 2)
    assert all(isinstance(each, IllegalTransition) for each in outcomes if not isinstance(each, UUID))
    assert await counters("MUG", shop.south) == {"on_hand": 4}
    assert await StockMovementRow.filter(cause="TRANSFERRED_IN").count() == 1
    await assert_books_balance()


async def test_receipts_of_parts_at_once_are_all_booked_each_once_a_key(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (20,)})
    transfer = await send(shop.north, shop.south, {"MUG": 12})
    parts = [receive(transfer, ("MUG", 2), key=key) for key in ("a", "b", "c", "d", "a", "b", "c", "d")]
    lost = [write_off(transfer, {"MUG": 1}, key=key) for key in ("e", "e")]
    assert await race(*parts, *lost) == [transfer] * 10
    assert await counters("MUG", shop.south) == {"on_hand": 8, "incoming": 3}
    assert await line(transfer, "MUG") == {"quantity": 12, "dispatched": 12, "received": 8, "written_off": 1}
    assert await status_of(transfer) == "PARTIALLY_RECEIVED"
    await assert_books_balance()


async def test_a_transfer_is_either_called_off_or_leaves(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (50,)})
    for _ in range(5):
        transfer = await release(await plan(shop.north, shop.south, {"MUG": 2}))
        outcomes = await race(cancel(transfer), dispatch(transfer))
        [refused] = [each for each in outcomes if not isinstance(each, UUID)]
        assert isinstance(refused, IllegalTransition)
        assert await status_of(transfer) in ("CANCELED", "IN_TRANSIT")
    await assert_books_balance()


async def test_opposite_transfers_of_the_same_skus_at_once_all_arrive_without_a_deadlock(
    postgres_database_url: str, postgres_admin: asyncpg.Connection
) -> None:
    name = urlsplit(postgres_database_url).path.lstrip("/")
    async with open_database(postgres_database_url):
        shop = await open_shop({"MUG": (50, 50), "TEE": (50, 50), "CAP": (0, 50)})
        here, there = shop.north, shop.south
        drafts = []
        for n in range(12):
            ends = (here, there) if n % 2 else (there, here)
            skus = {"MUG": 1, "TEE": 2} if n % 3 else {"TEE": 2, "MUG": 1}
            drafts.append(await plan(*ends, skus))
        # Levels that nobody has yet, made by many at once.
        drafts += [await plan(there, shop.west, {"CAP": 1, "TEE": 1, "MUG": 1}) for _ in range(6)]
    before = await deadlocks(postgres_admin, name)

    async def travel(transfer: UUID) -> UUID:
        await release(transfer)
        await dispatch(transfer)
        return await receive(transfer)

    async with open_database(postgres_database_url, pool_size=8):
        assert await race(*map(travel, drafts)) == drafts
        assert await TransferRow.filter(status="RECEIVED").count() == 18
        assert await counters("MUG", here) == {"on_hand": 50}
        assert await counters("MUG", there) == {"on_hand": 44}
        assert await counters("TEE", there) == {"on_hand": 44}
        assert [await counters(sku, shop.west) for sku in ("CAP", "TEE", "MUG")] == [{"on_hand": 6}] * 3
        await assert_books_balance()
    assert await deadlocks(postgres_admin, name) == before


async def test_kits_orders_and_transfers_that_share_a_component_never_promise_it_twice(
    postgres_database: Database,
) -> None:
    shop = await open_shop({"MUG": (20,), "TEE": (20,)})
    await declare_kit("CAP", {"MUG": 2, "TEE": 1})
    kits = [await plan_kits("CAP", shop.north, 2) for _ in range(6)]
    drafts = [await plan(shop.north, shop.south, {"TEE": 1, "MUG": 3}) for _ in range(4)]
    acts = [*map(release_kits, kits), *map(release, drafts), *(place({"MUG": 1}) for _ in range(10))]
    outcomes = await race(*acts)
    assert all(isinstance(each, UUID | InsufficientStock) for each in outcomes), outcomes
    made, moved, sold = (len(done(some)) for some in (outcomes[:6], outcomes[6:10], outcomes[10:]))
    assert (await level("MUG", shop.north)).allocated == 4 * made + 3 * moved + sold <= 20
    assert (await level("TEE", shop.north)).allocated == 2 * made + moved
    await assert_books_balance()
    assert len(done(await race(*map(make_kits, done(outcomes[:6]))))) == made
    assert (await level("CAP", shop.north)).on_hand == 2 * made
    await assert_books_balance()


async def test_the_kits_of_an_assembly_are_made_once(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (20,)})
    await declare_kit("CAP", {"MUG": 2})
    assembly = await release_kits(await plan_kits("CAP", shop.north, 3))
    outcomes = await race(*(make_kits(assembly, key=key) for key in ("a", "a", "b", None)))
    assert len(done(outcomes)) in (1, 2)
    assert all(isinstance(each, IllegalTransition) for each in outcomes if not isinstance(each, UUID))
    assert await counters("CAP", shop.north) == {"on_hand": 3}
    assert await counters("MUG", shop.north) == {"on_hand": 14}
    await assert_books_balance()
