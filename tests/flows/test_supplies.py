"""Supplies: entered, expected, received in full, in part and in excess, and expected no more."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest

from domain.catalog.errors import UnknownSku
from domain.flows.draft_supply import CreateSupply, NewSupplyLine, SetSupplyLines, create_supply, set_supply_lines
from domain.flows.expect_supply import (
    CancelSupply,
    CloseSupply,
    ConfirmSupply,
    NewTime,
    RescheduleSupply,
    cancel_supply,
    close_supply,
    confirm_supply,
    reschedule_supply,
)
from domain.flows.receive_supply import ArrivedLine, ReceiveSupply, receive_supply
from domain.kernel.actor import Role, staff
from domain.kernel.errors import DomainError, InvalidInput, NotFound, PermissionDenied
from domain.kernel.ids import new_id
from domain.orders.errors import WrongCurrency
from domain.stock.decisions import LotUnits
from domain.stock.models import StockLevelRow
from domain.supplies.models import SupplyKind, SupplyLineRow, SupplyRow
from server.database import Database
from tests.domain.shop import ADMIN, NOON, RUNNER, dump, level, open_shop, place, run
from tests.flows.supplying import (
    assert_supplies_add_up,
    draft,
    expect,
    line,
    moved,
    receive,
    supply,
    told,
)

SUPPORT = staff("sam", Role.SUPPORT)
WEEK = timedelta(days=7)


async def test_a_draft_is_written_down_and_nothing_is_expected_of_it(database: Database) -> None:
    shop = await open_shop()
    lines = (NewSupplyLine("MUG", 12, 250, "EUR"), NewSupplyLine("TEE", 3, expected_at=NOON + WEEK))
    request = CreateSupply(SupplyKind.SHIPPING_NOTICE, "Potters Ltd", shop.south, "EUR", lines, NOON, "ASN-77")
    row = await supply(await run(create_supply, request))
    assert (row.kind, row.supplier, row.external_reference, row.location_id, row.status, row.currency) == (
        SupplyKind.SHIPPING_NOTICE,
        "Potters Ltd",
        "ASN-77",
        shop.south,
        "DRAFT",
        "EUR",
    )
    assert (row.expected_at, row.created_by, row.confirmed_at, row.ended_at) == (NOON, "staff:ada", None, None)
    assert row.number.startswith("S-")
    rows = SupplyLineRow.filter(supply_id=row.id).order_by("sku")
    columns = ("sku", "ordered", "expected", "received", "unit_cost_minor", "currency", "expected_at")
    assert await rows.values_list(*columns) == [
        ("MUG", 12, 0, 0, 250, "EUR", NOON),
        ("TEE", 3, 0, 0, None, "EUR", NOON + WEEK),
    ]
    assert await StockLevelRow.all().count() == 0


async def test_other_lines_take_the_place_of_those_of_a_draft(database: Database) -> None:
    shop = await open_shop()
    supply_id = await draft(shop.north, {"MUG": 12, "TEE": 3})
    await run(set_supply_lines, SetSupplyLines(supply_id, (NewSupplyLine("CAP", 5), NewSupplyLine("MUG", 1))))
    assert await SupplyLineRow.all().order_by("sku").values_list("sku", "ordered") == [("CAP", 5), ("MUG", 1)]


async def test_a_confirmed_supply_is_incoming_at_levels_that_are_made_where_there_are_none(database: Database) -> None:
    shop = await open_shop({"MUG": (4,)})
    supply_id = await expect(shop.north, {"MUG": 12, "TEE": 3})
    assert (await supply(supply_id)).status == "CONFIRMED"
    assert (await supply(supply_id)).confirmed_at is not None
    mug, tee = await level("MUG", shop.north), await level("TEE", shop.north)
    assert (mug.on_hand, mug.incoming, tee.on_hand, tee.incoming) == (4, 12, 0, 3)
    assert await line(supply_id, "MUG") == (12, 12, 0)
    assert await moved(supply_id) == [("EXPECTED", 0, 0, 12), ("EXPECTED", 0, 0, 3)]
    assert await told(supply_id) == [("SupplyConfirmed", {"units": 15})]
    await assert_supplies_add_up()


async def test_what_arrives_in_parts_is_on_hand_in_parts_and_the_last_unit_ends_the_supply(database: Database) -> None:
    shop = await open_shop({"MUG": (4,)})
    supply_id = await expect(shop.north, {"MUG": 12, "TEE": 3})
    await receive(supply_id, {"MUG": 5})
    mug = await level("MUG", shop.north)
    assert (mug.on_hand, mug.incoming) == (9, 7)
    assert ((await supply(supply_id)).status, await line(supply_id, "MUG")) == ("PARTIALLY_RECEIVED", (12, 7, 5))
    await assert_supplies_add_up()
    await receive(supply_id, {"MUG": 7, "TEE": 3})
    row, mug, tee = await supply(supply_id), await level("MUG", shop.north), await level("TEE", shop.north)
    assert (mug.on_hand, mug.incoming, tee.on_hand, tee.incoming) == (16, 0, 3, 0)
    assert (row.status, await line(supply_id, "MUG"), await line(supply_id, "TEE")) == (
        "RECEIVED",
        (12, 0, 12),
        (3, 0, 3),
    )
    assert row.ended_at is not None
    assert await moved(supply_id) == [
        ("EXPECTED", 0, 0, 12),
        ("EXPECTED", 0, 0, 3),
        ("RECEIVED", 5, 0, -5),
        ("RECEIVED", 7, 0, -7),
        ("RECEIVED", 3, 0, -3),
    ]
    assert await told(supply_id) == [
        ("SupplyConfirmed", {"units": 15}),
        ("SupplyReceived", {"units": 5, "damaged": 0}),
        ("SupplyReceived", {"units": 10, "damaged": 0}),
        ("SupplyClosed", {"units_not_coming": 0}),
    ]
    await assert_supplies_add_up()


async def test_a_surplus_is_a_fact_whether_it_comes_with_the_rest_or_afterwards(database: Database) -> None:
    shop = await open_shop()
    supply_id = await expect(shop.north, {"MUG": 12})
    await receive(supply_id, {"MUG": 15})
    mug = await level("MUG", shop.north)
    assert (mug.on_hand, mug.incoming, await line(supply_id, "MUG")) == (15, 0, (12, 0, 15))
    ended = (await supply(supply_id)).ended_at
    await receive(supply_id, {"MUG": 2})
    mug, row = await level("MUG", shop.north), await supply(supply_id)
    assert (mug.on_hand, mug.incoming, await line(supply_id, "MUG")) == (17, 0, (12, 0, 17))
    assert (row.status, row.ended_at) == ("RECEIVED", ended)
    assert await moved(supply_id) == [("EXPECTED", 0, 0, 12), ("RECEIVED", 15, 0, -12), ("RECEIVED", 2, 0, 0)]
    await assert_supplies_add_up()


async def test_a_surplus_of_one_sku_makes_up_for_no_other(database: Database) -> None:
    shop = await open_shop()
    supply_id = await expect(shop.north, {"MUG": 12, "TEE": 3})
    await receive(supply_id, {"MUG": 20})
    assert (await supply(supply_id)).status == "PARTIALLY_RECEIVED"
    assert (await line(supply_id, "TEE"), (await level("TEE", shop.north)).incoming) == ((3, 3, 0), 3)


async def test_damaged_units_arrive_and_cannot_be_sold(database: Database) -> None:
    shop = await open_shop()
    supply_id = await expect(shop.north, {"MUG": 12})
    await run(receive_supply, ReceiveSupply(supply_id, (ArrivedLine("MUG", 12, damaged=4),), note="Dropped."))
    mug = await level("MUG", shop.north)
    assert (mug.on_hand, mug.damaged, mug.incoming) == (12, 4, 0)
    assert (await moved(supply_id))[-1] == ("RECEIVED", 12, 4, -12)
    assert await told(supply_id) == [
        ("SupplyConfirmed", {"units": 12}),
        ("SupplyReceived", {"units": 12, "damaged": 4}),
        ("SupplyClosed", {"units_not_coming": 0}),
    ]
    await place({"MUG": 8})
    await assert_supplies_add_up()


async def test_what_will_not_come_is_expected_no_more_and_what_came_stays(database: Database) -> None:
    shop = await open_shop()
    supply_id = await expect(shop.north, {"MUG": 12, "TEE": 3})
    await receive(supply_id, {"MUG": 5})
    await run(close_supply, CloseSupply(supply_id))
    mug, tee = await level("MUG", shop.north), await level("TEE", shop.north)
    assert (mug.on_hand, mug.incoming, tee.incoming) == (5, 0, 0)
    assert ((await supply(supply_id)).status, await line(supply_id, "MUG")) == ("RECEIVED", (12, 0, 5))
    assert (await moved(supply_id))[-2:] == [("NO_LONGER_EXPECTED", 0, 0, -7), ("NO_LONGER_EXPECTED", 0, 0, -3)]
    assert (await told(supply_id))[-1] == ("SupplyClosed", {"units_not_coming": 10})
    await receive(supply_id, {"MUG": 1})  # it came all the same
    assert ((await level("MUG", shop.north)).on_hand, await line(supply_id, "MUG")) == (6, (12, 0, 6))
    await assert_supplies_add_up()


async def test_a_supply_that_was_called_off_is_expected_no_more(database: Database) -> None:
    shop = await open_shop()
    planned, promised = await draft(shop.north, {"MUG": 12}), await expect(shop.north, {"MUG": 5})
    for supply_id, units in ((planned, 0), (promised, 5)):
        await run(cancel_supply, CancelSupply(supply_id))
        row = await supply(supply_id)
        assert (row.status, row.ended_at is not None) == ("CANCELED", True)
        assert (await told(supply_id))[-1] == ("SupplyCanceled", {"units": units})
    assert await moved(planned) == []
    assert await moved(promised) == [("EXPECTED", 0, 0, 5), ("NO_LONGER_EXPECTED", 0, 0, -5)]
    await assert_supplies_add_up()


async def test_two_supplies_of_one_sku_are_added_up_and_taken_in_apart(database: Database) -> None:
    shop = await open_shop()
    first, second = await expect(shop.north, {"MUG": 12}), await expect(shop.north, {"MUG": 5})
    assert (await level("MUG", shop.north)).incoming == 17
    await receive(first, {"MUG": 12})
    assert (await level("MUG", shop.north)).incoming == 5
    await run(cancel_supply, CancelSupply(second))
    assert (await level("MUG", shop.north)).incoming == 0
    await assert_supplies_add_up()


async def test_a_supply_that_comes_at_another_time_takes_its_lines_along_but_those_that_are_named(
    database: Database,
) -> None:
    shop = await open_shop()
    supply_id = await expect(shop.north, {"MUG": 12, "TEE": 3}, expected_at=NOON)
    times = SupplyLineRow.filter(supply_id=supply_id).order_by("sku")
    await run(reschedule_supply, RescheduleSupply(supply_id, NOON + WEEK, (NewTime("TEE", NOON + 2 * WEEK),)))
    assert (await supply(supply_id)).expected_at == NOON + WEEK
    assert await times.values_list("sku", "expected_at") == [("MUG", NOON + WEEK), ("TEE", NOON + 2 * WEEK)]
    await run(reschedule_supply, RescheduleSupply(supply_id, lines=(NewTime("MUG", NOON),)))
    assert (await supply(supply_id)).expected_at == NOON + WEEK
    assert await times.values_list("sku", "expected_at") == [("MUG", NOON), ("TEE", NOON + 2 * WEEK)]
    assert (await told(supply_id))[1:] == [("SupplyRescheduled", {})] * 2
    await assert_supplies_add_up()


def entered(location: Any, *lines: NewSupplyLine, currency: str = "EUR", supplier: str = "Potters Ltd") -> CreateSupply:
    return CreateSupply(SupplyKind.PURCHASE_ORDER, supplier, location, currency, lines)


async def test_what_cannot_be_a_supply_is_refused_and_nothing_is_written(database: Database) -> None:
    shop = await open_shop()
    mug = NewSupplyLine("MUG", 1)
    many = tuple(NewSupplyLine(f"SKU-{n}", 1) for n in range(101))
    cases: list[tuple[CreateSupply, type[DomainError], tuple[str, ...]]] = [
        (entered(shop.north), InvalidInput, ("lines",)),
        (entered(shop.north, *many), InvalidInput, ("lines",)),
        (entered(shop.north, mug, mug), InvalidInput, ("lines", "1", "sku")),
        (entered(shop.north, NewSupplyLine("NOPE", 1)), UnknownSku, ("lines", "0", "sku")),
        (entered(shop.north, NewSupplyLine("EBOOK", 1)), UnknownSku, ("lines", "0", "sku")),
        (entered(shop.north, NewSupplyLine("MUG", 0)), InvalidInput, ("lines", "0", "quantity")),
        (entered(shop.north, NewSupplyLine("MUG", 1_000_001)), InvalidInput, ("lines", "0", "quantity")),
        (entered(shop.north, NewSupplyLine("MUG", 1, -1)), InvalidInput, ("lines", "0", "unitCost")),
        (
            entered(shop.north, NewSupplyLine("MUG", 1, 5, "USD")),
            WrongCurrency,
            ("lines", "0", "unitCost", "currency"),
        ),
        (entered(shop.north, mug, currency="XYZ"), InvalidInput, ("currency",)),
        (entered(shop.north, mug, supplier=" "), InvalidInput, ("supplier",)),
        (entered(new_id(), mug), NotFound, ("location",)),
    ]
    before = await dump()
    for request, kind, path in cases:
        with pytest.raises(kind) as refused:
            await run(create_supply, request)
        assert refused.value.path == path
    assert await dump() == before


async def test_what_cannot_have_arrived_is_refused_and_nothing_is_written(database: Database) -> None:
    shop = await open_shop()
    supply_id = await expect(shop.north, {"MUG": 12})
    cases: list[tuple[tuple[ArrivedLine, ...], type[DomainError], tuple[str, ...]]] = [
        ((), InvalidInput, ("lines",)),
        ((ArrivedLine("MUG", 0),), InvalidInput, ("lines", "0", "quantity")),
        ((ArrivedLine("MUG", 2, damaged=3),), InvalidInput, ("lines", "0", "damaged")),
        ((ArrivedLine("MUG", 2, damaged=-1),), InvalidInput, ("lines", "0", "damaged")),
        ((ArrivedLine("MUG", 2), ArrivedLine("MUG", 1)), InvalidInput, ("lines", "1", "sku")),
        ((ArrivedLine("TEE", 2),), NotFound, ("lines", "0", "sku")),
        ((ArrivedLine("MUG", 2, lots=(LotUnits("L-1", None, 2),)),), InvalidInput, ("lines", "0", "lots")),
        ((ArrivedLine("MUG", 1, serial_numbers=("A",)),), InvalidInput, ("lines", "0", "serialNumbers")),
    ]
    before = await dump()
    for lines, kind, path in cases:
        with pytest.raises(kind) as refused:
            await run(receive_supply, ReceiveSupply(supply_id, lines))
        assert refused.value.path == path
    with pytest.raises(InvalidInput) as refused:
        await run(receive_supply, ReceiveSupply(supply_id, (ArrivedLine("MUG", 1),), note="x" * 301))
    assert refused.value.path == ("note",)
    assert await dump() == before


async def test_another_time_must_be_said_and_of_lines_that_are_there(database: Database) -> None:
    shop = await open_shop()
    supply_id = await expect(shop.north, {"MUG": 12})
    before = await dump()
    twice = (NewTime("MUG", NOON), NewTime("MUG", NOON))
    for lines, kind, path in (
        ((), InvalidInput, ("expectedAt",)),
        ((NewTime("TEE", NOON),), NotFound, ("lines", "0", "sku")),
        (twice, InvalidInput, ("lines", "1", "sku")),
    ):
        with pytest.raises(kind) as refused:
            await run(reschedule_supply, RescheduleSupply(supply_id, lines=lines))
        assert refused.value.path == path
    assert await dump() == before


async def test_supplies_are_the_work_of_whoever_may_adjust_stock(database: Database) -> None:
    shop = await open_shop()
    supply_id = await expect(shop.north, {"MUG": 12})
    before = await dump()
    acts: list[Awaitable[object]] = [
        run(create_supply, entered(shop.north, NewSupplyLine("MUG", 1)), actor=SUPPORT),
        run(set_supply_lines, SetSupplyLines(supply_id, (NewSupplyLine("MUG", 1),)), actor=SUPPORT),
        run(confirm_supply, ConfirmSupply(supply_id), actor=SUPPORT),
        run(reschedule_supply, RescheduleSupply(supply_id, NOON), actor=SUPPORT),
        run(receive_supply, ReceiveSupply(supply_id, (ArrivedLine("MUG", 1),)), actor=SUPPORT),
        run(close_supply, CloseSupply(supply_id), actor=SUPPORT),
        run(cancel_supply, CancelSupply(supply_id), actor=SUPPORT),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            await act
    assert await dump() == before


async def test_two_receipts_at_once_by_one_key_have_one_effect(postgres_database: Database) -> None:
    shop = await open_shop()
    supply_id = await expect(shop.north, {"MUG": 12})
    request = ReceiveSupply(supply_id, (ArrivedLine("MUG", 5),))
    outcomes = await asyncio.gather(*(RUNNER.run(receive_supply, ADMIN, request, key="delivery 17") for _ in range(4)))
    assert {each.value for each in outcomes} == {supply_id}
    assert sorted(each.replayed for each in outcomes) == [False, True, True, True]
    mug = await level("MUG", shop.north)
    assert (mug.on_hand, mug.incoming, await line(supply_id, "MUG")) == (5, 7, (12, 7, 5))
    await assert_supplies_add_up()


async def test_receipts_and_sales_at_once_lose_no_unit(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (10,), "TEE": (10,)})
    supply_ids = [await expect(shop.north, {"TEE": 6, "MUG": 6}) for _ in range(3)]
    await asyncio.gather(
        *(receive(each, {"MUG": 4, "TEE": 7}) for each in supply_ids),
        *(place({"MUG": 2, "TEE": 1}) for _ in range(5)),
        *(receive(each, {"MUG": 3}) for each in supply_ids),
    )
    mug, tee = await level("MUG", shop.north), await level("TEE", shop.north)
    assert (mug.on_hand, mug.allocated, mug.incoming) == (31, 10, 0)
    assert (tee.on_hand, tee.allocated, tee.incoming) == (31, 5, 0)
    assert await SupplyRow.filter(status="RECEIVED").count() == 3
    await assert_supplies_add_up()
