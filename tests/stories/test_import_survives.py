"""Imports that are killed, or run twice at once: nothing acknowledged is lost, no half order, no order twice."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tortoise.connection import get_connection

from domain.imports.models import ImportRow
from domain.kernel.models import LogRow
from domain.orders.models import OrderRow
from server.database import open_database

ROOT = Path(__file__).parents[2]
ORDERS, LINES = 900, 4
MAPPING = """
[channel]
code = "web"
currency = "EUR"
[order]
reference = "order"
placed_at = "placed"
[customer]
reference = "customer"
[line]
sku = "sku"
quantity = "units"
unit_price = "price"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A mapping, and a file of 900 orders of 4 lines at 1.25 each."""
    (tmp_path / "mapping.toml").write_text(MAPPING)
    rows = [
        f"A{order},2020-05-01,customer-{order % 97},SKU-{line},1,1.25\n"
        for order in range(ORDERS)
        for line in range(LINES)
    ]
    (tmp_path / "orders.csv").write_text("order,placed,customer,sku,units,price\n" + "".join(rows))
    return tmp_path


def start(url: str, folder: Path, *more: str) -> "subprocess.Popen[str]":
    """An import in a process of its own."""
    words = [
        "-m",
        "server.commands.importing",
        "orders",
        "orders.csv",
        "--mapping",
        "mapping.toml",
        "--database",
        url,
        *more,
    ]
    script = f"import signal, sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv = ['waybill', *{words[2:]!r}];"
    # As a terminal starts it: what runs in the background of a script ignores Ctrl-C, and so do its children.
    script += "signal.signal(signal.SIGINT, signal.default_int_handler);"
    run = f"{script} from server.commands.importing import app; app()"
    return subprocess.Popen(
        [sys.executable, "-c", run], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


async def _whole_orders() -> int:
    """How many orders there are; each with all its lines and its event."""
    orders = await OrderRow.all().count()
    sql = "SELECT count(*) AS found FROM order_lines GROUP BY order_id"
    sizes = [row["found"] for row in await get_connection("default").execute_query_dict(sql)]
    assert sizes == [LINES] * orders
    assert await OrderRow.filter(total_minor=LINES * 125).count() == orders
    assert await LogRow.filter(type="OrderImported").count() == orders
    return orders


@pytest.mark.parametrize("acknowledgements", [1, 3])
async def test_a_killed_import_keeps_what_it_acknowledged_and_is_run_again_to_its_end(
    database_url: str, folder: Path, acknowledgements: int
) -> None:
    process = start(database_url, folder)
    assert process.stderr is not None
    lines = [process.stderr.readline() for _ in range(acknowledgements)]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    said = re.search(r"(\d+) imported", lines[-1])
    assert said is not None, lines
    async with open_database(database_url):
        kept = await _whole_orders()
        assert int(said[1]) <= kept < ORDERS
        [killed] = await ImportRow.all()
        assert killed.status == "RUNNING"  # as far as anybody knows
        assert killed.orders_imported <= kept
    again = start(database_url, folder)
    _, told = again.communicate()
    assert again.returncode == 0, told
    assert f"{ORDERS - kept} imported, {kept} already there, 0 reported" in told
    async with open_database(database_url):
        assert await _whole_orders() == ORDERS
        again_said = await ImportRow.all().order_by("-id").first()
        assert again_said is not None
        assert (again_said.status, again_said.percent) == ("FINISHED", 100)
        assert (again_said.orders_imported, again_said.orders_already_there) == (ORDERS - kept, kept)
        assert (again_said.filename, again_said.mapping, again_said.channel) == ("orders.csv", "mapping.toml", "web")


async def test_an_import_that_is_stopped_by_ctrl_c_is_seen_to_be_interrupted(database_url: str, folder: Path) -> None:
    process = start(database_url, folder)
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate()
    async with open_database(database_url):
        [stopped] = await ImportRow.all()
        assert stopped.status == "INTERRUPTED"
        assert stopped.orders_imported <= await _whole_orders() < ORDERS
        assert stopped.ended_at is not None


async def test_a_dry_run_is_not_seen_for_it_writes_nothing(database_url: str, folder: Path) -> None:
    process = start(database_url, folder, "--dry-run")
    _, told = process.communicate()
    assert process.returncode == 0, told
    async with open_database(database_url):
        assert await ImportRow.all().count() == await _whole_orders() == 0


async def test_an_import_that_cannot_go_on_is_seen_to_have_failed(database_url: str, folder: Path) -> None:
    (folder / "orders.csv").write_text("order,placed,customer,sku,units\n")
    process = start(database_url, folder)
    _, told = process.communicate()
    assert process.returncode == 2
    async with open_database(database_url):
        [failed] = await ImportRow.all()
    assert (failed.status, failed.rows_read) == ("FAILED", 0)
    assert f"error: {failed.failure}" in told
    assert failed.failure == "orders.csv has no column price; it has order, placed, customer, sku, units."


async def test_two_imports_of_one_file_at_once_add_each_order_once(database_url: str, folder: Path) -> None:
    both = [start(database_url, folder), start(database_url, folder)]
    told = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    imported = [int(re.findall(r"(\d+) imported", text)[-1]) for text in told]
    assert sum(imported) == ORDERS
    async with open_database(database_url):
        assert await _whole_orders() == ORDERS


def test_a_file_that_is_not_there_ends_with_exit_code_2_and_a_sentence(sqlite_database_url: str, folder: Path) -> None:
    (folder / "orders.csv").unlink()
    process = start(sqlite_database_url, folder)
    _, told = process.communicate()
    assert (process.returncode, told) == (2, "error: orders.csv cannot be read: No such file or directory.\n")
