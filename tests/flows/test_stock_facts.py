"""Facts from the floor: damage, sales at the till, counts. They are booked whatever the books had."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from domain.flows.adjust_many import AdjustMany, AdjustRow, CountMany, CountRow, adjust_many, count_many
from domain.flows.adjust_stock import AdjustStock, CountStock, adjust_stock, count_stock
from domain.flows.sell_at_till import TillLine, TillSale, sell_at_till
from domain.flows.set_aside_stock import (
    DisposeStock,
    SetAside,
    SetAsideState,
    clear_stock,
    damage_stock,
    dispose_stock,
    quarantine_stock,
    repair_stock,
)
from domain.flows.set_stock_marks import SetLowMark, SetSafetyStock, set_low_mark, set_safety_stock
from domain.flows.ship_shipment import ShipShipment, ship_shipment
from domain.kernel.actor import Role, staff
from domain.kernel.errors import DomainError, InvalidInput, PermissionDenied, Refusals
from domain.kernel.models import StockLogRow
from domain.locations.models import LocationRow
from domain.stock.errors import InsufficientStock, NotSetAside, StaleStock
from domain.stock.models import AdjustmentReason, StockMovementRow
from domain.stock.queries import atp
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import Shop, dump, level, open_shop, pack, place, run, works

SUPPORT = staff("sam", Role.SUPPORT)


async def counters(sku: str, place_id: UUID) -> tuple[int, int, int, int]:
    """On hand, damaged, quarantined, and what may be promised."""
    it = await level(sku, place_id)
    return it.on_hand, it.damaged, it.quarantined, atp(it)


async def ledger(sku: str) -> list[tuple[str, int, int, int]]:
    """The cause of each movement, and what it changed: on hand, damaged, quarantined."""
    rows = await StockMovementRow.filter(level__sku=sku).order_by("id")
    return [(row.cause, row.on_hand, row.damaged, row.quarantined) for row in rows]


async def refuses(error: type[DomainError], flow: Any, request: Any, *, path: tuple[str, ...]) -> DomainError:
    """The refusal, which changed nothing."""
    before = await dump()
    with pytest.raises(error) as refused:
        await run(flow, request)
    assert (refused.value.path, await dump()) == (path, before)
    return refused.value


async def test_damaged_units_stay_on_hand_and_are_promised_to_nobody_until_they_are_repaired(
    database: Database,
) -> None:
    shop = await open_shop({"MUG": (10,)})
    await run(damage_stock, SetAside("MUG", shop.north, 3, "Water."))
    assert await counters("MUG", shop.north) == (10, 3, 0, 7)
    await run(repair_stock, SetAside("MUG", shop.north, 1))
    assert await counters("MUG", shop.north) == (10, 2, 0, 8)
    await run(dispose_stock, DisposeStock("MUG", shop.north, 2, SetAsideState.DAMAGED))
    assert await counters("MUG", shop.north) == (8, 0, 0, 8)
    assert await ledger("MUG") == [
        ("RECEIVED", 10, 0, 0),
        ("DAMAGED", 0, 3, 0),
        ("REPAIRED", 0, -1, 0),
        ("DISPOSED", -2, -2, 0),
    ]
    await assert_books_balance()


async def test_units_in_quarantine_wait_until_they_are_cleared_or_disposed_of(database: Database) -> None:
    shop = await open_shop({"MUG": (10,)})
    await run(quarantine_stock, SetAside("MUG", shop.north, 4))
    await run(clear_stock, SetAside("MUG", shop.north, 1))
    await run(dispose_stock, DisposeStock("MUG", shop.north, 2, SetAsideState.QUARANTINED))
    assert await counters("MUG", shop.north) == (8, 0, 1, 7)
    await assert_books_balance()


@pytest.mark.parametrize(
    ("flow", "state"), [(repair_stock, SetAsideState.DAMAGED), (clear_stock, SetAsideState.QUARANTINED)]
)
async def test_no_more_units_leave_a_state_than_are_in_it(database: Database, flow: Any, state: SetAsideState) -> None:
    shop = await open_shop({"MUG": (10,)})
    await run(damage_stock, SetAside("MUG", shop.north, 2))
    await run(quarantine_stock, SetAside("MUG", shop.north, 2))
    for verb, request in (
        (flow, SetAside("MUG", shop.north, 3)),
        (dispose_stock, DisposeStock("MUG", shop.north, 3, state)),
    ):
        refusal = await refuses(NotSetAside, verb, request, path=("quantity",))
        assert isinstance(refusal, NotSetAside)
        assert (refusal.sku, refusal.requested, refusal.state, refusal.there) == ("MUG", 3, state, 2)


async def test_damage_beyond_what_is_free_is_booked_and_takes_atp_below_zero(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await place({"MUG": 4})
    await run(damage_stock, SetAside("MUG", shop.north, 3))
    assert await counters("MUG", shop.north) == (5, 3, 0, -2)
    await assert_books_balance(is_oversold=True)


async def test_more_damage_than_the_books_had_on_hand_puts_the_books_right(database: Database) -> None:
    shop = await open_shop({"MUG": (2,)})
    await run(damage_stock, SetAside("MUG", shop.north, 5))
    assert await counters("MUG", shop.north) == (5, 5, 0, 0)
    assert await ledger("MUG") == [("RECEIVED", 2, 0, 0), ("ADJUSTED", 3, 0, 0), ("DAMAGED", 0, 5, 0)]
    await assert_books_balance()


def till(shop: Shop, receipt: str, **units: int) -> TillSale:
    return TillSale(shop.north, receipt, tuple(TillLine(sku, count) for sku, count in units.items()))


async def test_a_sale_at_the_till_takes_what_it_says_even_what_was_promised(database: Database) -> None:
    shop = await open_shop({"MUG": (5,), "TEE": (5,)})
    await place({"MUG": 4})
    await run(sell_at_till, till(shop, "R-1", MUG=3, TEE=1))
    assert await counters("MUG", shop.north) == (2, 0, 0, -2)
    assert await counters("TEE", shop.north) == (4, 0, 0, 4)
    await assert_books_balance(is_oversold=True)


async def test_lines_of_one_sku_on_a_receipt_are_added_up(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await run(sell_at_till, TillSale(shop.north, "R-1", (TillLine("MUG", 1), TillLine("MUG", 2))))
    assert await ledger("MUG") == [("RECEIVED", 5, 0, 0), ("SOLD_AT_TILL", -3, 0, 0)]


async def test_a_receipt_counts_once_whatever_the_keys(database: Database) -> None:
    shop = await open_shop({"MUG": (5,), "TEE": (5,)})
    await asyncio.gather(*(run(sell_at_till, till(shop, "R-1", MUG=1, TEE=1), key=f"k{n}") for n in range(4)))
    assert [(await level(sku, shop.north)).on_hand for sku in ("MUG", "TEE")] == [4, 4]
    await run(sell_at_till, till(shop, "R-2", MUG=1))
    assert (await level("MUG", shop.north)).on_hand == 3
    for other in (till(shop, "R-1", MUG=2, TEE=1), till(shop, "R-1", MUG=1), till(shop, "R-1", TEE=1, CAP=1)):
        await refuses(InvalidInput, sell_at_till, other, path=("receipt",))
    await assert_books_balance()


async def test_more_sold_than_the_books_had_was_there_all_the_same(database: Database) -> None:
    shop = await open_shop({"MUG": (2,)})
    await run(sell_at_till, till(shop, "R-1", MUG=5))
    assert await counters("MUG", shop.north) == (0, 0, 0, 0)
    assert await ledger("MUG") == [("RECEIVED", 2, 0, 0), ("ADJUSTED", 3, 0, 0), ("SOLD_AT_TILL", -5, 0, 0)]
    await assert_books_balance()


async def test_where_a_location_is_flagged_for_it_the_books_follow_later(database: Database) -> None:
    shop = await open_shop({"MUG": (2,)})
    await LocationRow.filter(id=shop.north).update(allows_negative_on_hand=True)
    await run(sell_at_till, till(shop, "R-1", MUG=5))
    assert await counters("MUG", shop.north) == (-3, 0, 0, -3)
    await run(damage_stock, SetAside("MUG", shop.north, 1))
    assert await counters("MUG", shop.north) == (-3, 1, 0, -4)
    await assert_books_balance(is_oversold=True)


async def test_a_correction_says_why_and_may_expect_what_was_seen(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    stolen = AdjustStock("MUG", shop.north, -2, reason=AdjustmentReason.STOLEN, expected_on_hand=5)
    await run(adjust_stock, stolen)
    assert [row.reason for row in await StockMovementRow.all().order_by("id")] == [None, AdjustmentReason.STOLEN]
    stale = await refuses(StaleStock, adjust_stock, stolen, path=("expectedOnHand",))
    assert isinstance(stale, StaleStock)
    assert (stale.expected, stale.actual) == (5, 3)


async def test_a_count_that_agrees_with_the_books_stands_in_the_ledger(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await run(count_stock, CountStock("MUG", shop.north, 5, 5))
    assert await ledger("MUG") == [("RECEIVED", 5, 0, 0), ("COUNTED", 0, 0, 0)]
    assert await StockLogRow.all().count() == 2  # what a receipt changed and brought back, and no more
    await assert_books_balance()


async def test_safety_stock_is_never_promised_and_a_mark_says_from_where_on_it_is_low(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await run(set_safety_stock, SetSafetyStock("MUG", shop.north, 3))
    await run(set_low_mark, SetLowMark("MUG", shop.north, 1))
    with pytest.raises(InsufficientStock):
        await place({"MUG": 3})
    await place({"MUG": 1})
    it = await level("MUG", shop.north)
    assert (it.safety_stock, it.low_stock_at, atp(it)) == (3, 1, 1)
    assert await StockLogRow.filter(type="StockRanLow").count() == 1
    await run(set_safety_stock, SetSafetyStock("MUG", shop.north, 0))
    await run(set_low_mark, SetLowMark("MUG", shop.north, None))
    it = await level("MUG", shop.north)
    assert (it.safety_stock, it.low_stock_at, atp(it)) == (0, None, 4)
    await refuses(InvalidInput, set_safety_stock, SetSafetyStock("MUG", shop.north, -1), path=("units",))
    await assert_books_balance()


async def test_many_corrections_at_once_are_all_booked(database: Database) -> None:
    shop = await open_shop({"MUG": (5,), "TEE": (5,)})
    rows = (AdjustRow("MUG", -2, 5), AdjustRow("TEE", 3), AdjustRow("CAP", 1))
    await run(adjust_many, AdjustMany(shop.north, rows))
    assert [(await level(sku, shop.north)).on_hand for sku in ("MUG", "TEE", "CAP")] == [3, 8, 1]
    await run(count_many, CountMany(shop.north, (CountRow("MUG", 9, 3), CountRow("TEE", 0, 8))))
    assert [(await level(sku, shop.north)).on_hand for sku in ("MUG", "TEE", "CAP")] == [9, 0, 1]
    await assert_books_balance()


async def test_of_many_counts_none_is_booked_when_one_is_wrong_and_all_that_is_wrong_is_named(
    database: Database,
) -> None:
    shop = await open_shop({"MUG": (5,), "TEE": (5,)})
    counts = (CountRow("MUG", 4, 5), CountRow("TEE", 4, 6), CountRow("NOPE", 1, 0), CountRow("CAP", -1, 0))
    refusal = await refuses(Refusals, count_many, CountMany(shop.north, counts), path=())
    assert isinstance(refusal, Refusals)
    assert [(each.code, each.path) for each in refusal.errors] == [
        ("STALE_STOCK", ("rows", "1", "expectedOnHand")),
        ("UNKNOWN_SKU", ("rows", "2", "sku")),
        ("INVALID_INPUT", ("rows", "3", "counted")),
    ]
    changes = (AdjustRow("MUG", -6), AdjustRow("TEE", 0), AdjustRow("CAP", 1))
    refusal = await refuses(Refusals, adjust_many, AdjustMany(shop.north, changes), path=())
    assert isinstance(refusal, Refusals)
    assert [(each.code, each.path) for each in refusal.errors] == [
        ("INSUFFICIENT_STOCK", ("rows", "0", "delta")),
        ("INVALID_INPUT", ("rows", "1", "delta")),
    ]
    twice = CountMany(shop.north, (CountRow("MUG", 4, 5), CountRow("MUG", 5, 5)))
    await refuses(InvalidInput, count_many, twice, path=("rows", "1", "sku"))
    many = CountMany(shop.north, tuple(CountRow(f"S{n}", 1, 1) for n in range(101)))
    await refuses(InvalidInput, count_many, many, path=("rows",))


async def test_only_who_may_adjust_stock_tells_facts_about_it(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    before = await dump()
    for flow, request in (
        (damage_stock, SetAside("MUG", shop.north, 1)),
        (dispose_stock, DisposeStock("MUG", shop.north, 1, SetAsideState.DAMAGED)),
        (sell_at_till, till(shop, "R-1", MUG=1)),
        (set_safety_stock, SetSafetyStock("MUG", shop.north, 1)),
        (count_many, CountMany(shop.north, (CountRow("MUG", 5, 5),))),
    ):
        with pytest.raises(PermissionDenied):
            await run(flow, request, actor=SUPPORT)  # type: ignore[arg-type]
    assert await dump() == before


async def test_counts_and_shipments_at_once_leave_what_both_say(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (100,)})
    shipments = [await pack((await works(await place({"MUG": 2})))[0]) for _ in range(10)]

    async def count() -> object:
        """A count of what is there, taken anew whenever a shipment was faster."""
        for _ in range(50):
            seen = (await level("MUG", shop.north)).on_hand
            try:
                return await run(count_stock, CountStock("MUG", shop.north, seen - 1, seen))
            except StaleStock:
                continue
        raise AssertionError("never once in fifty times")

    shipping = [run(ship_shipment, ShipShipment(each)) for each in shipments]
    await asyncio.gather(*shipping, *(count() for _ in range(3)))
    assert (await level("MUG", shop.north)).on_hand == 100 - 20 - 3
    await assert_books_balance()
