"""What Waybill is measured beside answers what Waybill answers, and writes the rows that Waybill writes."""

import itertools
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import orjson
import pytest

from benchmarks.audit import FAULTS, faults
from benchmarks.data.generate import Size, generate
from benchmarks.facts import Facts, draw
from benchmarks.rows import Rows, rows_of
from benchmarks.targets.bare_server import Reads, answering
from benchmarks.targets.bare_writes import Writes
from benchmarks.targets.peers import FOLDER
from benchmarks.workloads import Workload, document
from benchmarks.workloads.all import WORKLOADS
from server.database import open_database
from tests.builders import ADMIN, execute
from tests.domain.books import assert_books_balance

READS = [each for each in WORKLOADS.values() if not each.writes]
PLACING = [WORKLOADS["place"], WORKLOADS["hot"]]
TINY = Size(orders=60, skus=40, places=2)


@pytest.fixture
async def url(postgres_database_url: str) -> AsyncIterator[str]:
    """The URL of an open database with a tiny shop."""
    await generate(postgres_database_url, TINY)
    async with open_database(postgres_database_url):
        yield postgres_database_url


@pytest.fixture
async def connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(url)
    yield opened
    await opened.close()


@pytest.fixture
async def bare(url: str) -> AsyncIterator[Any]:
    """What the bare server answers, by path."""
    reads, writes = Reads(), Writes()
    await reads.open(url, sessions=1)
    await writes.open(url, sessions=1)
    yield answering(reads, writes)
    await reads.close()
    await writes.close()


async def test_the_hand_written_statements_give_the_bytes_that_waybill_gives(url: str, bare: Any) -> None:
    facts = await draw(url)
    for workload in READS:
        calls = workload.calls("waybill", facts, random.Random(1))
        others = workload.calls("bare", facts, random.Random(1))
        for call, other in itertools.islice(zip(calls, others, strict=True), 8):
            asked = json.loads(call.body)
            usual = await execute(ADMIN, asked["query"], **asked["variables"])
            assert usual.errors is None
            answer = await bare[other.path](json.loads(other.body)["variables"])
            assert answer == orjson.dumps({"data": usual.data})


async def test_an_order_that_is_placed_in_another_way_leaves_the_rows_that_waybill_leaves(
    url: str, connection: asyncpg.Connection, bare: Any
) -> None:
    facts = await draw(url)
    await connection.execute((FOLDER / "place-order.sql").read_text())
    for workload in PLACING:
        ours = await _placed_by_waybill(workload, facts, connection)
        answer = json.loads(await bare["/place"]({"input": _input(workload, "bare", facts)}))
        assert answer["data"]["orderPlace"]["errors"] == []
        assert await workload.written(connection, "bare", answer) == ours
        given = json.dumps(_input(workload, "postgraphile", facts))
        key = await connection.fetchval("SELECT id FROM peers.place_order($1)", given)
        assert await rows_of(connection, key) == ours
    await assert_books_balance()
    assert await faults(url) == []
    await connection.execute("UPDATE stock_levels SET allocated = on_hand + 1 WHERE sku = 'SKU-000001'")
    assert [fault.partition(" ")[2] for fault in await faults(url)] == list(FAULTS)[:2]


async def test_a_scan_that_is_recorded_in_another_way_leaves_the_rows_that_waybill_leaves(
    url: str, connection: asyncpg.Connection, bare: Any
) -> None:
    facts, scans = await draw(url), WORKLOADS["scan"]
    done = await execute(ADMIN, document("scan"), input=_input(scans, "waybill", facts))
    assert done.errors is None
    ours = {"data": done.data}
    left = await scans.written(connection, "waybill", ours)
    theirs = json.loads(await bare["/scan"]({"input": _input(scans, "bare", facts)}))
    assert scans.told("bare", theirs) == scans.told("waybill", ours)
    assert await scans.written(connection, "bare", theirs) == left
    assert await connection.fetchval("SELECT count(*) FROM scans WHERE carrier_reference NOT LIKE 'scan-%'") == 2
    await assert_books_balance()


async def _placed_by_waybill(workload: Workload, facts: Facts, connection: asyncpg.Connection) -> Rows:
    done = await execute(ADMIN, document("place"), input=_input(workload, "waybill", facts))
    assert done.errors is None
    assert done.data["orderPlace"]["errors"] == []
    rows: Rows = await workload.written(connection, "waybill", {"data": done.data})
    assert {table: len(found) for table, found in rows.items()} == {
        "orders": 1,
        "order_lines": 3,
        "requirements": 3,
        "charges": 1,
        "order_addresses": 2,
        "allocations": 3,
        "fulfillment_orders": 1,
        "fulfillment_order_lines": 3,
        "payments": 1,
        "stock_movements": 3,
        "log": 4,
        "jobs": 0,
        "stock_log": 3,
        "idempotency_keys": 1,
    }
    return rows


def _input(workload: Workload, target: str, facts: Facts) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(next(workload.calls(target, facts, random.Random(2))).body)["variables"]["input"]
    return given
