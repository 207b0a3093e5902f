"""Transfers: every counter at both ends, the lines of the ledger, and what is refused."""

from datetime import UTC, datetime

import pytest

from domain.catalog.errors import UnknownSku
from domain.catalog.models import Composition, VariantRow
from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.counted_goods import SkuUnits
from domain.flows.plan_transfer import PlanTransfer, SetTransferLines, plan_transfer, set_transfer_lines
from domain.flows.receive_transfer import WriteOffTransfer, write_off_transfer
from domain.kernel.actor import Role, staff
from domain.kernel.errors import DomainError, InvalidInput, NotFound, PermissionDenied, Refusals
from domain.kernel.ids import new_id
from domain.kernel.models import StockLogRow
from domain.locations.models import LocationRow
from domain.stock.errors import InsufficientStock
from domain.stock.models import ShortageRow, StockLevelRow, StockMovementRow
from domain.transfers.models import TransferLineRow, TransferRow
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.moves import (
    cancel,
    counters,
    dispatch,
    ledger,
    line,
    plan,
    plan_anew,
    receive,
    refusal,
    release,
    send,
    status_of,
    units_of,
    write_off,
)
from tests.domain.shop import RUNNER, column, dump, level, open_shop, place, run


async def test_a_plan_sets_nothing_aside_and_needs_nothing_to_be_there(database: Database) -> None:
    shop = await open_shop({"MUG": (2,)})
    at = datetime(2026, 12, 1, tzinfo=UTC)
    transfer = await plan(shop.north, shop.south, {"MUG": 5, "TEE": 1}, expected_at=at, note="For the weekend.")
    row = await TransferRow.get(id=transfer)
    assert (row.status, row.note, row.expected_at, row.created_by) == ("DRAFT", "For the weekend.", at, "staff:ada")
    assert row.number.startswith("T-")
    assert (row.released_at, row.dispatched_at, row.ended_at) == (None, None, None)
    assert [await line(transfer, sku) for sku in ("MUG", "TEE")] == [{"quantity": 5}, {"quantity": 1}]
    assert await counters("MUG", shop.north) == {"on_hand": 2}
    assert await StockLevelRow.all().count() == 1
    assert await ledger(transfer) == []


async def test_lines_of_one_sku_are_added_up(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    lines = (SkuUnits("MUG", 2), SkuUnits("TEE", 1), SkuUnits("MUG", 3))
    transfer = await run(plan_transfer, PlanTransfer(shop.north, shop.south, lines))
    assert [await line(transfer, sku) for sku in ("MUG", "TEE")] == [{"quantity": 5}, {"quantity": 1}]


async def test_a_draft_is_planned_anew_and_nothing_is_left_of_the_former_plan(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    transfer = await plan(shop.north, shop.south, {"MUG": 5, "TEE": 1})
    assert await plan_anew(transfer, {"MUG": 2, "CAP": 7}) == transfer
    lines = await TransferLineRow.filter(transfer_id=transfer).order_by("sku").values_list("sku", "quantity")
    assert lines == [("CAP", 7), ("MUG", 2)]


async def test_release_sets_the_units_aside_at_the_source_alone(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 3)})
    transfer = await release(await plan(shop.north, shop.south, {"MUG": 4}))
    assert await counters("MUG", shop.north) == {"on_hand": 5, "allocated": 4}
    assert await counters("MUG", shop.south) == {"on_hand": 3}
    assert await line(transfer, "MUG") == {"quantity": 4, "allocated": 4}
    assert await ledger(transfer) == [("MUG", "ALLOCATED", {"allocated": 4})]
    assert await status_of(transfer) == "RELEASED"
    await assert_books_balance()


async def test_release_is_all_or_nothing_and_names_each_sku_that_is_short(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 50), "TEE": (9,), "CAP": (0, 8)})
    await place({"MUG": 2})
    short = await plan(shop.north, shop.south, {"TEE": 9, "MUG": 4})
    refused = await refusal(release(short))
    assert isinstance(refused, InsufficientStock)
    assert (refused.sku, refused.requested, refused.available) == ("MUG", 4, 3)
    shorter = await plan(shop.north, shop.south, {"TEE": 9, "MUG": 4, "CAP": 1})
    both = await refusal(release(shorter))
    assert isinstance(both, Refusals)
    assert [(each.sku, each.requested, each.available) for each in both.errors] == [("CAP", 1, 0), ("MUG", 4, 3)]  # type: ignore[attr-defined]
    assert await counters("MUG", shop.north) == {"on_hand": 5, "allocated": 2}


async def test_a_location_that_takes_no_work_any_more_can_be_cleared_out(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 1)})
    await LocationRow.filter(id=shop.north).update(is_active=False)
    refused = await refusal(release(await plan(shop.north, shop.south, {"MUG": 6})))
    assert isinstance(refused, InsufficientStock)
    assert (refused.requested, refused.available) == (6, 5)
    await receive(await send(shop.north, shop.south, {"MUG": 5}))
    assert [await counters("MUG", each) for each in (shop.north, shop.south)] == [{}, {"on_hand": 6}]
    await assert_books_balance()


async def test_what_a_transfer_holds_no_order_can_have(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await release(await plan(shop.north, shop.south, {"MUG": 4}))
    refused = await refusal(place({"MUG": 2}))
    assert isinstance(refused, InsufficientStock)
    assert refused.available == 1


async def test_dispatch_takes_the_units_from_the_source_and_expects_them_where_there_was_no_level(
    database: Database,
) -> None:
    shop = await open_shop({"MUG": (5,)})
    transfer = await dispatch(await release(await plan(shop.north, shop.west, {"MUG": 4})))
    assert await counters("MUG", shop.north) == {"on_hand": 1}
    assert await counters("MUG", shop.west) == {"incoming": 4}
    assert await line(transfer, "MUG") == {"quantity": 4, "dispatched": 4}
    assert (await ledger(transfer))[1:] == [
        ("MUG", "TRANSFERRED_OUT", {"on_hand": -4, "allocated": -4}),
        ("MUG", "EXPECTED", {"incoming": 4}),
    ]
    row = await TransferRow.get(id=transfer)
    assert (row.status, row.dispatched_at is not None, row.ended_at) == ("IN_TRANSIT", True, None)
    await assert_books_balance()


async def test_a_short_pick_frees_the_rest_and_takes_it_off_the_plan(database: Database) -> None:
    shop = await open_shop({"MUG": (5,), "TEE": (4,)})
    transfer = await release(await plan(shop.north, shop.south, {"MUG": 4, "TEE": 3}))
    await dispatch(transfer, {"MUG": 1})
    assert await line(transfer, "MUG") == {"quantity": 1, "short": 3, "dispatched": 1}
    assert await line(transfer, "TEE") == {"short": 3}
    assert await counters("MUG", shop.north) == {"on_hand": 4}
    assert await counters("TEE", shop.north) == {"on_hand": 4}
    assert await counters("MUG", shop.south) == {"incoming": 1}
    assert await counters("TEE", shop.south) == {}
    assert (await ledger(transfer))[2:] == [
        ("MUG", "TRANSFERRED_OUT", {"on_hand": -1, "allocated": -1}),
        ("MUG", "DEALLOCATED", {"allocated": -3}),
        ("MUG", "EXPECTED", {"incoming": 1}),
        ("TEE", "DEALLOCATED", {"allocated": -3}),
    ]
    await receive(transfer)
    assert await status_of(transfer) == "RECEIVED"
    await assert_books_balance()


async def test_no_more_leaves_than_was_set_aside_nor_what_the_transfer_does_not_move(database: Database) -> None:
    shop = await open_shop({"MUG": (5,), "TEE": (5,)})
    transfer = await release(await plan(shop.north, shop.south, {"MUG": 4}))
    more = await refusal(dispatch(transfer, {"MUG": 5}))
    assert (type(more), more.path) == (InvalidInput, ("lines", "0", "quantity"))
    assert more.message == "4 units of MUG are set aside for it: no more can leave with it."
    other = await refusal(dispatch(transfer, {"MUG": 1, "TEE": 1}))
    assert (type(other), other.path) == (NotFound, ("lines", "1", "sku"))


async def test_units_that_a_count_did_not_find_cannot_leave_unless_the_location_may_go_below_zero(
    database: Database,
) -> None:
    shop = await open_shop({"MUG": (5,)})
    transfer = await release(await plan(shop.north, shop.south, {"MUG": 4}))
    await run(adjust_stock, AdjustStock("MUG", shop.north, -3))
    refused = await refusal(dispatch(transfer))
    assert isinstance(refused, InsufficientStock)
    assert (refused.requested, refused.available) == (4, 2)
    await LocationRow.filter(id=shop.north).update(allows_negative_on_hand=True)
    await dispatch(transfer)
    assert await counters("MUG", shop.north) == {"on_hand": -2}
    await assert_books_balance(is_oversold=True)


async def test_a_short_pick_ends_the_shortage_that_a_count_had_opened(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    transfer = await release(await plan(shop.north, shop.south, {"MUG": 4}))
    await run(adjust_stock, AdjustStock("MUG", shop.north, -3))
    assert await column(ShortageRow.filter(resolved_at=None), "units") == [2]
    await dispatch(transfer, {"MUG": 2})
    assert await counters("MUG", shop.north) == {}
    assert await ShortageRow.filter(resolved_at=None).count() == 0
    await assert_books_balance()


async def test_a_receipt_in_parts_brings_the_units_on_hand_and_ends_with_the_last(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 2)})
    transfer = await send(shop.north, shop.south, {"MUG": 5})
    await receive(transfer, ("MUG", 2))
    assert await counters("MUG", shop.south) == {"on_hand": 4, "incoming": 3}
    assert await line(transfer, "MUG") == {"quantity": 5, "dispatched": 5, "received": 2}
    assert await status_of(transfer) == "PARTIALLY_RECEIVED"
    await assert_books_balance()
    await receive(transfer)
    assert await counters("MUG", shop.south) == {"on_hand": 7}
    assert await line(transfer, "MUG") == {"quantity": 5, "dispatched": 5, "received": 5}
    row = await TransferRow.get(id=transfer)
    assert (row.status, row.ended_at is not None) == ("RECEIVED", True)
    assert (await ledger(transfer))[3:] == [
        ("MUG", "TRANSFERRED_IN", {"on_hand": 2, "incoming": -2}),
        ("MUG", "TRANSFERRED_IN", {"on_hand": 3, "incoming": -3}),
    ]
    await assert_books_balance()


async def test_more_than_had_left_is_on_hand_and_told_apart_as_found(database: Database) -> None:
    shop = await open_shop({"MUG": (5,), "TEE": (1,)})
    transfer = await send(shop.north, shop.south, {"MUG": 3, "TEE": 1})
    await receive(transfer, ("MUG", 2), ("MUG", 3))
    assert await line(transfer, "MUG") == {"quantity": 3, "dispatched": 3, "received": 3, "surplus": 2}
    assert await counters("MUG", shop.south) == {"on_hand": 5}
    assert (await ledger(transfer))[-2:] == [
        ("MUG", "TRANSFERRED_IN", {"on_hand": 3, "incoming": -3}),
        ("MUG", "ADJUSTED", {"on_hand": 2}),
    ]
    [found] = await StockMovementRow.filter(cause="ADJUSTED", subject_id=transfer)
    assert (found.reason, found.note) == ("FOUND", "More arrived than had left by the books.")
    assert await status_of(transfer) == "PARTIALLY_RECEIVED"
    await receive(transfer, ("MUG", 1))
    assert (await line(transfer, "MUG"))["surplus"] == 3
    await receive(transfer)
    assert await status_of(transfer) == "RECEIVED"
    await assert_books_balance()


async def test_what_arrives_damaged_is_on_hand_and_cannot_be_sold(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    transfer = await send(shop.north, shop.south, {"MUG": 4})
    await receive(transfer, ("MUG", 5, 2))
    assert await counters("MUG", shop.south) == {"on_hand": 5, "damaged": 2}
    assert await line(transfer, "MUG") == {
        "quantity": 4,
        "dispatched": 4,
        "received": 4,
        "surplus": 1,
        "damaged": 2,
    }
    assert (await ledger(transfer))[-3:] == [
        ("MUG", "TRANSFERRED_IN", {"on_hand": 4, "incoming": -4}),
        ("MUG", "ADJUSTED", {"on_hand": 1}),
        ("MUG", "DAMAGED", {"damaged": 2}),
    ]
    await place({"MUG": 3 + 1})
    assert (await level("MUG", shop.south)).allocated == 3
    await assert_books_balance()


async def test_what_is_missing_is_written_off_in_part_or_in_full(database: Database) -> None:
    shop = await open_shop({"MUG": (9,)})
    transfer = await send(shop.north, shop.south, {"MUG": 6})
    await run(write_off_transfer, WriteOffTransfer(transfer, units_of({"MUG": 1}), "Fell off the ramp."))
    assert await counters("MUG", shop.south) == {"incoming": 5}
    assert await status_of(transfer) == "IN_TRANSIT"
    await receive(transfer, ("MUG", 3))
    await write_off(transfer)
    assert await counters("MUG", shop.south) == {"on_hand": 3}
    assert await counters("MUG", shop.north) == {"on_hand": 3}
    assert await line(transfer, "MUG") == {"quantity": 6, "dispatched": 6, "received": 3, "written_off": 3}
    assert await status_of(transfer) == "RECEIVED"
    written_off = [each for each in await ledger(transfer) if each[1] == "WRITTEN_OFF"]
    assert written_off == [("MUG", "WRITTEN_OFF", {"incoming": -1}), ("MUG", "WRITTEN_OFF", {"incoming": -2})]
    notes = await column(StockMovementRow.filter(cause="WRITTEN_OFF").order_by("id"), "note")
    assert notes == ["Fell off the ramp.", None]
    await assert_books_balance()


async def test_a_transfer_of_which_nothing_arrives_ends_when_all_is_written_off(database: Database) -> None:
    shop = await open_shop({"MUG": (3,)})
    transfer = await send(shop.north, shop.south, {"MUG": 3})
    await write_off(transfer)
    assert await status_of(transfer) == "RECEIVED"
    assert [await counters("MUG", each) for each in (shop.north, shop.south)] == [{}, {}]
    await assert_books_balance()


async def test_cancel_frees_what_was_set_aside_and_a_draft_had_nothing(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    draft = await cancel(await plan(shop.north, shop.south, {"MUG": 5}))
    assert (await status_of(draft), await ledger(draft)) == ("CANCELED", [])
    transfer = await cancel(await release(await plan(shop.north, shop.south, {"MUG": 5})))
    assert await counters("MUG", shop.north) == {"on_hand": 5}
    assert await line(transfer, "MUG") == {"quantity": 5}
    assert (await ledger(transfer))[1:] == [("MUG", "DEALLOCATED", {"allocated": -5})]
    assert (await TransferRow.get(id=transfer)).ended_at is not None
    await assert_books_balance()


async def test_the_feed_of_stock_tells_how_far_a_transfer_is(database: Database) -> None:
    shop = await open_shop({"MUG": (9,)})
    transfer = await release(await plan(shop.north, shop.south, {"MUG": 6}))
    await dispatch(transfer, {"MUG": 5})
    await receive(transfer, ("MUG", 3, 1))
    await write_off(transfer)
    other = await cancel(await plan(shop.north, shop.south, {"MUG": 1}))
    told = await StockLogRow.filter(subject_id__in=[transfer, other], level_id=None).order_by("id")
    assert [(each.type, each.data) for each in told] == [
        ("TransferReleased", {"units": 6}),
        ("TransferDispatched", {"units": 5, "short": 1}),
        ("TransferReceived", {"units": 3, "surplus": 0, "damaged": 1}),
        ("TransferWrittenOff", {"units": 2}),
        ("TransferCanceled", {}),
    ]


async def test_each_step_is_done_once_a_key(database: Database) -> None:
    shop = await open_shop({"MUG": (9,)})
    transfer = await release(await plan(shop.north, shop.south, {"MUG": 6}))
    for act in (
        lambda key: dispatch(transfer, key=key),
        lambda key: receive(transfer, ("MUG", 2), key=key),
        lambda key: write_off(transfer, {"MUG": 1}, key=key),
        lambda key: receive(transfer, key=key),
    ):
        key = new_id().hex
        assert await act(key) == transfer
        before = await dump()
        assert await act(key) == transfer
        assert await dump() == before
    assert await counters("MUG", shop.south) == {"on_hand": 5}
    await assert_books_balance()


BAD_PLANS: dict[str, tuple[tuple[SkuUnits, ...], type[DomainError], tuple[str, ...]]] = {
    "no lines": ((), InvalidInput, ("lines",)),
    "too many lines": ((SkuUnits("MUG", 1),) * 101, InvalidInput, ("lines",)),
    "no units": ((SkuUnits("MUG", 0),), InvalidInput, ("lines", "0", "quantity")),
    "too many units together": ((SkuUnits("MUG", 1_000_000),) * 2, InvalidInput, ("lines", "1", "quantity")),
    "an unknown SKU": ((SkuUnits("MUG", 1), SkuUnits("NOPE", 1)), UnknownSku, ("lines", "1", "sku")),
    "a download": ((SkuUnits("EBOOK", 1),), UnknownSku, ("lines", "0", "sku")),
    "a bundle": ((SkuUnits("CAP", 1),), InvalidInput, ("lines", "0", "sku")),
}


@pytest.mark.parametrize("name", BAD_PLANS)
async def test_a_plan_that_can_never_be_right_is_refused(database: Database, name: str) -> None:
    shop = await open_shop({"MUG": (5,)})
    await VariantRow.filter(sku="CAP").update(composition=Composition.BUNDLE)
    draft = await plan(shop.north, shop.south, {"MUG": 1})
    lines, kind, path = BAD_PLANS[name]
    refused = await refusal(run(plan_transfer, PlanTransfer(shop.north, shop.south, lines)))
    assert (type(refused), refused.path) == (kind, path)
    again = await refusal(run(set_transfer_lines, SetTransferLines(draft, lines)))
    assert (type(again), again.path) == (kind, path)


async def test_a_transfer_needs_two_places_that_are_there(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    same = await refusal(plan(shop.north, shop.north, {"MUG": 1}))
    assert (type(same), same.path) == (InvalidInput, ("destination",))
    for ends, path in (((new_id(), shop.north), "source"), ((shop.north, new_id()), "destination")):
        missing = await refusal(plan(*ends, {"MUG": 1}))
        assert (type(missing), missing.path) == (NotFound, (path,))
    long = await refusal(plan(shop.north, shop.south, {"MUG": 1}, note="x" * 301))
    assert (type(long), long.path) == (InvalidInput, ("note",))


async def test_receipts_and_write_offs_that_can_never_be_right_are_refused(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    transfer = await send(shop.north, shop.south, {"MUG": 4})
    refused = [
        await refusal(receive(transfer, ("MUG", 0))),
        await refusal(receive(transfer, ("MUG", 1, 2))),
        await refusal(receive(transfer, ("MUG", 1, -1))),
        await refusal(receive(transfer, ("TEE", 1))),
        await refusal(write_off(transfer, {"MUG": 5})),
        await refusal(write_off(transfer, {"TEE": 1})),
        await refusal(receive(transfer, *[("MUG", 1)] * 101)),
    ]
    assert [(type(each), each.path) for each in refused] == [
        (InvalidInput, ("lines", "0", "quantity")),
        (InvalidInput, ("lines", "0", "damaged")),
        (InvalidInput, ("lines", "0", "damaged")),
        (NotFound, ("lines", "0", "sku")),
        (InvalidInput, ("lines", "0", "quantity")),
        (NotFound, ("lines", "0", "sku")),
        (InvalidInput, ("lines",)),
    ]
    assert refused[4].message == "4 units of MUG are on their way, not 5."


async def test_transfers_are_for_whoever_may_adjust_stock(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    support = staff("sam", Role.SUPPORT)
    request = PlanTransfer(shop.north, shop.south, units_of({"MUG": 1}))
    assert isinstance(await refusal(RUNNER.run(plan_transfer, support, request)), PermissionDenied)
    warehouse = staff("wim", Role.WAREHOUSE)
    assert (await RUNNER.run(plan_transfer, warehouse, request)).value
    assert isinstance(await refusal(release(new_id())), NotFound)
