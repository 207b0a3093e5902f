"""What a third party counted at a moment before: the books are put right as of then, and keep what moved since."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.flows.adjust_stock import AdjustStock, CountStock, adjust_stock, count_stock
from domain.flows.apply_snapshot import ApplySnapshot, SnapshotLine, apply_snapshot
from domain.flows.set_aside_stock import DisposeStock, SetAside, SetAsideState, damage_stock, dispose_stock
from domain.kernel.database import current_connection, database_now
from domain.kernel.errors import DomainError, InvalidInput, Refusals
from domain.locations.models import LocationRow
from domain.stock.errors import StaleSnapshot
from domain.stock.models import MovementCause, SnapshotRow, StockMovementRow
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import Shop, dump, level, open_shop, place, receive_stock, run, ship

MINUTE = timedelta(minutes=1)


async def now() -> datetime:
    """This moment, by the database's clock; what is done after it moves later."""
    return await database_now(current_connection())


async def snapshot(shop: Shop, as_of: datetime, *rows: SnapshotLine, **more: Any) -> SnapshotRow:
    """The snapshot of the first location, applied."""
    return await SnapshotRow.get(id=await run(apply_snapshot, ApplySnapshot(shop.north, as_of, rows, **more)))


async def on_hand(*skus: str, at: UUID) -> list[int]:
    return [(await level(sku, at)).on_hand for sku in skus]


async def refuses(error: type[DomainError], request: ApplySnapshot) -> DomainError:
    """The refusal, which changed nothing."""
    before = await dump()
    with pytest.raises(error) as refused:
        await run(apply_snapshot, request)
    assert await dump() == before
    return refused.value


async def test_a_snapshot_puts_the_books_right_and_says_how_many_were_wrong(database: Database) -> None:
    shop = await open_shop({"MUG": (10, 7), "TEE": (5,), "CAP": (3,)})
    rows = (SnapshotLine("MUG", 8), SnapshotLine("TEE", 5), SnapshotLine("EBOOK", 0))
    assert [each.path for each in (await refuses(Refusals, ApplySnapshot(shop.north, await now(), rows))).errors] == [  # type: ignore[attr-defined]
        ("rows", "2", "sku")
    ]
    as_of = await now()
    done = await snapshot(shop, as_of, *rows[:2], reference="3PL-77")
    assert (done.rows, done.corrected, done.outdated, done.external_reference) == (2, 1, 0, "3PL-77")
    assert done.as_of == as_of
    assert await on_hand("MUG", "TEE", "CAP", at=shop.north) == [8, 5, 3]
    assert await on_hand("MUG", at=shop.south) == [7]
    [line] = await StockMovementRow.filter(cause=MovementCause.SNAPSHOT)
    assert (line.on_hand, line.subject_id) == (-2, done.id)
    await assert_books_balance()


async def test_what_moved_since_the_count_stays_moved(database: Database) -> None:
    shop = await open_shop({"MUG": (10,)})
    as_of = await now()
    await receive_stock("MUG", shop.north, 5)
    await ship(await place({"MUG": 3}))
    await run(adjust_stock, AdjustStock("MUG", shop.north, -1))
    # They had counted 8 where the books had 10 then; since then 5 came, 3 left and 1 was lost.
    await snapshot(shop, as_of, SnapshotLine("MUG", 8))
    assert await on_hand("MUG", at=shop.north) == [8 + 5 - 3 - 1]
    await assert_books_balance()


async def test_a_count_that_agrees_with_the_books_as_they_were_corrects_nothing(database: Database) -> None:
    shop = await open_shop({"MUG": (10,)})
    as_of = await now()
    await ship(await place({"MUG": 4}))
    done = await snapshot(shop, as_of, SnapshotLine("MUG", 10))
    assert (done.corrected, await on_hand("MUG", at=shop.north)) == (0, [6])
    await assert_books_balance()


async def test_what_came_before_the_count_is_in_it(database: Database) -> None:
    shop = await open_shop({"MUG": (10,)})
    await receive_stock("MUG", shop.north, 5)
    await snapshot(shop, await now(), SnapshotLine("MUG", 14))
    assert await on_hand("MUG", at=shop.north) == [14]


async def test_a_snapshot_sent_twice_changes_nothing_the_second_time(database: Database) -> None:
    shop = await open_shop({"MUG": (10,), "TEE": (5,)})
    as_of = await now()
    await receive_stock("MUG", shop.north, 1)
    assert (await snapshot(shop, as_of, SnapshotLine("MUG", 7))).corrected == 1
    assert (await snapshot(shop, as_of, SnapshotLine("MUG", 7), SnapshotLine("TEE", 4))).corrected == 1
    assert await on_hand("MUG", "TEE", at=shop.north) == [8, 4]
    await assert_books_balance()


async def test_the_next_night_is_reckoned_from_books_that_the_last_one_put_right(database: Database) -> None:
    shop = await open_shop({"MUG": (10,)})
    first = await now()
    await receive_stock("MUG", shop.north, 4)
    second = await now()
    await ship(await place({"MUG": 1}))
    await snapshot(shop, first, SnapshotLine("MUG", 9))  # 9 + 4 − 1
    assert await on_hand("MUG", at=shop.north) == [12]
    # Of the moment between: 9 and the 4 that came, of which one more is missing.
    await snapshot(shop, second, SnapshotLine("MUG", 12))
    assert await on_hand("MUG", at=shop.north) == [11]
    await assert_books_balance()


async def test_a_snapshot_older_than_the_last_one_is_refused(database: Database) -> None:
    shop = await open_shop({"MUG": (10, 10)})
    as_of = await now()
    await snapshot(shop, as_of, SnapshotLine("MUG", 9))
    older = ApplySnapshot(shop.north, as_of - MINUTE, (SnapshotLine("MUG", 5),))
    refusal = await refuses(StaleSnapshot, older)
    assert isinstance(refusal, StaleSnapshot)
    assert (refusal.as_of, refusal.latest, refusal.path) == (as_of - MINUTE, as_of, ("asOf",))
    # Another location's is another matter.
    await run(apply_snapshot, ApplySnapshot(shop.south, as_of - MINUTE, (SnapshotLine("MUG", 5),)))
    assert await on_hand("MUG", at=shop.north) == [9]


async def test_what_a_stocktake_counted_since_is_the_younger_word(database: Database) -> None:
    shop = await open_shop({"MUG": (10,), "TEE": (5,)})
    as_of = await now()
    await run(count_stock, CountStock("MUG", shop.north, 8, 10))
    done = await snapshot(shop, as_of, SnapshotLine("MUG", 8), SnapshotLine("TEE", 4))
    assert (done.corrected, done.outdated) == (1, 1)
    assert await on_hand("MUG", "TEE", at=shop.north) == [8, 4]
    await assert_books_balance()


async def test_damaged_and_quarantined_units_may_be_told_too(database: Database) -> None:
    shop = await open_shop({"MUG": (10,)})
    await run(damage_stock, SetAside("MUG", shop.north, 3))
    as_of = await now()
    await run(dispose_stock, DisposeStock("MUG", shop.north, 2, SetAsideState.DAMAGED))
    await snapshot(shop, as_of, SnapshotLine("MUG", 10, damaged=4, quarantined=1))
    it = await level("MUG", shop.north)
    assert (it.on_hand, it.damaged, it.quarantined) == (8, 2, 1)
    await snapshot(shop, as_of, SnapshotLine("MUG", 10, damaged=0))
    it = await level("MUG", shop.north)
    assert (it.on_hand, it.damaged, it.quarantined) == (8, 0, 1)
    await assert_books_balance()


async def test_no_counter_falls_below_zero_because_more_left_than_was_counted(database: Database) -> None:
    shop = await open_shop({"MUG": (10,), "TEE": (10,)})
    as_of = await now()
    await ship(await place({"MUG": 9, "TEE": 9}))
    await snapshot(shop, as_of, SnapshotLine("MUG", 4))
    assert await on_hand("MUG", at=shop.north) == [0]
    await LocationRow.filter(id=shop.north).update(allows_negative_on_hand=True)
    await snapshot(shop, as_of, SnapshotLine("TEE", 4))
    assert await on_hand("TEE", at=shop.north) == [-5]
    await assert_books_balance(is_oversold=True)


async def test_a_snapshot_takes_atp_below_zero_where_it_must(database: Database) -> None:
    shop = await open_shop({"MUG": (10,)})
    await place({"MUG": 8})
    await snapshot(shop, await now(), SnapshotLine("MUG", 5))
    it = await level("MUG", shop.north)
    assert (it.on_hand, it.allocated) == (5, 8)
    await assert_books_balance(is_oversold=True)


async def test_what_nobody_can_have_counted_is_refused(database: Database) -> None:
    shop = await open_shop({"MUG": (10,)})
    as_of, mug = await now(), SnapshotLine("MUG", 5)
    for request, path in (
        (ApplySnapshot(shop.north, datetime.now(UTC) + MINUTE, (mug,)), ("asOf",)),
        (ApplySnapshot(shop.north, as_of, ()), ("rows",)),
        (ApplySnapshot(shop.north, as_of, (mug, mug)), ("rows", "1", "sku")),
        (ApplySnapshot(shop.north, as_of, tuple(SnapshotLine(f"S{n}", 1) for n in range(1001))), ("rows",)),
        (ApplySnapshot(shop.north, as_of, (SnapshotLine("MUG", -1),)), ("rows", "0", "onHand")),
        (ApplySnapshot(shop.north, as_of, (SnapshotLine("MUG", 1, damaged=-1),)), ("rows", "0", "damaged")),
        (ApplySnapshot(shop.north, as_of, (mug,), "x" * 101), ("externalReference",)),
    ):
        assert (await refuses(InvalidInput, request)).path == path
