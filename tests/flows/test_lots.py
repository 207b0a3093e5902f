"""Lots and serial numbers: which units came, and which of them leave first."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.catalog.models import Traceability, VariantRow
from domain.flows.adjust_stock import AdjustStock, CountStock, adjust_stock, count_stock
from domain.flows.expire_lots import QuarantineExpired, quarantine_expired
from domain.flows.receive_return import DisposeReturn, ReceiveReturn, dispose_return, receive_return
from domain.flows.request_return import (
    ApproveReturn,
    RequestReturn,
    RequestReturnLine,
    approve_return,
    request_return,
)
from domain.flows.sell_at_till import TillLine, TillSale, sell_at_till
from domain.flows.set_aside_stock import DisposeStock, SetAside, SetAsideState, damage_stock, dispose_stock
from domain.flows.trace_variant import SetVariantTraceability, set_variant_traceability
from domain.kernel.errors import DomainError, InvalidInput
from domain.kernel.models import JobRow
from domain.locations.models import LocationRow
from domain.returns.lifecycle import DispositionAction
from domain.returns.models import DispositionRow
from domain.stock.decisions import LotUnits, leaving
from domain.stock.errors import InsufficientStock, SerialNumbersKnown
from domain.stock.models import AdjustmentReason, LotRow, Rotation, SerialNumberRow, StockMovementRow
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import Shop, deliver, dump, forget_everything, level, open_shop, place, requirement, run, ship

TODAY = datetime.now(UTC).date()
SOON, LATER, PAST = TODAY + timedelta(days=5), TODAY + timedelta(days=50), TODAY - timedelta(days=2)


async def open_traced_shop(*, fefo: bool = True, **stock: tuple[int, ...]) -> Shop:
    """A shop that tells lots of MUG apart."""
    shop = await open_shop(stock)
    await run(
        set_variant_traceability, SetVariantTraceability("MUG", Traceability.LOT, is_first_expired_first_out=fefo)
    )
    return shop


async def receive(place_id: UUID, units: int, *lots: tuple[str, date | None, int]) -> None:
    named = tuple(LotUnits(*each) for each in lots)
    await run(adjust_stock, AdjustStock("MUG", place_id, units, is_receipt=True, lots=named))


async def lots(place_id: UUID) -> dict[str, int]:
    """Units on hand of each lot, by its number, the oldest first."""
    rows = await LotRow.filter(level__location_id=place_id).order_by("received_at", "id")
    return {row.number: row.on_hand for row in rows}


async def refuses(error: type[DomainError], request: AdjustStock, path: tuple[str, ...]) -> None:
    before = await dump()
    with pytest.raises(error) as refused:
        await run(adjust_stock, request)
    assert (refused.value.path, await dump()) == (path, before)


async def test_units_come_to_the_lots_that_were_named_and_leave_by_their_date(database: Database) -> None:
    shop = await open_traced_shop()
    await receive(shop.north, 6, ("B", LATER, 6))
    await receive(shop.north, 4, ("A", SOON, 4))
    await receive(shop.north, 5)
    await ship(await place({"MUG": 5}))
    assert await lots(shop.north) == {"B": 5, "A": 0, "": 5}
    shipped = await StockMovementRow.filter(cause="SHIPPED").order_by("id").select_related("lot")
    assert [(row.lot.number, row.on_hand, row.allocated) for row in shipped] == [("A", -4, -4), ("B", -1, -1)]
    await ship(await place({"MUG": 6}))
    assert await lots(shop.north) == {"B": 0, "A": 0, "": 4}
    await assert_books_balance()


async def test_without_fefo_the_oldest_lot_leaves_first(database: Database) -> None:
    shop = await open_traced_shop(fefo=False)
    await receive(shop.north, 6, ("B", LATER, 6))
    await receive(shop.north, 4, ("A", SOON, 4))
    await ship(await place({"MUG": 7}))
    assert await lots(shop.north) == {"B": 0, "A": 3}
    await assert_books_balance()


def test_what_is_past_its_date_leaves_last_where_it_is_sold_and_first_where_it_is_thrown_away() -> None:
    shelf = [
        LotRow(number="old", expires_on=PAST, on_hand=2),
        LotRow(number="later", expires_on=LATER, on_hand=2),
        LotRow(number="soon", expires_on=SOON, on_hand=2),
        LotRow(number="never", expires_on=None, on_hand=2),
        LotRow(number="gone", expires_on=SOON, on_hand=0),
    ]
    assert list(leaving(shelf, 8, TODAY, by_expiry=True)) == ["soon", "later", "never", "old"]
    assert list(leaving(shelf, 8, TODAY, by_expiry=False)) == ["later", "soon", "never", "old"]
    assert list(leaving(shelf, 8, TODAY, by_expiry=True, past_first=True)) == ["old", "soon", "later", "never"]
    assert leaving(shelf, 3, TODAY, by_expiry=True) == {"soon": 2, "later": 1}
    assert leaving(shelf, 11, TODAY, by_expiry=True) == {"soon": 2, "later": 2, "never": 2, "old": 2, "": 3}


async def test_lots_add_up_to_the_units_and_keep_their_date(database: Database) -> None:
    shop = await open_traced_shop(TEE=(1,))
    await receive(shop.north, 4, ("A", SOON, 4))

    def asked(units: int, *named: LotUnits, sku: str = "MUG", is_receipt: bool = True) -> AdjustStock:
        return AdjustStock(sku, shop.north, units, is_receipt=is_receipt, lots=named)

    await refuses(InvalidInput, asked(5, LotUnits("B", None, 4)), ("lots",))
    await refuses(InvalidInput, asked(2, LotUnits("B", None, 1), LotUnits("B", None, 1)), ("lots",))
    await refuses(InvalidInput, asked(2, LotUnits("", None, 2)), ("lots", "0", "number"))
    await refuses(InvalidInput, asked(2, LotUnits("A", LATER, 2)), ("lots",))
    await refuses(InvalidInput, asked(2, LotUnits("A", SOON, 2), sku="TEE"), ("lots",))
    await refuses(InvalidInput, asked(-2, LotUnits("Z", None, 2), is_receipt=False), ("lots",))
    await run(adjust_stock, asked(-3, LotUnits("A", None, 3), is_receipt=False))
    assert await lots(shop.north) == {"A": 1}
    await assert_books_balance()


async def test_what_is_thrown_away_or_expired_is_of_the_lot_that_is_past_its_date(database: Database) -> None:
    shop = await open_traced_shop()
    await receive(shop.north, 9, ("A", SOON, 5), ("OLD", PAST, 4))
    await run(damage_stock, SetAside("MUG", shop.north, 1))
    await run(dispose_stock, DisposeStock("MUG", shop.north, 1, SetAsideState.DAMAGED))
    await run(adjust_stock, AdjustStock("MUG", shop.north, -2, reason=AdjustmentReason.EXPIRED))
    assert await lots(shop.north) == {"A": 5, "OLD": 1}
    await run(adjust_stock, AdjustStock("MUG", shop.north, -2))
    assert await lots(shop.north) == {"A": 3, "OLD": 1}
    await assert_books_balance()


async def test_more_than_any_lot_has_leaves_the_one_without_a_number(database: Database) -> None:
    shop = await open_traced_shop()
    await receive(shop.north, 2, ("A", SOON, 2))
    await LocationRow.filter(id=shop.north).update(allows_negative_on_hand=True)
    await run(sell_at_till, TillSale(shop.north, "R-1", (TillLine("MUG", 5),)))
    assert await lots(shop.north) == {"A": 0, "": -3}
    await run(count_stock, CountStock("MUG", shop.north, 4, -3))
    assert await lots(shop.north) == {"A": 0, "": 4}
    await assert_books_balance()


async def test_a_lot_is_put_into_quarantine_when_its_last_day_is_over_where_it_lies(database: Database) -> None:
    shop = await open_traced_shop()
    await receive(shop.north, 9, ("A", SOON, 5), ("OLD", PAST, 4))
    a, old = await LotRow.filter(number="A").get(), await LotRow.filter(number="OLD").get()
    due = {job.payload["lot_id"]: job.run_at for job in await JobRow.filter(kind="quarantine_expired")}
    assert due[old.id.hex] <= datetime.now(UTC)
    # At the earliest the day is over in the easternmost time zone.
    assert due[a.id.hex] == datetime(SOON.year, SOON.month, SOON.day, 10, tzinfo=UTC)
    for _ in range(2):
        for lot in (a, old):
            await run(quarantine_expired, QuarantineExpired(lot.id))
    it = await level("MUG", shop.north)
    assert (it.on_hand, it.quarantined) == (9, 4)
    [line] = await StockMovementRow.filter(cause="QUARANTINED")
    assert (line.quarantined, line.lot_id, line.note) == (4, old.id, f"Lot OLD expired on {PAST}.")
    # Not over yet: looked at again at midnight in Berlin.
    [*_, again] = await JobRow.filter(kind="quarantine_expired").order_by("run_at")
    assert (again.run_at.astimezone(UTC).hour, again.payload["lot_id"]) in ((22, a.id.hex), (23, a.id.hex))
    with pytest.raises(InsufficientStock):
        await place({"MUG": 6})
    await receive(shop.north, 1, ("OLD", PAST, 1))
    await run(quarantine_expired, QuarantineExpired(old.id))
    await run(dispose_stock, DisposeStock("MUG", shop.north, 5, SetAsideState.QUARANTINED))
    assert await lots(shop.north) == {"A": 5, "OLD": 0}
    assert (await level("MUG", shop.north)).quarantined == 0
    await assert_books_balance()


async def test_what_comes_back_stands_in_the_lot_without_a_number_where_it_came_back(database: Database) -> None:
    shop = await open_traced_shop()
    await receive(shop.north, 4, ("A", SOON, 4))
    order_id = await place({"MUG": 3})
    await deliver(order_id)
    it = await requirement(order_id, "MUG")
    rma = await run(request_return, RequestReturn(order_id, (RequestReturnLine(it.id, 3),), "Too big."))
    await run(approve_return, ApproveReturn(rma))
    await run(receive_return, ReceiveReturn(rma, shop.west))
    units = {DispositionAction.RESTOCK: 1, DispositionAction.DAMAGE: 2}
    for action, count in units.items():
        pending = await DispositionRow.get(rma_id=rma, status="PENDING")
        await run(dispose_return, DisposeReturn(pending.id, action, count))
    assert (await lots(shop.north), await lots(shop.west)) == ({"A": 1}, {"": 3})
    west = await level("MUG", shop.west)
    assert (west.on_hand, west.damaged, west.rotation) == (3, 2, Rotation.FEFO)
    await assert_books_balance()


async def test_a_variant_that_is_told_apart_from_now_on_has_lots_without_numbers(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 2)})
    await run(set_variant_traceability, SetVariantTraceability("MUG", Traceability.LOT))
    assert [await lots(each) for each in shop.places] == [{"": 5}, {"": 2}, {}]
    await receive(shop.north, 2, ("A", SOON, 2))
    await run(set_variant_traceability, SetVariantTraceability("MUG", Traceability.NONE))
    await ship(await place({"MUG": 6}))
    assert await lots(shop.north) == {"": 5, "A": 2}
    await run(set_variant_traceability, SetVariantTraceability("MUG", Traceability.LOT))
    assert sum((await lots(shop.north)).values()) == (await level("MUG", shop.north)).on_hand == 1
    await assert_books_balance()
    row = await VariantRow.get(sku="MUG")
    assert (row.traceability, row.is_first_expired_first_out) == (Traceability.LOT, False)


async def test_each_unit_that_arrives_has_its_serial_number_and_no_other_unit_has_it(database: Database) -> None:
    shop = await open_shop({"TEE": (1,)})
    await run(set_variant_traceability, SetVariantTraceability("MUG", Traceability.SERIAL))

    def arrived(*numbers: str, units: int = 0, sku: str = "MUG") -> AdjustStock:
        return AdjustStock(sku, shop.north, units or len(numbers), is_receipt=True, serial_numbers=numbers)

    await run(adjust_stock, arrived("S-2", "S-1"))
    rows = await SerialNumberRow.all().order_by("number")
    at = await level("MUG", shop.north)
    assert [(row.number, row.status, row.level_id) for row in rows] == [
        ("S-1", "ON_HAND", at.id),
        ("S-2", "ON_HAND", at.id),
    ]
    await refuses(InvalidInput, arrived("S-3", units=2), ("serialNumbers",))
    await refuses(InvalidInput, arrived("S-3", "S-3"), ("serialNumbers",))
    await refuses(InvalidInput, arrived(""), ("serialNumbers", "0"))
    await refuses(InvalidInput, arrived("S-3", sku="TEE"), ("serialNumbers",))
    await refuses(SerialNumbersKnown, arrived("S-3", "S-1", "S-2"), ("serialNumbers",))
    with pytest.raises(SerialNumbersKnown) as refused:
        await run(adjust_stock, arrived("S-3", "S-1", "S-2"))
    assert refused.value.numbers == ["S-1", "S-2"]
    await assert_books_balance()


async def one_thing(chance: random.Random, shop: Shop) -> Any:
    """Something that moves units of MUG, most of it sensible."""
    place_id, units = chance.choice(shop.places[:2]), chance.randint(1, 4)
    named = (LotUnits(chance.choice("ABC"), None, units),) if chance.random() < 0.6 else ()
    there = (await level("MUG", place_id)).on_hand
    what = chance.randrange(8)
    if what == 0:
        return await ship(await place({"MUG": units}))
    flow, request = [
        (adjust_stock, AdjustStock("MUG", place_id, units, is_receipt=True, lots=named)),
        (adjust_stock, AdjustStock("MUG", place_id, units, is_receipt=True, lots=named)),
        (adjust_stock, AdjustStock("MUG", place_id, -units, lots=named)),
        (count_stock, CountStock("MUG", place_id, units, there)),
        (sell_at_till, TillSale(place_id, str(chance.random()), (TillLine("MUG", units),))),
        (damage_stock, SetAside("MUG", place_id, units)),
        (dispose_stock, DisposeStock("MUG", place_id, units, SetAsideState.DAMAGED)),
    ][what - 1]
    return await run(flow, request)  # type: ignore[arg-type]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_lots_always_add_up_to_what_is_on_hand(sqlite_database: Database, seed: int) -> None:
    await forget_everything()
    chance = random.Random(seed)
    shop = await open_traced_shop(fefo=chance.random() < 0.5, MUG=(5, 5))
    await LocationRow.filter(id=shop.south).update(allows_negative_on_hand=True)
    for _ in range(25):
        try:
            await one_thing(chance, shop)
        except DomainError:
            continue
        await assert_books_balance(is_oversold=True)
