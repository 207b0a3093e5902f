"""The ledger of stock: asked as a list, and exported as a table that says the same."""

import asyncio
import csv
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tortoise.expressions import Q

import server
from domain.kernel.actor import Role, customer, staff
from domain.kernel.ids import global_id, new_id
from domain.stock.models import AdjustmentReason, LotRow, MovementCause, StockMovementRow
from domain.stock.queries import PAGE_ROWS, ledger_pages
from schema.scalars import print_time
from server.database import Database
from server.exports import COLUMNS, PARAMETERS
from tests.api.client import Client, served
from tests.builders import ask
from tests.domain.shop import NOON, Shop, level, open_shop, place, receive_stock, ship

WIM = staff("wim", Role.WAREHOUSE)
EXPORT = "/exports/stock-movements.csv"
ALL = """stockMovements(first: 100, orderBy: {field: OCCURRED_AT, direction: ASC}, where: WHERE) { nodes {
  occurredAt id sku level { location { code } } cause reason onHand allocated reserved waiting damaged quarantined
  safetyStock incoming orderId subjectId lotId actor note } }"""


@pytest.fixture
async def client(database: Database) -> AsyncIterator[Client]:
    async with served(database) as opened:
        yield opened.as_(WIM)


async def export(client: Client, **parameters: Any) -> list[dict[str, str]]:
    """The rows of the table."""
    answer = await get(client, **parameters)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(StringIO(answer.text)))


async def get(client: Client, **parameters: Any) -> Any:
    headers = {"Authorization": client.authorization} if client.authorization else {}
    return await client.http.get(EXPORT, params=parameters, headers=headers)


async def listed(where: str = "{}") -> list[dict[str, Any]]:
    """The movements that the API lists, the oldest first."""
    nodes: list[dict[str, Any]] = (await ask(WIM, f"{{ {ALL.replace('WHERE', where)} }}"))["stockMovements"]["nodes"]
    return nodes


def as_row(node: dict[str, Any]) -> dict[str, str]:
    """A movement of the API as the table says it."""
    flat = {"location": node["level"]["location"]["code"], **{name: node[name] for name in node if name != "level"}}
    names = {"occurredAt": "occurred_at", "onHand": "on_hand", "safetyStock": "safety_stock", "orderId": "order_id"}
    names |= {"subjectId": "subject_id", "lotId": "lot_id"}
    return {names.get(name, name): "" if value is None else str(value) for name, value in flat.items()}


async def a_lively_shop() -> tuple[Shop, str]:
    """Receipts, an order that was shipped, and a movement that says all that one can; and the order."""
    shop = await open_shop({"MUG": (5, 2), "TEE": (3,)})
    order = await place({"MUG": 2, "TEE": 1})
    await ship(order)
    await receive_stock("MUG", shop.north, 4)
    await _everything(shop)
    return shop, global_id("order", order)


async def _everything(shop: Shop) -> None:
    mug = await level("MUG", shop.south)
    lot = await LotRow.create(level_id=mug.id, number="L1", on_hand=0, received_at=NOON)
    await StockMovementRow.create(
        level_id=mug.id,
        sku="MUG",
        location_id=shop.south,
        damaged=1,
        incoming=-2,
        cause=MovementCause.ADJUSTED,
        reason=AdjustmentReason.OWN_USE,
        subject_id=new_id(),
        lot_id=lot.id,
        actor="staff:wim",
        note='He said "one, two",\nand =1+1; ünï',
        occurred_at=NOON - timedelta(days=400),
    )


async def test_the_table_says_what_the_ledger_says(client: Client) -> None:
    await a_lively_shop()
    rows = await export(client)
    assert rows == [as_row(node) for node in await listed()]
    assert len(rows) == await StockMovementRow.all().count() == 9
    assert rows[0]["note"] == 'He said "one, two",\nand =1+1; ünï'
    assert (rows[0]["cause"], rows[0]["reason"], rows[0]["incoming"]) == ("ADJUSTED", "OWN_USE", "-2")


def test_every_column_and_every_parameter_is_documented() -> None:
    paper = (Path(server.__file__).parents[1] / "docs" / "exports.md").read_text()
    parameters, columns = paper.split("| parameter | |")[1].split("| column | |")
    first_cells = [
        re.findall(r"`(\w+)`", line.split("|")[1]) for line in columns.splitlines() if line.startswith("| `")
    ]
    assert [name for cell in first_cells for name in cell] == list(COLUMNS)
    first_cells = [re.findall(r"`(\w+)`", line.split("|")[1]) for line in parameters.splitlines() if line[:3] == "| `"]
    assert [name for cell in first_cells for name in cell] == list(PARAMETERS)


@pytest.mark.usefixtures("database")
async def test_a_movement_says_the_sku_and_the_place_of_its_level() -> None:
    await a_lively_shop()
    for row in await StockMovementRow.all().prefetch_related("level"):
        assert (row.sku, row.location_id) == (row.level.sku, row.level.location_id)


async def test_the_ledger_and_the_table_take_the_same_filters(client: Client) -> None:
    shop, order = await a_lively_shop()
    south = global_id("location", shop.south)
    special = await StockMovementRow.get(cause=MovementCause.ADJUSTED)
    subject = f"transfer_{special.subject_id.hex if special.subject_id else ''}"
    year_ago = print_time(NOON - timedelta(days=365))
    for where, parameters, count in (
        ('{sku: {eq: "TEE"}}', {"sku": "TEE"}, 3),
        (f'{{location: {{eq: "{south}"}}}}', {"location": south}, 2),
        ("{cause: {oneOf: [RECEIVED, ADJUSTED]}}", {"cause": ["RECEIVED", "ADJUSTED"]}, 5),
        (f'{{order: {{eq: "{order}"}}}}', {"order": order}, 4),
        (f'{{subject: {{eq: "{subject}"}}}}', {"subject": subject}, 1),
        (f'{{occurredAt: {{gte: "{year_ago}"}}}}', {"from": year_ago}, 8),
        (f'{{occurredAt: {{lt: "{year_ago}"}}}}', {"before": year_ago}, 1),
        ('{sku: {eq: "MUG"}, cause: {oneOf: [SHIPPED]}}', {"sku": "MUG", "cause": "SHIPPED"}, 1),
    ):
        nodes = await listed(where)
        assert (where, len(nodes)) == (where, count)
        assert await export(client, **parameters) == [as_row(node) for node in nodes]


async def test_a_long_ledger_is_read_in_pages_and_every_movement_comes_once(client: Client) -> None:
    shop = await open_shop({"MUG": (1,)})
    mug = await level("MUG", shop.north)
    rows = [
        StockMovementRow(
            level_id=mug.id,
            sku="MUG",
            location_id=shop.north,
            incoming=n,
            cause=MovementCause.EXPECTED,
            actor="system",
            occurred_at=NOON + timedelta(seconds=n // 700),  # far more at one moment than a page ends between
        )
        for n in range(2 * PAGE_ROWS + 1)
    ]
    await StockMovementRow.bulk_create(rows, batch_size=500)
    exported = await export(client, cause="EXPECTED")
    assert sorted(int(row["incoming"]) for row in exported) == list(range(2 * PAGE_ROWS + 1))
    assert [row["occurred_at"] for row in exported] == sorted(row["occurred_at"] for row in exported)


@pytest.mark.usefixtures("database")
async def test_what_is_written_after_an_export_began_is_not_in_it() -> None:
    shop = await open_shop({"MUG": (1,)})
    now = (await StockMovementRow.get(sku="MUG")).occurred_at
    await receive_stock("MUG", shop.north, 1)
    assert [len(page) async for page in ledger_pages(Q(), now)] == [1]


async def test_whoever_may_not_read_stock_gets_no_table(client: Client) -> None:
    await open_shop({"MUG": (1,)})
    answers = {}
    for name, asking in {
        "nobody": Client(client.app, client.http),
        "customer": client.as_(customer(new_id())),
        "forged": Client(client.app, client.http, "Bearer forged"),
    }.items():
        answer = await get(asking)
        [error] = answer.json()["errors"]
        answers[name] = (answer.status_code, error["extensions"]["code"])
    assert answers == {
        "nobody": (401, "UNAUTHENTICATED"),
        "customer": (403, "FORBIDDEN"),
        "forged": (401, "UNAUTHENTICATED"),
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "red"),
        ("cause", "MAGIC"),
        ("location", "order_0"),
        ("order", "nonsense"),
        ("subject", "transfer_1"),
        ("from", "yesterday"),
        ("before", "2026-01-01"),
        ("sku", "\0"),
    ],
)
async def test_what_cannot_be_asked_for_is_refused(client: Client, name: str, value: str) -> None:
    answer = await get(client, **{name: value})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


async def test_a_third_export_at_once_is_told_to_come_back(client: Client) -> None:
    await open_shop({"MUG": (1,)})
    go_on, begun = asyncio.Event(), 0

    async def send(_message: Any) -> None:
        nonlocal begun
        begun += 1
        await go_on.wait()

    async def receive() -> Any:
        await asyncio.Event().wait()

    headers = [(b"authorization", (client.authorization or "").encode())]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": EXPORT, "query_string": b"", "headers": headers}
    scope |= {"asgi": {"spec_version": "2.4"}, "http_version": "1.1", "scheme": "http", "root_path": ""}
    slow = [asyncio.create_task(client.app(dict(scope), receive, send)) for _ in range(2)]
    async with asyncio.timeout(20):
        while begun < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)
    answer = await get(client)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    go_on.set()
    await asyncio.gather(*slow)
    assert len(await export(client)) == 1
