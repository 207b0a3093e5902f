"""The whole Online Retail file, 541,909 rows of real life: each is in the books or in the report, to the cent."""

import csv
import gzip
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from uuid import UUID

import pytest
from tortoise.connection import get_connection

from domain.customers.models import CustomerRow
from domain.kernel.ids import parse_global_id
from domain.kernel.models import LogRow
from domain.orders.lifecycle import FulfillmentStatus, OrderStatus, ReturnsStatus
from domain.orders.models import ChargeRow, OrderLineRow, OrderRow
from domain.returns.models import ReturnRow
from schema.cursors import event_cursor
from server.database import open_database
from tests.builders import SUPPORT, ask
from tests.live.subscribing import sent, subscribed
from tests.live.watching import listening

ROOT = Path(__file__).parents[2]
MAPPING = ROOT / "examples/imports/online-retail.toml"
NAME = "online-retail/online_retail_2010-12_2011-12.csv.gz"
CHARGES = {
    **dict.fromkeys(("POST", "DOT", "C2"), "SHIPPING"),
    **dict.fromkeys(("BANK CHARGES", "AMAZONFEE", "CRUK"), "FEE"),
    **dict.fromkeys(("D", "M", "m", "S", "B"), "ADJUSTMENT"),
}

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def source() -> Path:
    """The real file, which is no part of this repository."""
    folder = Path(os.environ.get("WAYBILL_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / NAME).exists():
        pytest.skip(f"needs {NAME} of the UCI Online Retail data: set WAYBILL_DATA to the folder that has it")
    return folder / NAME


@dataclass
class Straight:
    """The file added up without any of the importer's code: rows, units and pence by what they are."""

    rows: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    minor: Counter[str] = field(default_factory=Counter)
    invoices: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def straight(source: Path) -> Straight:
    found = Straight()
    is_priced: dict[str, bool] = {}
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        invoice = row["InvoiceNo"]
        wanted = bool(row["CustomerID"]) or Decimal(row["UnitPrice"]) != 0
        is_priced[invoice] = is_priced.get(invoice, False) or wanted
    for row in rows:
        invoice, quantity, price = row["InvoiceNo"], int(row["Quantity"]), Decimal(row["UnitPrice"])
        kind = CHARGES.get(row["StockCode"]) or ("RETURNED" if invoice.startswith("C") else "GOODS")
        if not is_priced[invoice]:
            kind = "REPORTED"
        found.rows[kind] += 1
        found.units[kind] += quantity
        found.minor[kind] += int((quantity * price * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    found.invoices = Counter("imported" if priced else "reported" for priced in is_priced.values())
    return found


@dataclass(frozen=True)
class Imported:
    """A database with the file in it, and what the command said."""

    url: str
    report: Path
    exit_code: int


def command(url: str, file: Path, report: Path, mapping: Path = MAPPING) -> list[str]:
    """The command line of an import."""
    words = ["-m", "server.commands.importing", "orders", str(file), "--mapping", str(mapping)]
    return [sys.executable, *words, "--errors", str(report), "--database", url]


@pytest.fixture(scope="module")
def imported(source: Path, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    folder = tmp_path_factory.mktemp("online-retail")
    url = f"sqlite://{shutil.copy(sqlite_template, folder / 'waybill.db')}"
    report = folder / "errors.csv"
    done = subprocess.run(command(url, source, report), cwd=ROOT, check=False, capture_output=True)
    return Imported(url, report, done.returncode)


@pytest.fixture
async def books(imported: Imported) -> AsyncIterator[Imported]:
    """The books, open."""
    async with open_database(imported.url):
        yield imported


async def _one(sql: str) -> list[int]:
    [row] = await get_connection("default").execute_query_dict(sql)
    return list(row.values())


async def test_every_row_is_in_an_order_or_in_the_report(books: Imported, straight: Straight) -> None:
    lines, charges = await OrderLineRow.all().count(), await ChargeRow.all().count()
    with books.report.open(encoding="utf-8", newline="") as file:
        reported = Counter(row["error_code"] for row in csv.DictReader(file))
    assert books.exit_code == 1
    assert reported == {"STOCK_ADJUSTMENT": straight.rows["REPORTED"]} == {"STOCK_ADJUSTMENT": 2108}
    assert lines + charges + reported.total() == straight.rows.total() == 541_909
    assert await OrderRow.all().count() == straight.invoices["imported"] == 23_802
    assert straight.invoices["reported"] == 2_098


async def test_units_and_money_agree_with_the_file_to_the_piece_and_the_cent(
    books: Imported, straight: Straight
) -> None:
    assert await _one("SELECT count(*), sum(quantity), sum(gross_minor) FROM order_lines") == [
        straight.rows["GOODS"],
        straight.units["GOODS"],
        straight.minor["GOODS"],
    ]
    # On a credit note, goods are charges whose title begins with the units: "-12 × 22556 PLASTERS".
    back = "title LIKE '-% × %'"
    for kind in ("SHIPPING", "FEE", "ADJUSTMENT"):
        found = await _one(f"SELECT count(*), sum(gross_minor) FROM charges WHERE kind = '{kind}' AND NOT {back}")
        assert found == [straight.rows[kind], straight.minor[kind]]
    units = "sum(CAST(substr(title, 1, instr(title, ' ') - 1) AS INTEGER))"
    assert await _one(f"SELECT count(*), {units}, sum(gross_minor) FROM charges WHERE {back}") == [
        straight.rows["RETURNED"],
        straight.units["RETURNED"],
        straight.minor["RETURNED"],
    ]
    everything = sum(minor for kind, minor in straight.minor.items() if kind != "REPORTED")
    assert await _one("SELECT sum(total_minor) FROM orders") == [everything] == [974_774_793]


async def test_what_came_back_never_exceeds_what_was_sold(books: Imported) -> None:
    assert await _one("SELECT count(*) FROM requirements WHERE returned > shipped OR released_minor > gross_minor") == [
        0
    ]
    back = await _one("SELECT sum(received), sum(refund_minor) FROM return_lines")
    assert back == await _one("SELECT sum(returned), sum(released_minor) FROM requirements")
    assert await _one("SELECT count(*), sum(received) FROM return_lines") == [7_037, 247_013]


async def test_imported_orders_are_listed_filtered_and_followed(books: Imported) -> None:
    first_day = datetime(2010, 12, 1, tzinfo=UTC)
    placed_then = OrderRow.filter(placed_at__gte=first_day, placed_at__lt=first_day + timedelta(days=1))
    assert await placed_then.count() == 133
    ended = OrderRow.filter(status=OrderStatus.COMPLETED, fulfillment_status=FulfillmentStatus.DELIVERED)
    assert await ended.count() == 23_802
    customer = await CustomerRow.get(external_reference="17850")
    theirs = await OrderRow.filter(customer_id=customer.id).order_by("placed_at", "id")
    assert theirs[0].external_reference == "536365"
    assert theirs[0].total_minor == 13912
    returned = await OrderRow.filter(return_status=ReturnsStatus.RETURNED).first()
    assert returned is not None
    assert await ReturnRow.filter(order_id=returned.id).exists()
    story = await LogRow.filter(order_id=returned.id).order_by("sequence")
    assert story[0].type == "OrderImported"
    assert {row.type for row in story[1:]} == {"ReturnCompleted"}


async def test_front_ends_list_filter_and_follow_them(books: Imported) -> None:
    numbers: list[str] = []
    after = None
    while after is not None or not numbers:
        page = (await ask(SUPPORT, FIRST_DAY, after=after))["orders"]
        numbers += [order["externalReference"] for order in page["nodes"]]
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
        assert page["totalCount"] == 133
    assert len(set(numbers)) == len(numbers) == 133
    order = (await ask(SUPPORT, ONE))["order"]
    assert (order["total"], len(order["lines"])) == ({"amount": "139.12", "currency": "GBP"}, 7)
    assert order["customer"] == {"externalReference": "17850"}
    async with (
        listening() as live,
        subscribed(live, SUPPORT, FOLLOW, order=order["id"], after=event_cursor(order_id_of(order["id"]), 0)) as events,
    ):
        assert (await sent(events))["event"] == {"__typename": "OrderImported", "sequence": 1}


FIRST_DAY = """query ($after: Cursor) {
  orders(first: 50, after: $after, where: {placedAt: {gte: "2010-12-01T00:00:00Z", lt: "2010-12-02T00:00:00Z"}}) {
    nodes { externalReference } pageInfo { hasNextPage endCursor } totalCount
  }
}"""
ONE = """{ order(by: {externalReference: {channel: "online-retail", reference: "536365"}}) {
  id total { amount currency } lines { sku } customer { externalReference }
} }"""
FOLLOW = """subscription ($order: ID!, $after: Cursor) { orderEvents(order: $order, after: $after) {
  ... on OrderEventMessage { event { __typename sequence } }
} }"""


def order_id_of(text: str) -> UUID:
    return parse_global_id("order", text)
