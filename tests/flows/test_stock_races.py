"""Races for stock: processes that buy, move, count, ship and repair the same units at the same moment."""

import asyncio
import sys
from collections import Counter
from uuid import UUID

from domain.flows.stock_witnesses import disagreeing
from domain.orders.models import RequirementRow
from domain.stock.models import StockLevelRow, StockMovementRow
from domain.transfers.models import TransferLineRow
from server.database import open_database
from tests.domain.books import assert_books_balance
from tests.domain.shop import open_shop
from tests.flows.test_races import ROOT


async def race(url: str, *racers: str, times: int, at_once: int = 3) -> list[str]:
    """Everything that racers in these roles say, each in a process of its own, all begun at the same moment."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "tests.flows.racer", url)
    started: list[asyncio.subprocess.Process] = []
    try:
        for role in racers:
            given = (*command, role, str(times), str(at_once))
            started.append(await asyncio.create_subprocess_exec(*given, cwd=ROOT, stdin=pipe, stdout=pipe))
        for each in started:
            assert each.stdout
            assert await each.stdout.readline() == b"ready\n"
        for each in started:
            assert each.stdin
            each.stdin.write(b"go\n")
        said = await asyncio.gather(*(each.communicate() for each in started))
        assert [each.returncode for each in started] == [0] * len(started)
        return [line for out, _ in said for line in out.decode().splitlines()]
    finally:
        for each in started:
            if each.returncode is None:
                each.kill()


async def assert_it_was_fair(lines: list[str], units: int) -> None:
    """Nobody failed but for want of stock, every acknowledged order is there, and no unit was sold twice or lost."""
    words = [line.split() for line in lines]
    codes = Counter(each[1] for each in words if each[0] == "refused")
    assert set(codes) <= {"INSUFFICIENT_STOCK", "STALE_STOCK", "ILLEGAL_TRANSITION", "INVALID_INPUT"}, codes
    for _, order_id, bought in (each for each in words if each[0] == "order"):
        needed = await RequirementRow.filter(order_id=UUID(order_id), sku="MUG")
        assert sum(each.required for each in needed) == int(bought)
    came = sum(int(each[1]) for each in words if each[0] == "units")
    there = sum(level.on_hand for level in await StockLevelRow.filter(sku="MUG"))
    on_the_way = sum(line.on_its_way for line in await TransferLineRow.all())
    assert there + on_the_way == units + came
    levels = await StockLevelRow.all()
    assert await disagreeing([each.id for each in levels]) == []
    assert await StockMovementRow.filter(cause="RECONCILED").count() == 0
    await assert_books_balance()


async def held() -> int:
    """Units of MUG that are set aside."""
    return sum(each.allocated + each.reserved for each in await StockLevelRow.filter(sku="MUG"))


async def test_the_last_units_go_to_single_orders_two_lines_bundles_and_baskets_and_no_further(
    postgres_database_url: str,
) -> None:
    async with open_database(postgres_database_url):
        await open_shop({"MUG": (30, 20), "TEE": (20, 30)})
    racers = ("buy_one", "buy_two_lines", "buy_a_bundle", "reserve_and_buy")
    lines = await race(postgres_database_url, *racers, times=30)
    async with open_database(postgres_database_url):
        await assert_it_was_fair(lines, 50)
        bought = sum(int(line.split()[2]) for line in lines if line.startswith("order"))
        # A basket whose order was refused keeps its unit, and one unit is not enough for two lines.
        assert bought <= await held() == 50
        assert "refused INSUFFICIENT_STOCK" in lines


async def test_transfers_race_with_allocations_for_the_same_units(postgres_database_url: str) -> None:
    async with open_database(postgres_database_url):
        await open_shop({"MUG": (20, 10, 10)})
    lines = await race(postgres_database_url, "transfer", "buy_one", "transfer", "buy_two_lines", times=20)
    async with open_database(postgres_database_url):
        await assert_it_was_fair(lines, 40)


async def test_counts_race_with_shipments(postgres_database_url: str) -> None:
    async with open_database(postgres_database_url):
        await open_shop({"MUG": (40, 40)})
    await race(postgres_database_url, "buy_one", times=40)
    lines = await race(postgres_database_url, "find_one", "ship_one", "find_one", "ship_one", times=15)
    assert sum(line == "units -1" for line in lines) > 5
    async with open_database(postgres_database_url):
        await assert_it_was_fair(lines, 80)


async def test_everybody_at_once_leaves_books_that_balance_and_a_repair_finds_nothing_to_do(
    postgres_database_url: str,
) -> None:
    async with open_database(postgres_database_url):
        await open_shop({"MUG": (25, 15, 10), "TEE": (20, 20)})
    racers = (
        "buy_one",
        "buy_a_bundle",
        "reserve_and_buy",
        "transfer",
        "find_one",
        "ship_one",
        "cancel_one",
        "reconcile",
    )
    lines = await race(postgres_database_url, *racers, times=12, at_once=2)
    async with open_database(postgres_database_url):
        await assert_it_was_fair(lines, 50)
