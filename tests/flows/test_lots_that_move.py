"""Lots at every way in and out: what suppliers bring, what moves between locations, kits, and what comes back."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from domain.catalog.models import Traceability, VariantRow
from domain.flows.receive_return import DisposeReturn, ReceiveReturn, dispose_return, receive_return
from domain.flows.receive_supply import ArrivedLine, ReceiveSupply, receive_supply
from domain.flows.request_return import (
    ApproveReturn,
    RequestReturn,
    RequestReturnLine,
    approve_return,
    request_return,
)
from domain.flows.trace_variant import SetVariantTraceability, set_variant_traceability
from domain.kernel.errors import DomainError, InvalidInput
from domain.returns.lifecycle import DispositionAction
from domain.returns.models import DispositionRow
from domain.stock.decisions import LotUnits
from domain.stock.errors import SerialNumbersKnown
from domain.stock.models import LotRow, SerialNumberRow, StockMovementRow
from server.database import Database
from tests.domain import moves
from tests.domain.books import assert_books_balance
from tests.domain.shop import Shop, deliver, level, open_shop, place, requirement, run
from tests.flows.supplying import expect, line

TODAY = datetime.now(UTC).date()
SOON, LATER = TODAY + timedelta(days=5), TODAY + timedelta(days=50)


async def open_traced_shop(*skus: str, by: Traceability = Traceability.LOT, **stock: tuple[int, ...]) -> Shop:
    """A shop that tells units of these SKUs apart."""
    shop = await open_shop(stock)
    for sku in skus:
        request = SetVariantTraceability(sku, by, is_first_expired_first_out=by is Traceability.LOT)
        await run(set_variant_traceability, request)
    return shop


async def bring(place_id: UUID, *named: tuple[str, date | None, int], sku: str = "MUG") -> UUID:
    """A supply of these lots, booked in."""
    units = sum(each[2] for each in named)
    supply_id = await expect(place_id, {sku: units})
    arrived = ArrivedLine(sku, units, lots=tuple(LotUnits(*each) for each in named))
    return await run(receive_supply, ReceiveSupply(supply_id, (arrived,)))


async def lots(place_id: UUID, sku: str = "MUG") -> dict[str, tuple[date | None, int]]:
    """The last day and the units on hand of each lot, by its number, the oldest first."""
    rows = await LotRow.filter(level__location_id=place_id, level__sku=sku).order_by("received_at", "id")
    return {row.number: (row.expires_on, row.on_hand) for row in rows}


async def numbers(place_id: UUID) -> dict[str, str]:
    """Where each unit with a serial number is that is here, or was last."""
    rows = await SerialNumberRow.filter(level__location_id=place_id).order_by("number")
    return {row.number: str(row.status) for row in rows}


# -- what suppliers bring ---------------------------------------------------------------------------------------------
async def test_what_a_supplier_brings_stands_in_its_lots(database: Database) -> None:
    shop = await open_traced_shop("MUG")
    supply_id = await expect(shop.north, {"MUG": 12})
    brought = (LotUnits("B", LATER, 4), LotUnits("A", SOON, 5))
    await run(receive_supply, ReceiveSupply(supply_id, (ArrivedLine("MUG", 9, damaged=2, lots=brought),)))
    assert await lots(shop.north) == {"B": (LATER, 4), "A": (SOON, 5)}
    lines = await StockMovementRow.filter(subject_id=supply_id, cause="RECEIVED").order_by("id").select_related("lot")
    assert [(it.lot.number, it.on_hand, it.damaged, it.incoming) for it in lines] == [("B", 4, 2, -9), ("A", 5, 0, 0)]
    await run(receive_supply, ReceiveSupply(supply_id, (ArrivedLine("MUG", 5),)))
    assert await lots(shop.north) == {"B": (LATER, 4), "A": (SOON, 5), "": (None, 5)}
    assert await line(supply_id, "MUG") == (12, 0, 14)
    await assert_books_balance()


async def test_each_unit_that_a_supplier_brings_has_its_serial_number(database: Database) -> None:
    shop = await open_traced_shop("MUG", by=Traceability.SERIAL)
    supply_id = await expect(shop.north, {"MUG": 2, "TEE": 1})
    arrived = (ArrivedLine("TEE", 1), ArrivedLine("MUG", 2, serial_numbers=("S-2", "S-1")))
    await run(receive_supply, ReceiveSupply(supply_id, arrived))
    assert await numbers(shop.north) == {"S-1": "ON_HAND", "S-2": "ON_HAND"}
    assert (await level("MUG", shop.north)).on_hand == 2
    await assert_books_balance()


async def test_lots_and_serial_numbers_that_cannot_be_are_refused_where_they_are_named(database: Database) -> None:
    shop = await open_traced_shop("MUG")
    await run(set_variant_traceability, SetVariantTraceability("TEE", Traceability.SERIAL))
    await bring(shop.north, ("A", SOON, 4))
    supply_id = await expect(shop.north, {"MUG": 9, "TEE": 9})
    await run(receive_supply, ReceiveSupply(supply_id, (ArrivedLine("TEE", 1, serial_numbers=("S-1",)),)))

    def named(*brought: LotUnits) -> ArrivedLine:
        return ArrivedLine("MUG", 2, lots=brought)

    cases: list[tuple[ArrivedLine, type[DomainError], tuple[str, ...]]] = [
        (named(LotUnits("B", None, 3)), InvalidInput, ("lots",)),
        (named(LotUnits("B", None, 1)), InvalidInput, ("lots",)),
        (named(LotUnits("A", LATER, 2)), InvalidInput, ("lots",)),
        (named(LotUnits("", None, 2)), InvalidInput, ("lots", "0", "number")),
        (named(LotUnits("B", None, 2), LotUnits("C", None, 0)), InvalidInput, ("lots", "1", "quantity")),
        (ArrivedLine("MUG", 1, serial_numbers=("S-2",)), InvalidInput, ("serialNumbers",)),
        (ArrivedLine("TEE", 1, lots=(LotUnits("B", None, 1),)), InvalidInput, ("lots",)),
        (ArrivedLine("TEE", 2, serial_numbers=("S-2",)), InvalidInput, ("serialNumbers",)),
        (ArrivedLine("TEE", 2, serial_numbers=("S-2", "S-2")), InvalidInput, ("serialNumbers",)),
        (ArrivedLine("TEE", 1, serial_numbers=("",)), InvalidInput, ("serialNumbers", "0")),
        (ArrivedLine("TEE", 2, serial_numbers=("S-2", "S-1")), SerialNumbersKnown, ("serialNumbers",)),
    ]
    for arrived, kind, path in cases:
        error = await moves.refusal(run(receive_supply, ReceiveSupply(supply_id, (arrived,))))
        assert (type(error), error.path) == (kind, ("lines", "0", *path))


# -- what moves between locations -------------------------------------------------------------------------------------
async def test_what_moves_arrives_in_the_lots_that_it_left(database: Database) -> None:
    shop = await open_traced_shop("MUG")
    await bring(shop.north, ("B", LATER, 4), ("A", SOON, 3))
    transfer = await moves.send(shop.north, shop.south, {"MUG": 5})
    assert await lots(shop.north) == {"B": (LATER, 2), "A": (SOON, 0)}
    assert await lots(shop.south) == {}
    await assert_books_balance()
    await moves.receive(transfer, ("MUG", 2))
    assert await lots(shop.south) == {"A": (SOON, 2)}
    await moves.receive(transfer, ("MUG", 4, 1))
    # One more than had left: nobody knows of which lot it is.
    assert await lots(shop.south) == {"A": (SOON, 3), "B": (LATER, 2), "": (None, 1)}
    south = await level("MUG", shop.south)
    assert (south.on_hand, south.damaged, south.incoming) == (6, 1, 0)
    await assert_books_balance()


async def test_what_is_written_off_arrives_in_no_lot(database: Database) -> None:
    shop = await open_traced_shop("MUG")
    await bring(shop.north, ("B", LATER, 4), ("A", SOON, 3))
    transfer = await moves.send(shop.north, shop.south, {"MUG": 7})
    await moves.write_off(transfer, {"MUG": 2})
    await moves.receive(transfer)
    assert await lots(shop.south) == {"A": (SOON, 3), "B": (LATER, 2)}
    assert await moves.status_of(transfer) == "RECEIVED"
    await assert_books_balance()


async def test_a_lot_that_the_destination_knows_keeps_its_day_and_arrives_all_the_same(database: Database) -> None:
    shop = await open_traced_shop("MUG")
    await bring(shop.north, ("A", SOON, 3))
    await bring(shop.south, ("A", LATER, 1))
    await moves.receive(await moves.send(shop.north, shop.south, {"MUG": 3}))
    assert await lots(shop.south) == {"A": (LATER, 4)}
    await assert_books_balance()


async def test_what_left_without_a_lot_arrives_without_one(database: Database) -> None:
    shop = await open_traced_shop("MUG", MUG=(3,))
    await bring(shop.north, ("A", SOON, 1))
    await moves.receive(await moves.send(shop.north, shop.south, {"MUG": 4}))
    assert await lots(shop.south) == {"A": (SOON, 1), "": (None, 3)}
    await assert_books_balance()


async def test_where_lots_are_told_apart_no_more_on_arrival_none_are_named(database: Database) -> None:
    shop = await open_traced_shop("MUG")
    await bring(shop.north, ("A", SOON, 2))
    transfer = await moves.send(shop.north, shop.south, {"MUG": 2})
    await run(set_variant_traceability, SetVariantTraceability("MUG", Traceability.NONE))
    await moves.receive(transfer)
    assert (await level("MUG", shop.south)).on_hand == 2
    assert await lots(shop.south) == {}
    await assert_books_balance()


# -- units with a serial number that move ------------------------------------------------------------------------------
async def send_numbered(shop: Shop, *named: str, units: int = 3) -> UUID:
    """S-1, S-2 and S-3, of which so many are on their way from north to south; these are named."""
    supply_id = await expect(shop.north, {"MUG": 3})
    arrived = ArrivedLine("MUG", 3, serial_numbers=("S-1", "S-2", "S-3"))
    await run(receive_supply, ReceiveSupply(supply_id, (arrived,)))
    transfer = await moves.release(await moves.plan(shop.north, shop.south, {"MUG": units}))
    return await moves.dispatch(transfer, {"MUG": units}, numbers=named)


async def test_units_that_are_named_move_with_the_transfer_and_the_others_numbers_stay(database: Database) -> None:
    shop = await open_traced_shop("MUG", by=Traceability.SERIAL)
    transfer = await send_numbered(shop, "S-3", "S-1")
    assert await numbers(shop.north) == {"S-1": "IN_TRANSIT", "S-2": "ON_HAND", "S-3": "IN_TRANSIT"}
    assert (await SerialNumberRow.get(number="S-1")).transfer_id == transfer
    await moves.receive(transfer, ("MUG", 2), numbers=("S-3",))
    assert await numbers(shop.south) == {"S-3": "ON_HAND"}
    assert (await SerialNumberRow.get(number="S-1")).status == "IN_TRANSIT"
    await moves.receive(transfer)
    assert await numbers(shop.south) == {"S-1": "ON_HAND", "S-3": "ON_HAND"}
    assert await numbers(shop.north) == {"S-2": "ON_HAND"}
    assert await SerialNumberRow.filter(transfer_id__not_isnull=True).count() == 0
    await assert_books_balance()


async def test_of_units_that_are_written_off_nobody_has_the_number_any_more(database: Database) -> None:
    shop = await open_traced_shop("MUG", by=Traceability.SERIAL)
    transfer = await send_numbered(shop, "S-1", "S-2")
    await moves.receive(transfer, ("MUG", 2), numbers=("S-2",))
    await moves.write_off(transfer)
    assert (await numbers(shop.north), await numbers(shop.south)) == (
        {"S-1": "GONE", "S-3": "ON_HAND"},
        {"S-2": "ON_HAND"},
    )
    await assert_books_balance()


async def test_where_nobody_said_which_arrived_they_stay_on_their_way(database: Database) -> None:
    shop = await open_traced_shop("MUG", by=Traceability.SERIAL)
    transfer = await send_numbered(shop, "S-1", "S-2", units=2)
    await moves.receive(transfer, ("MUG", 1))
    await moves.write_off(transfer)
    assert await numbers(shop.north) == {"S-1": "IN_TRANSIT", "S-2": "IN_TRANSIT", "S-3": "ON_HAND"}


async def test_only_units_that_are_there_leave_and_only_those_that_left_arrive(database: Database) -> None:
    shop = await open_traced_shop("MUG", by=Traceability.SERIAL)
    transfer = await send_numbered(shop, "S-1", units=2)
    another = await moves.release(await moves.plan(shop.north, shop.south, {"MUG": 1}))
    path = ("lines", "0", "serialNumbers")
    for act in (
        moves.dispatch(another, {"MUG": 1}, numbers=("S-1",)),
        moves.dispatch(another, {"MUG": 1}, numbers=("S-9",)),
        moves.dispatch(another, {"MUG": 1}, numbers=("S-2", "S-3")),
        moves.receive(transfer, ("MUG", 2), numbers=("S-2",)),
        moves.receive(transfer, ("MUG", 1), numbers=("S-1", "S-2")),
    ):
        error = await moves.refusal(act)
        assert (type(error), error.path) == (InvalidInput, path)


# -- kits, and what comes back ----------------------------------------------------------------------------------------
async def test_kits_take_lots_in_their_turn_and_stand_in_the_one_without_a_number(database: Database) -> None:
    shop = await open_traced_shop("MUG", "CAP")
    await moves.declare_kit("CAP", {"MUG": 2})
    await bring(shop.north, ("B", LATER, 4), ("A", SOON, 3))
    await moves.make_kits(await moves.release_kits(await moves.plan_kits("CAP", shop.north, 2)))
    assert await lots(shop.north) == {"B": (LATER, 3), "A": (SOON, 0)}
    assert await lots(shop.north, "CAP") == {"": (None, 2)}
    await assert_books_balance()


async def came_back(shop: Shop, units: int) -> UUID:
    """A disposition of so many mugs that came back to west and wait for a decision."""
    order_id = await place({"MUG": units})
    await deliver(order_id)
    it = await requirement(order_id, "MUG")
    rma = await run(request_return, RequestReturn(order_id, (RequestReturnLine(it.id, units),), "Too big."))
    await run(approve_return, ApproveReturn(rma))
    await run(receive_return, ReceiveReturn(rma, shop.west))
    return (await DispositionRow.get(rma_id=rma, status="PENDING")).id


async def test_what_comes_back_stands_in_the_lot_that_is_named_with_the_day_that_is_known_of_it(
    database: Database,
) -> None:
    shop = await open_traced_shop("MUG")
    await bring(shop.north, ("A", SOON, 4))
    it = await came_back(shop, 3)
    await run(dispose_return, DisposeReturn(it, DispositionAction.DAMAGE, 2, lot="A"))
    assert await lots(shop.west) == {"A": (SOON, 2)}
    west = await level("MUG", shop.west)
    assert (west.on_hand, west.damaged) == (2, 2)
    await run(dispose_return, DisposeReturn(it, DispositionAction.DISPOSE, 1, lot="A"))
    assert await lots(shop.west) == {"A": (SOON, 1)}
    rest = await DispositionRow.get(status="PENDING")
    await run(dispose_return, DisposeReturn(rest.id, DispositionAction.RESTOCK))
    assert await lots(shop.west) == {"A": (SOON, 1), "": (None, 1)}
    await assert_books_balance()


@pytest.mark.parametrize("lot", ["", " ", "x" * 61])
async def test_what_no_lot_is_called_is_refused(database: Database, lot: str) -> None:
    shop = await open_traced_shop("MUG")
    await bring(shop.north, ("A", SOON, 4))
    it = await came_back(shop, 3)
    error = await moves.refusal(run(dispose_return, DisposeReturn(it, DispositionAction.RESTOCK, lot=lot)))
    assert (type(error), error.path) == (InvalidInput, ("lot",))


async def test_no_lot_is_named_where_none_are_told_apart_nor_one_to_dispose_of_that_is_not_there(
    database: Database,
) -> None:
    shop = await open_traced_shop("MUG")
    await bring(shop.north, ("A", SOON, 4))
    it = await came_back(shop, 3)
    await run(dispose_return, DisposeReturn(it, DispositionAction.DAMAGE, 1))
    error = await moves.refusal(run(dispose_return, DisposeReturn(it, DispositionAction.DISPOSE, lot="A")))
    assert (type(error), error.path) == (InvalidInput, ("lot",))
    await VariantRow.filter(sku="MUG").update(traceability=Traceability.NONE)
    error = await moves.refusal(run(dispose_return, DisposeReturn(it, DispositionAction.DISPOSE, lot="A")))
    assert (type(error), error.path) == (InvalidInput, ("lot",))
