"""Stock levels from a file: each row as if it were alone, in steps that nothing tears apart or does twice."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

import domain.flows.bulk_stock
from domain.bulk.lifecycle import BulkMode, BulkOutcome, BulkRunStatus
from domain.bulk.models import BulkRowRow, BulkRunRow
from domain.flows.bulk_stock import CancelBulk, StartBulk, StepOfBulk, cancel_bulk, start_bulk, step_of_bulk
from domain.flows.keep_upload import KeepUpload, keep_upload
from domain.kernel.actor import Role, staff
from domain.kernel.errors import IllegalTransition, InvalidInput, NotFound, PermissionDenied
from domain.kernel.models import JobRow, StockLogRow
from domain.locations.models import LocationRow
from domain.reactions import REACTIONS
from domain.stock.models import MovementCause, StockLevelRow, StockMovementRow
from domain.uploads.models import UploadRow
from domain.uploads.service import sweep
from server.worker import Worker
from tests.domain.books import assert_books_balance
from tests.domain.shop import NOON, RUNNER, dump, level, open_shop, place, run

pytestmark = pytest.mark.usefixtures("database")

SUPPORT = staff("sam", Role.SUPPORT)


async def upload(text: str, *, name: str = "levels.csv") -> UUID:
    return await run(keep_upload, KeepUpload(name, "text/csv", text.encode()))


async def started(text: str, mode: BulkMode = BulkMode.SET, **details: Any) -> UUID:
    return await run(start_bulk, StartBulk(await upload(text), mode, **details))


async def work() -> None:
    """Do all jobs, those that jobs ask for too."""
    worker = Worker(RUNNER, REACTIONS)
    while await worker.work():
        pass
    assert await JobRow.exclude(status="DONE").values_list("kind", "last_error") == []


async def results(run_id: UUID) -> list[tuple[Any, ...]]:
    rows = BulkRowRow.filter(run_id=run_id).order_by("number")
    return [tuple(row) for row in await rows.values_list("number", "outcome", "change", "code")]


async def test_a_file_sets_levels_and_the_ledger_says_who_and_what_for() -> None:
    shop = await open_shop({"MUG": (5, 2), "TEE": (7,)})
    text = "sku,location,on_hand\nMUG,north,9\nTEE,north,7\nMUG,west,4\n"
    run_id = await started(text, note="Spring count")
    await work()
    done = await BulkRunRow.get(id=run_id)
    assert (done.status, done.rows, done.done) == (BulkRunStatus.COMPLETED, 3, 3)
    assert (done.applied, done.unchanged, done.refused) == (2, 1, 0)
    assert await results(run_id) == [
        (2, BulkOutcome.APPLIED, 4, None),
        (3, BulkOutcome.UNCHANGED, 0, None),
        (4, BulkOutcome.APPLIED, 4, None),
    ]
    assert [(await level("MUG", at)).on_hand for at in shop.places] == [9, 2, 4]
    moved = await StockMovementRow.filter(subject_id=run_id).order_by("on_hand", "id")
    assert [(each.on_hand, each.cause, each.actor, each.note) for each in moved] == [
        (4, MovementCause.ADJUSTED, "staff:ada", "Spring count")
    ] * 2
    await assert_books_balance()


async def test_a_row_that_cannot_be_done_says_why_and_the_others_are_done() -> None:
    shop = await open_shop({"MUG": (5,), "TEE": (2,)})
    text = (
        "location,sku,on_hand,expected_on_hand\n"
        "north,MUG,8,5\n"
        "north,TEE,3,1\n"
        "north,PAN,1,\n"
        "moon,MUG,1,\n"
        "\n"
        "north,MUG,two,\n"
        "north,MUG\n"
        "north,MUG,9,8\n"
        "south,MUG,-1,\n"
    )
    run_id = await started(text)
    await work()
    assert await results(run_id) == [
        (2, BulkOutcome.APPLIED, 3, None),
        (3, BulkOutcome.REFUSED, 0, "STALE_STOCK"),
        (4, BulkOutcome.REFUSED, 0, "UNKNOWN_SKU"),
        (5, BulkOutcome.REFUSED, 0, "NOT_FOUND"),
        (7, BulkOutcome.REFUSED, 0, "INVALID_INPUT"),
        (8, BulkOutcome.REFUSED, 0, "INVALID_INPUT"),
        (9, BulkOutcome.REFUSED, 0, "INVALID_INPUT"),
        (10, BulkOutcome.REFUSED, 0, "INVALID_INPUT"),
    ]
    messages = [row.message async for row in BulkRowRow.filter(run_id=run_id, number__in=(3, 9)).order_by("number")]
    assert messages == [
        "TEE has 2 units on hand, not 1. Look again before you set it.",
        "A row above sets MUG at north already.",
    ]
    assert ((await level("MUG", shop.north)).on_hand, (await level("TEE", shop.north)).on_hand) == (8, 2)
    await assert_books_balance()


async def test_adjustments_of_one_level_follow_one_another_and_stop_at_nothing() -> None:
    shop = await open_shop({"MUG": (5,)})
    await LocationRow.filter(id=shop.south).update(allows_negative_on_hand=True)
    text = "sku,location,delta\nMUG,north,-3\nMUG,north,-3\nMUG,north,+4\nMUG,south,-2\n"
    run_id = await started(text, BulkMode.ADJUST)
    await work()
    assert [row[1:] for row in await results(run_id)] == [
        (BulkOutcome.APPLIED, -3, None),
        (BulkOutcome.REFUSED, 0, "INSUFFICIENT_STOCK"),
        (BulkOutcome.APPLIED, 4, None),
        (BulkOutcome.APPLIED, -2, None),
    ]
    assert [(await level("MUG", at)).on_hand for at in (shop.north, shop.south)] == [6, -2]
    await assert_books_balance(is_oversold=True)


async def test_a_rehearsal_says_what_would_become_of_each_row_and_changes_no_stock() -> None:
    await open_shop({"MUG": (5,)})
    levels, movements = await StockLevelRow.all().values(), await StockMovementRow.all().count()
    text = "sku,location,delta\nMUG,north,-3\nMUG,north,-3\nTEE,west,2\n"
    run_id = await started(text, BulkMode.ADJUST, is_dry_run=True)
    await work()
    assert [row[1:] for row in await results(run_id)] == [
        (BulkOutcome.APPLIED, -3, None),
        (BulkOutcome.REFUSED, 0, "INSUFFICIENT_STOCK"),
        (BulkOutcome.APPLIED, 2, None),
    ]
    assert (await StockLevelRow.all().values(), await StockMovementRow.all().count()) == (levels, movements)


async def test_thousands_of_rows_are_done_in_steps_that_tell_how_far_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    await open_shop()
    monkeypatch.setattr(domain.flows.bulk_stock, "ROWS_A_STEP", 40)
    lines = "".join(f"{sku},{at},{n + 1}\n" for n, sku in enumerate(("MUG", "TEE") * 700) for at in ("north", "west"))
    run_id = await started("sku,location,delta\n" + lines, BulkMode.ADJUST)
    await work()
    done = await BulkRunRow.get(id=run_id)
    assert (done.status, done.applied, done.ended_at is None) == (BulkRunStatus.COMPLETED, 2_800, False)
    told = await StockLogRow.filter(subject_id=run_id, type="BulkRunProgressed").order_by("id")
    assert [each.data["done"] for each in told] == list(range(40, 2_801, 40))
    assert sum(each.on_hand for each in await StockLevelRow.all()) == 2 * sum(range(1, 1_401))
    # Seventy steps, twenty-five a job.
    assert await JobRow.filter(kind="work_bulk").count() == 3
    await assert_books_balance()


async def test_a_run_goes_on_where_it_was_when_its_worker_died_and_no_step_is_done_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = await open_shop()
    monkeypatch.setattr(domain.flows.bulk_stock, "ROWS_A_STEP", 2)
    run_id = await started("sku,location,delta\n" + "MUG,north,1\n" * 9, BulkMode.ADJUST)
    assert await run(step_of_bulk, StepOfBulk(run_id)) is True
    await asyncio.gather(work(), *(run(step_of_bulk, StepOfBulk(run_id)) for _ in range(3)))
    assert (await level("MUG", shop.north)).on_hand == 9
    assert await run(step_of_bulk, StepOfBulk(run_id)) is False
    assert (await level("MUG", shop.north)).on_hand == 9
    await assert_books_balance()


async def test_a_run_that_is_called_off_does_no_more_and_keeps_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = await open_shop()
    monkeypatch.setattr(domain.flows.bulk_stock, "ROWS_A_STEP", 2)
    run_id = await started("sku,location,delta\n" + "MUG,north,1\n" * 5, BulkMode.ADJUST)
    await run(step_of_bulk, StepOfBulk(run_id))
    await run(cancel_bulk, CancelBulk(run_id))
    await work()
    done = await BulkRunRow.get(id=run_id)
    assert (done.status, done.done, (await level("MUG", shop.north)).on_hand) == (BulkRunStatus.CANCELED, 2, 2)
    with pytest.raises(IllegalTransition):
        await run(cancel_bulk, CancelBulk(run_id))


async def test_what_is_set_below_what_is_promised_is_a_fact() -> None:
    shop = await open_shop({"MUG": (5,)})
    await place({"MUG": 4})
    run_id = await started("sku,location,on_hand\nMUG,north,1\n")
    step = await run(step_of_bulk, StepOfBulk(run_id))
    shelf = await level("MUG", shop.north)
    assert (step, shelf.on_hand, shelf.allocated) == (False, 1, 4)
    await assert_books_balance(is_oversold=True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sku,location,delta\nMUG,north,1\n", "it needs location, on_hand, sku and may have expected_on_hand"),
        ("sku,location,on_hand,colour\nMUG,north,1,red\n", "each once, and no other"),
        ("sku,location,on_hand,sku\nMUG,north,1,MUG\n", "each once"),
        ("sku,location,on_hand\n\n \n", "The file has 0 rows below its header; it needs 1 to 50,000."),
        ("sku,location,on_hand\n" + "MUG,north,1\n" * 50_001, "The file has 50,001 rows"),
    ],
)
async def test_a_file_that_is_none_is_refused_at_once(text: str, sentence: str) -> None:
    await open_shop()
    file = await upload(text)
    before = await dump()
    with pytest.raises(InvalidInput, match=sentence):
        await run(start_bulk, StartBulk(file, BulkMode.SET))
    assert await dump() == before


async def test_a_file_in_another_encoding_is_refused_and_a_mark_at_its_head_is_none_of_its_text() -> None:
    await open_shop()
    file = await run(
        keep_upload, KeepUpload("a.csv", "text/csv", "sku,location,on_hand\nMÜG,north,1".encode("latin-1"))
    )
    with pytest.raises(InvalidInput, match="not in UTF-8: byte 22"):
        await run(start_bulk, StartBulk(file, BulkMode.SET))
    assert await run(start_bulk, StartBulk(await upload("\ufeffsku,location,on_hand\nMUG,north,1"), BulkMode.SET))


async def test_a_file_is_for_whoever_sent_it_and_its_bytes_are_kept_for_a_week() -> None:
    await open_shop()
    file = await upload("sku,location,on_hand\nMUG,north,1\n")
    with pytest.raises(NotFound):
        await run(start_bulk, StartBulk(file, BulkMode.SET), actor=staff("wim", Role.WAREHOUSE))
    with pytest.raises(PermissionDenied):
        await run(keep_upload, KeepUpload("a.csv", "text/csv", b"a"), actor=SUPPORT)
    assert await sweep(NOON) == 0
    await UploadRow.all().update(expires_at=NOON)
    assert await sweep(NOON.replace(hour=13)) == 1
    kept = await UploadRow.get(id=file)
    assert (kept.content, kept.is_forgotten, kept.size) == (b"", True, 33)
    with pytest.raises(NotFound):
        await run(start_bulk, StartBulk(file, BulkMode.SET))
