"""Whether stock adds up, and what repairs it when it does not."""

import asyncio
import random
from typing import Any

import pytest

from domain.assemblies.lifecycle import AssemblyStatus
from domain.assemblies.models import AssemblyLineRow, AssemblyRow
from domain.backorders.models import BackorderRow
from domain.catalog.errors import UnknownSku
from domain.catalog.models import VariantRow
from domain.channels.models import ChannelRow
from domain.flows import check_stock as checking
from domain.flows import reconcile_stock as reconciling
from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.cancel_order import CancelOrder, cancel_order
from domain.flows.check_stock import CheckStock, StockCheck, check_stock
from domain.flows.reconcile_stock import ReconcileStock, reconcile_stock
from domain.flows.stock_witnesses import Difference, StockFigure
from domain.kernel.actor import Role, customer, staff
from domain.kernel.errors import InvalidInput, PermissionDenied
from domain.kernel.ids import new_id
from domain.kernel.models import StockLogRow
from domain.orders.models import RequirementRow
from domain.reservations.lifecycle import ReservationStatus
from domain.reservations.models import ReservationLineRow, ReservationRow
from domain.stock.models import LotRow, MovementCause, Rotation, ShortageRow, StockLevelRow, StockMovementRow
from domain.supplies.lifecycle import SupplyStatus
from domain.supplies.models import SupplyKind, SupplyLineRow, SupplyRow
from domain.transfers.lifecycle import TransferStatus
from domain.transfers.models import TransferLineRow, TransferRow
from server.database import Database
from tests.domain.books import COUNTERS, assert_books_balance
from tests.domain.corruption import drift, drift_by_chance, lose_movements
from tests.domain.shop import ADMIN, NOON, RUNNER, Shop, dump, level, open_shop, place, requirement, run, ship

F = StockFigure


async def check(**scope: object) -> StockCheck:
    return await check_stock(ADMIN, CheckStock(**scope))  # type: ignore[arg-type]


async def found(**scope: object) -> dict[tuple[str, StockFigure], tuple[int, int | None, int | None]]:
    """What the counter, the ledger and the documents say, of each figure that differs."""
    said = (await check(**scope)).differences
    return {(each.sku, each.figure): (each.counter, each.ledger, each.documents) for each in said}


async def busy_shop() -> Shop:
    """A shop with units that are promised, packed and sent."""
    shop = await open_shop({"MUG": (6, 4), "TEE": (5, 5, 5)})
    await place({"MUG": 8, "TEE": 1})
    await ship(await place({"TEE": 2}))
    return shop


async def test_stock_that_only_flows_have_touched_adds_up(database: Database) -> None:
    shop = await busy_shop()
    checked = await check()
    assert (checked.levels, checked.count, checked.differences, checked.last_id) == (5, 0, [], None)
    assert shop.places


async def test_every_counter_that_drifts_is_reported_with_what_everybody_says(database: Database) -> None:
    shop = await busy_shop()
    mug = await level("MUG", shop.north)
    await drift(
        mug.id, on_hand=9, allocated=1, reserved=2, waiting=3, damaged=4, quarantined=5, safety_stock=6, incoming=7
    )
    assert await found() == {
        ("MUG", F.ON_HAND): (9, 6, None),
        ("MUG", F.ALLOCATED): (1, 6, 6),
        ("MUG", F.RESERVED): (2, 0, 0),
        ("MUG", F.WAITING): (3, 0, 0),
        ("MUG", F.DAMAGED): (4, 0, None),
        ("MUG", F.QUARANTINED): (5, 0, None),
        ("MUG", F.SAFETY_STOCK): (6, 0, None),
        ("MUG", F.INCOMING): (7, 0, 0),
        ("MUG", F.SHORT): (3, None, 0),
    }
    first = (await check()).differences[0]
    assert first == Difference("MUG", F.ON_HAND, 9, 6, None, mug.id, shop.north)


async def documents(shop: Shop) -> None:
    """One of every document that holds units of MUG at north, of which no counter knows."""
    mug = await level("MUG", shop.north)
    where: dict[str, Any] = {"variant_id": mug.variant_id, "location_id": shop.north, "sku": "MUG"}
    made: dict[str, Any] = {"created_by": "staff:ada", "created_at": NOON}
    basket = await ReservationRow.create(
        channel_id=(await ChannelRow.get()).id, status=ReservationStatus.ACTIVE, expires_at=NOON, **made
    )
    await ReservationLineRow.create(
        reservation_id=basket.id, level_id=mug.id, quantity=1, held=1, expires_at=NOON, **where
    )
    moved: dict[str, Any] = {"status": TransferStatus.IN_TRANSIT, **made}
    gone = await TransferRow.create(number="T-1", source_id=shop.north, destination_id=shop.south, **moved)
    coming = await TransferRow.create(number="T-2", source_id=shop.west, destination_id=shop.north, **moved)
    of: dict[str, Any] = {"variant_id": mug.variant_id, "sku": "MUG", "quantity": 60}
    await TransferLineRow.create(transfer_id=gone.id, allocated=10, **of)
    await TransferLineRow.create(transfer_id=coming.id, dispatched=20, received=7, written_off=3, **of)
    tee = await VariantRow.get(sku="TEE")
    kits = await AssemblyRow.create(
        number="A-1", variant_id=tee.id, sku="TEE", location_id=shop.north, status=AssemblyStatus.RELEASED, quantity=1,
        **made,
    )  # fmt: skip
    await AssemblyLineRow.create(
        assembly_id=kits.id, variant_id=mug.variant_id, sku="MUG", units_per_kit=1, allocated=100
    )
    for number, status in (("S-1", SupplyStatus.CONFIRMED), ("S-2", SupplyStatus.DRAFT)):
        order = await SupplyRow.create(
            number=number, kind=SupplyKind.PURCHASE_ORDER, supplier="Potter", currency="EUR",
            location_id=shop.north, status=status,
            **made,
        )  # fmt: skip
        await SupplyLineRow.create(supply_id=order.id, ordered=500, expected=500, currency="EUR", **where)


async def test_every_document_that_holds_units_is_heard(database: Database) -> None:
    shop = await busy_shop()
    await documents(shop)
    assert await found() == {
        ("MUG", F.ALLOCATED): (6, 6, 116),
        ("MUG", F.RESERVED): (0, 0, 1),
        ("MUG", F.INCOMING): (0, 0, 510),
    }
    await run(reconcile_stock, ReconcileStock())
    assert (await level("MUG", shop.north)).allocated == 116
    [shortage] = await ShortageRow.filter(resolved_at=None)
    assert shortage.units == 111
    assert await found() == {}
    await assert_books_balance(is_oversold=True)


async def test_an_order_that_waits_for_other_units_than_its_backorders_hold_is_reported(database: Database) -> None:
    shop = await busy_shop()
    order_id = await place({"TEE": 3})
    it = await requirement(order_id, "TEE")
    await RequirementRow.filter(id=it.id).update(allocated=1, waiting=2)
    [said] = (await check()).differences
    assert said == Difference("TEE", F.WAITING, 2, None, 0, order_id=order_id)
    tee = await level("TEE", shop.north)
    await BackorderRow.create(
        requirement_id=it.id, order_id=order_id, level_id=tee.id, variant_id=tee.variant_id, location_id=shop.north,
        sku="TEE", quantity=2, promised_at=NOON, created_at=NOON,
    )  # fmt: skip
    assert await found() == {("TEE", F.WAITING): (0, 0, 2)}
    await RequirementRow.filter(id=it.id).update(allocated=3, waiting=0)
    assert Difference("TEE", F.WAITING, 0, None, 2, order_id=order_id) in (await check()).differences


async def test_lots_are_compared_where_units_are_told_apart_by_lot(database: Database) -> None:
    shop = await busy_shop()
    mug = await level("MUG", shop.north)
    await LotRow.create(level_id=mug.id, number="L-7", on_hand=4, received_at=NOON)
    assert await found() == {("MUG", F.LOTS): (4, 0, None)}
    await StockLevelRow.filter(id=mug.id).update(rotation=Rotation.FIFO)
    assert await found() == {("MUG", F.ON_HAND): (6, 6, 4), ("MUG", F.LOTS): (4, 0, None)}
    lot = await LotRow.get(level_id=mug.id)
    await StockMovementRow.filter(level_id=mug.id, cause=MovementCause.RECEIVED).update(lot_id=lot.id)
    await LotRow.create(level_id=mug.id, number="L-8", on_hand=1, quarantined=1, received_at=NOON)
    assert await found() == {("MUG", F.ON_HAND): (6, 6, 5), ("MUG", F.LOTS): (3, 0, None)}
    await StockLevelRow.filter(id=mug.id).update(on_hand=2)
    await run(reconcile_stock, ReconcileStock())
    lots = await LotRow.filter(level_id=mug.id).order_by("number").values_list("number", "on_hand", "quarantined")
    assert lots == [("L-7", 6, 0), ("L-8", 0, 0)]
    assert await found() == {}
    await assert_books_balance()


async def test_a_counter_that_drifted_is_set_and_a_line_without_units_says_so(database: Database) -> None:
    shop = await busy_shop()
    mug, before = await level("MUG", shop.north), await StockMovementRow.all().count()
    await drift(mug.id, allocated=1, damaged=2)
    run_id = await run(reconcile_stock, ReconcileStock())
    [line] = await StockMovementRow.filter(subject_id=run_id)
    assert await StockMovementRow.all().count() == before + 1
    assert (line.level_id, line.cause, line.actor) == (mug.id, MovementCause.RECONCILED, "staff:ada")
    assert [getattr(line, name) for name in COUNTERS] == [0] * 8
    assert line.note == "Counters set: allocated 1 to 6, damaged 2 to 0."
    assert {**(await level("MUG", shop.north)).__dict__, "updated_at": None} == {**mug.__dict__, "updated_at": None}
    told = await StockLogRow.filter(level_id=mug.id).order_by("id").values_list("type", "data")
    assert told[-2:] == [("StockLevelChanged", {"available_before": 3, "available": 0}), ("StockRanOut", {})]
    await assert_books_balance()


async def test_where_the_ledger_lost_lines_it_is_made_to_agree_with_the_documents(database: Database) -> None:
    shop = await busy_shop()
    mug = await level("MUG", shop.south)
    await StockMovementRow.filter(level_id=mug.id, cause=MovementCause.ALLOCATED).delete()
    assert await found() == {("MUG", F.ALLOCATED): (2, 0, 2)}
    run_id = await run(reconcile_stock, ReconcileStock(sku="MUG"))
    [line] = await StockMovementRow.filter(subject_id=run_id)
    assert {name: getattr(line, name) for name in COUNTERS if getattr(line, name)} == {"allocated": 2}
    assert line.note == "The counters were right, and stay."
    await assert_books_balance()


async def test_of_what_no_document_holds_the_ledger_is_believed(database: Database) -> None:
    shop = await busy_shop()
    await StockMovementRow.filter(level_id=(await level("TEE", shop.west)).id).delete()
    assert await found() == {("TEE", F.ON_HAND): (5, 0, None)}
    await run(reconcile_stock, ReconcileStock())
    assert (await level("TEE", shop.west)).on_hand == 0
    await assert_books_balance()


async def test_a_shortage_that_nobody_opened_is_opened_and_one_that_is_over_is_closed(database: Database) -> None:
    shop = await busy_shop()
    mug = await level("MUG", shop.north)
    await run(adjust_stock, AdjustStock("MUG", shop.north, -2))
    await ShortageRow.all().update(resolved_at=NOON)
    assert await found() == {("MUG", F.SHORT): (2, None, 0)}
    await run(reconcile_stock, ReconcileStock())
    [opened] = await ShortageRow.filter(resolved_at=None)
    assert (opened.level_id, opened.units) == (mug.id, 2)
    await ShortageRow.filter(id=opened.id).update(units=7)
    assert await found() == {("MUG", F.SHORT): (2, None, 7)}
    await run(reconcile_stock, ReconcileStock())
    assert (await ShortageRow.get(id=opened.id)).units == 2
    await assert_books_balance(is_oversold=True)


async def test_repairing_what_is_in_order_writes_nothing(database: Database) -> None:
    await busy_shop()
    before = await dump()
    await run(reconcile_stock, ReconcileStock())
    assert await dump() == before


async def test_a_dry_run_repairs_nothing(database: Database) -> None:
    shop = await busy_shop()
    await drift((await level("MUG", shop.north)).id, reserved=3)
    before = await dump()
    await RUNNER.run(reconcile_stock, ADMIN, ReconcileStock(), dry_run=True)
    assert await dump() == before


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_corrupted_is_repaired_at_once_and_for_good(database: Database, seed: int) -> None:
    await busy_shop()
    chance = random.Random(seed)
    await lose_movements(chance)
    await drift_by_chance(chance)
    assert (await check()).count > 0
    await run(reconcile_stock, ReconcileStock())
    assert (await check()).count == 0
    await assert_books_balance(is_oversold=True)
    before = await dump()
    await run(reconcile_stock, ReconcileStock())
    assert await dump() == before


async def test_a_check_names_one_sku_or_one_location_and_goes_on_where_it_stopped(database: Database) -> None:
    shop = await busy_shop()
    for row in await StockLevelRow.all():
        await drift(row.id, incoming=1)
    assert set(await found(sku="MUG")) == {("MUG", F.INCOMING)}
    assert (await check(sku="MUG")).count == 2
    assert (await check(location_id=shop.west)).count == 1
    seen, after, calls = [], None, 0
    while True:
        part = await check(after_id=after, most_levels=2)
        seen += [each.level_id for each in part.differences]
        after, calls = part.last_id, calls + 1
        if after is None:
            break
    assert (calls, len(seen), len(set(seen))) == (3, 5, 5)
    await run(reconcile_stock, ReconcileStock(sku="TEE", location_id=shop.north))
    assert (await check()).count == 4


async def test_only_so_many_are_shown_and_repaired_at_once_and_all_are_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await busy_shop()
    monkeypatch.setattr(checking, "MOST_DIFFERENCES", 2)
    monkeypatch.setattr(reconciling, "MOST_REPAIRS", 2)
    for row in await StockLevelRow.all():
        await drift(row.id, incoming=1)
    checked = await check()
    assert (checked.count, len(checked.differences)) == (5, 2)
    left = []
    for _ in range(3):
        await run(reconcile_stock, ReconcileStock())
        left.append((await check()).count)
    assert left == [3, 1, 0]


async def test_who_may_not_look_is_told_nothing_and_who_may_not_adjust_repairs_nothing(database: Database) -> None:
    shop = await busy_shop()
    await drift((await level("MUG", shop.north)).id, reserved=3)
    before = await dump()
    with pytest.raises(PermissionDenied):
        await check_stock(customer(new_id()), CheckStock())
    with pytest.raises(PermissionDenied):
        await run(reconcile_stock, ReconcileStock(), actor=staff("sam", Role.SUPPORT))
    with pytest.raises(UnknownSku):
        await check(sku="NOTHING")
    with pytest.raises(InvalidInput):
        await check(most_levels=10_001)
    with pytest.raises(InvalidInput):
        await run(reconcile_stock, ReconcileStock(most_levels=0))
    assert await dump() == before


async def test_a_busy_shop_raises_no_false_alarm_and_a_repair_in_the_middle_of_it_changes_nothing(
    database: Database,
) -> None:
    await open_shop({"MUG": (500, 500)})
    wrong: list[Difference] = []

    async def sell(n: int) -> None:
        for _ in range(8):
            order_id = await place({"MUG": 1 + n % 3})
            await (ship(order_id) if n % 2 else run(cancel_order, CancelOrder(order_id, "No.")))

    async def look() -> None:
        while not selling.done():
            wrong.extend((await check()).differences)
            await run(reconcile_stock, ReconcileStock())
            await asyncio.sleep(0)

    selling = asyncio.ensure_future(asyncio.gather(*(sell(n) for n in range(6))))
    await asyncio.gather(look(), look(), selling)
    assert wrong == []
    assert await StockMovementRow.filter(cause=MovementCause.RECONCILED).count() == 0
    await assert_books_balance()
