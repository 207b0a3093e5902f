"""The history of the database: it makes what the rows declare, once, and keeps the rows there are."""

import asyncio
import importlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from tortoise.connection import get_connection
from tortoise.context import get_current_context
from tortoise.exceptions import IntegrityError
from tortoise.models import Model

import domain
import server.migrations
from domain.kernel.database import Dialect, current_connection
from domain.kernel.models import JobRow
from domain.shipping.lifecycle import ShipmentStatus
from domain.shipping.models import ShipmentRow
from server.database import MODEL_MODULES, Database, open_database, sqlite_path
from server.migrate import migrate, pending
from server.migrations._authoring import schema_changes
from tests.catalog import Catalog, catalog_of, declared
from tests.domain.shop import NOON, open_shop, place, ship

HISTORY = sorted(path.stem for path in Path(server.migrations.__file__).parent.glob("[0-9]*.py"))
# Nothing asks for the rows behind them, and what they point to is never deleted: an index would only cost writes.
NEVER_FOLLOWED_BACKWARDS = {
    ("allocations", "location_id"),
    ("allocations", "variant_id"),
    ("assemblies", "location_id"),
    ("assembly_lines", "variant_id"),
    ("backorders", "level_id"),
    ("backorders", "location_id"),
    ("backorders", "variant_id"),
    ("dispositions", "location_id"),
    ("dispositions", "return_line_id"),
    ("dispositions", "variant_id"),
    ("fulfillment_order_lines", "order_id"),
    ("fulfillment_order_lines", "requirement_id"),
    ("order_lines", "variant_id"),
    ("parcel_lines", "order_id"),
    ("parcel_lines", "requirement_id"),
    ("payment_transactions", "order_id"),
    ("prices", "channel_id"),
    ("requirements", "variant_id"),
    ("reservation_lines", "level_id"),
    ("reservation_lines", "location_id"),
    ("reservation_lines", "variant_id"),
    ("reservations", "channel_id"),
    ("return_lines", "order_id"),
    ("return_lines", "requirement_id"),
    ("scans", "order_id"),
    ("shortages", "level_id"),
    ("stock_log", "level_id"),
    ("stock_movements", "lot_id"),
    ("supply_lines", "location_id"),
    ("supply_lines", "variant_id"),
}
MOMENT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


async def rows(sql: str) -> list[Any]:
    return [tuple(row.values()) for row in await get_connection("default").execute_query_dict(sql)]


def models() -> list[type[Model]]:
    context = get_current_context()
    assert context is not None
    assert context.apps is not None
    return list(context.apps.get_models_iterable())


async def test_the_database_enforces_exactly_what_the_rows_declare_and_deletes_nothing_in_cascade(
    database: Database,
) -> None:
    expected, found = declared(models()), await catalog_of(database)
    assert len(expected.checks) > 0
    assert found.checks == expected.checks
    assert found.uniques == expected.uniques
    assert found.indexes == expected.indexes
    assert found.references == expected.references


async def test_every_foreign_key_can_be_followed_backwards_by_an_index(database: Database) -> None:
    found = await catalog_of(database)
    keys = {(table, columns) for table, columns, is_partial in found.uniques if not is_partial} | found.indexes
    starts = {(table, columns[0]) for table, columns in keys}
    assert {(table, column) for table, column, _ in found.references} - starts <= NEVER_FOLLOWED_BACKWARDS


@pytest.mark.usefixtures("database")
async def test_a_row_that_breaks_a_declared_check_is_refused() -> None:
    job: dict[str, Any] = {"kind": "ring", "payload": {}, "run_at": MOMENT, "created_at": MOMENT}
    with pytest.raises(IntegrityError, match="jobs_attempts_not_negative"):
        await JobRow.create(id=uuid4(), attempts=-1, **job)
    assert await JobRow.all().count() == 0
    await JobRow.create(id=uuid4(), attempts=0, **job)
    assert await JobRow.all().count() == 1


async def test_the_history_makes_what_the_rows_declare_and_no_migration_is_missing() -> None:
    assert [writer.as_string() for writer in await schema_changes()] == []


async def test_migrating_applies_each_migration_once(empty_database_url: str) -> None:
    assert await pending(empty_database_url) == HISTORY
    assert await migrate(empty_database_url) == HISTORY
    assert await pending(empty_database_url) == []
    assert await migrate(empty_database_url) == []


async def test_a_database_that_another_process_uses_can_be_migrated_while_one_is_open(
    database: Database, empty_sqlite_url: str
) -> None:
    assert await migrate(empty_sqlite_url) == HISTORY
    assert await JobRow.all().count() == 0
    assert await pending(database.url) == []


async def test_four_processes_that_migrate_an_empty_database_at_once_all_succeed_and_one_does_it(
    empty_database_url: str,
) -> None:
    program = "import asyncio, sys; from server.migrate import migrate; print(asyncio.run(migrate(sys.argv[1])))"

    async def process() -> str:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, empty_database_url, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await started.communicate()
        assert started.returncode == 0
        return output.decode().strip()

    outputs = await asyncio.gather(*(process() for _ in range(4)))
    assert sorted(outputs) == [str(HISTORY), "[]", "[]", "[]"]
    async with open_database(empty_database_url):
        assert await rows("SELECT name FROM tortoise_migrations ORDER BY id") == [(name,) for name in HISTORY]


FIRST = """
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

class Migration(migrations.Migration):
    initial = True
    operations = [
        ops.CreateModel("Shelf", [
            ("id", fields.IntField(primary_key=True)),
            ("code", fields.CharField(max_length=20, unique=True)),
            ("label", fields.CharField(max_length=20, null=True)),
        ], {"table": "shelf", "app": "waybill", "constraints": [
            CheckConstraint(check="code <> ';'", name="shelf_code_is_no_semicolon"),
        ]}),
        ops.CreateModel("Bin", [
            ("id", fields.IntField(primary_key=True)),
            ("shelf", fields.ForeignKeyField("waybill.Shelf", on_delete=OnDelete.RESTRICT, db_index=True)),
            ("units", fields.IntField()),
            ("colour", fields.CharField(max_length=20, null=True)),
        ], {"table": "bin", "app": "waybill", "indexes": [Index(fields=["shelf", "units"])], "constraints": [
            UniqueConstraint(fields=("shelf", "id"), name="bin_shelf_id"),
        ]}),
    ]
"""

SECOND = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

async def double(apps, editor):
    await editor.client.execute_query("UPDATE bin SET units = units * 2")

class Migration(migrations.Migration):
    dependencies = [("waybill", "0001_shelves")]
    operations = [
        ops.RemoveField("Bin", "colour"),
        ops.AlterField("Shelf", "label", fields.CharField(max_length=30, default="none", null=False)),
        ops.AddField("Shelf", "zone", fields.CharField(max_length=20, null=True, db_index=True)),
        ops.RunPython(double),
        ops.RenameConstraint("Shelf", "shelf_code_is_no_semicolon", "shelf_code_is_a_word"),
        ops.AddConstraint("Shelf", CheckConstraint(check="length(code) > 1", name="shelf_code_is_long")),
        ops.AddConstraint("Bin", CheckConstraint(check="units >= 0", name="bin_units_not_negative")),
        ops.AddConstraint("Bin", UniqueConstraint(fields=("shelf",), name="bin_one_empty", condition="units = 0")),
    ]
"""

ORPHANING = """
from tortoise import migrations
from tortoise.migrations import operations as ops

class Migration(migrations.Migration):
    dependencies = [("waybill", "0001_shelves")]
    operations = [ops.RunSQL("UPDATE bin SET units = 0"), ops.RunSQL("DELETE FROM shelf WHERE id = 1")]
"""


CONCURRENT = """
from tortoise import migrations
from tortoise.migrations import operations as ops

async def index(apps, editor):
    concurrently = "CONCURRENTLY" if editor.DIALECT == "postgres" else ""
    await editor.client.execute_script(f"CREATE INDEX {concurrently} IF NOT EXISTS shelf_label ON shelf (label)")

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("waybill", "0001_shelves")]
    operations = [ops.RunPython(index)]
"""

ADDING = """
from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("waybill", "0001_shelves")]
    operations = [
        ops.AddIndex("Shelf", Index(fields=["label"], name="shelf_by_label")),
        ops.AddConstraint("Bin", UniqueConstraint(fields=("units", "id"), name="bin_full", condition="units > 0")),
    ]
"""

ASKING = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops

async def fill(apps, editor):
    shelves, bins = apps.get_model("waybill.Shelf"), apps.get_model("waybill.Bin")
    async for shelf in shelves.filter(label="low", zone=None).using_db(editor.client):
        await bins.filter(shelf_id=shelf.id, units__lt=6).using_db(editor.client).update(units=60)

class Migration(migrations.Migration):
    dependencies = [("waybill", "0001_shelves")]
    operations = [
        ops.AddField("Shelf", "zone", fields.CharField(max_length=20, null=True)),
        ops.RunPython(fill),
    ]
"""


@pytest.fixture
async def shelves_url(empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with two shelves and three bins, made by the history `shelves_first`."""
    for package, files in {
        "shelves_first": {"0001_shelves": FIRST},
        "shelves_second": {"0001_shelves": FIRST, "0002_labels": SECOND},
        "shelves_concurrent": {"0001_shelves": FIRST, "0002_concurrently": CONCURRENT},
        "shelves_adding": {"0001_shelves": FIRST, "0002_adding": ADDING},
        "shelves_asking": {"0001_shelves": FIRST, "0002_asking": ASKING},
        "shelves_orphaning": {"0001_shelves": FIRST, "0002_orphans": ORPHANING},
    }.items():
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        for name, text in files.items():
            (tmp_path / package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    for module in [name for name in sys.modules if name.startswith("shelves_")]:
        monkeypatch.delitem(sys.modules, module)
    assert await migrate(empty_database_url, package="shelves_first") == ["0001_shelves"]
    async with open_database(empty_database_url):
        await rows("INSERT INTO shelf (id, code, label) VALUES (1, 'A1', 'top'), (2, 'A2', 'low')")
        await rows(
            "INSERT INTO bin (id, shelf_id, units, colour) VALUES (1, 1, 3, 'red'), (2, 1, 4, 'red'), (3, 2, 5, '')"
        )
    return empty_database_url


BINS = "SELECT id, shelf_id, units FROM bin ORDER BY id"


async def test_migrating_a_database_with_rows_keeps_them_with_their_references_and_indexes(shelves_url: str) -> None:
    assert await migrate(shelves_url, package="shelves_second") == ["0002_labels"]
    async with open_database(shelves_url) as opened:
        assert await rows("SELECT id, code, label, zone FROM shelf ORDER BY id") == [
            (1, "A1", "top", None),
            (2, "A2", "low", None),
        ]
        assert await rows(BINS) == [(1, 1, 6), (2, 1, 8), (3, 2, 10)]
        assert await catalog_of(opened) == Catalog(
            frozenset(
                {("shelf", "shelf_code_is_a_word"), ("shelf", "shelf_code_is_long"), ("bin", "bin_units_not_negative")}
            ),
            frozenset({("shelf", ("code",), False), ("bin", ("shelf_id", "id"), False), ("bin", ("shelf_id",), True)}),
            frozenset({("shelf", ("zone",)), ("bin", ("shelf_id",)), ("bin", ("shelf_id", "units"))}),
            frozenset({("bin", "shelf_id", "shelf")}),
        )
        for refused in (
            "INSERT INTO bin (id, shelf_id, units) VALUES (9, 404, 1)",
            "INSERT INTO bin (id, shelf_id, units) VALUES (9, 1, -1)",
            "DELETE FROM shelf WHERE id = 1",
            "UPDATE shelf SET label = NULL",
        ):
            with pytest.raises(IntegrityError):
                await rows(refused)
        assert await rows(BINS) == [(1, 1, 6), (2, 1, 8), (3, 2, 10)]


async def test_what_a_migration_says_in_python_asks_rows_as_they_are_by_then(shelves_url: str) -> None:
    assert await migrate(shelves_url, package="shelves_asking") == ["0002_asking"]
    async with open_database(shelves_url):
        assert await rows(BINS) == [(1, 1, 3), (2, 1, 4), (3, 2, 60)]


async def test_a_shop_that_was_open_before_keeps_its_stock_and_its_ledger(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Released histories are never rewritten: this is what the first four migrations had made."""
    folder = tmp_path / "history_of_old"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name in HISTORY[:4]:
        (folder / f"{name}.py").write_text((Path(server.migrations.__file__).parent / f"{name}.py").read_text())
    monkeypatch.syspath_prepend(tmp_path)
    assert await migrate(empty_database_url, package="history_of_old") == HISTORY[:4]
    one, now = "'01a20000-0000-7000-8000-00000000000{}'", "'2026-11-01 12:00:00+00:00'"
    async with open_database(empty_database_url):
        for sql in (
            "INSERT INTO products (id, handle, title, description, is_active, created_at)"
            f" VALUES ({one.format(1)}, 'mug', 'Mug', '', true, {now})",
            "INSERT INTO variants (id, product_id, sku, title, kind, is_stock_tracked, is_active)"
            f" VALUES ({one.format(2)}, {one.format(1)}, 'MUG', 'Mug', 'PHYSICAL', true, true)",
            "INSERT INTO locations (id, code, name, kind, legal_entity, time_zone, country_code, postal_code, city,"
            f" street, priority, allows_negative_on_hand, is_active) VALUES ({one.format(3)}, 'north', 'North',"
            " 'WAREHOUSE', 'Acme GmbH', 'Europe/Berlin', 'DE', '10115', 'Berlin', 'Weg 1', 1, false, true)",
            "INSERT INTO stock_levels (id, variant_id, location_id, sku, on_hand, allocated, reserved, waiting,"
            f" damaged, quarantined, safety_stock, incoming, updated_at) VALUES ({one.format(4)}, {one.format(2)},"
            f" {one.format(3)}, 'MUG', 7, 0, 0, 0, 0, 0, 0, 0, {now})",
            "INSERT INTO stock_movements (id, level_id, on_hand, allocated, reserved, waiting, damaged, quarantined,"
            " safety_stock, incoming, cause, actor, occurred_at) VALUES"
            f" ({one.format(5)}, {one.format(4)}, 7, 0, 0, 0, 0, 0, 0, 0, 'RECEIVED', 'staff:ida', {now})",
        ):
            await rows(sql)
    assert await migrate(empty_database_url) == HISTORY[4:]
    async with open_database(empty_database_url):
        assert await rows("SELECT sku, on_hand, cause FROM stock_movements") == [("MUG", 7, "RECEIVED")]
        assert await rows(
            "SELECT m.location_id = l.location_id FROM stock_movements m JOIN stock_levels l ON l.id = m.level_id"
        ) in ([(True,)], [(1,)])
        assert await rows("SELECT composition, backorder_policy, traceability, unit_of_measure FROM variants") == [
            ("SINGLE", "DENY", "NONE", "each")
        ]
        assert await rows("SELECT on_hand, rotation FROM stock_levels") == [(7, None)]


@pytest.mark.usefixtures("database")
async def test_shipments_of_before_have_the_location_of_the_work_that_they_come_from() -> None:
    shop = await open_shop({"MUG": (1, 1)})
    shipments = [await ship(await place({"MUG": 1})) for _ in range(2)]
    without_work = await ShipmentRow.create(
        order_id=await place({"EBOOK": 1}), status=ShipmentStatus.DELIVERED, carrier="dhl", created_at=NOON
    )
    await ShipmentRow.all().update(location_id=None)
    migration = importlib.import_module("server.migrations.0008_location_of_shipments")
    await migration.say_who_packed(None, SimpleNamespace(client=current_connection()))
    assert dict(await ShipmentRow.all().values_list("id", "location_id")) == {
        shipments[0][0]: shop.north,
        shipments[1][0]: shop.south,
        without_work.id: None,
    }


async def test_a_migration_that_would_orphan_rows_is_refused_and_changes_nothing(shelves_url: str) -> None:
    with pytest.raises((RuntimeError, IntegrityError)):
        await migrate(shelves_url, package="shelves_orphaning")
    assert await pending(shelves_url, package="shelves_orphaning") == ["0002_orphans"]
    async with open_database(shelves_url):
        assert await rows(BINS) == [(1, 1, 3), (2, 1, 4), (3, 2, 5)]


async def test_an_index_can_be_made_outside_a_transaction_while_others_wait_to_migrate(shelves_url: str) -> None:
    applied = await asyncio.gather(*(migrate(shelves_url, package="shelves_concurrent") for _ in range(3)))
    assert sorted(applied) == [[], [], ["0002_concurrently"]]
    async with open_database(shelves_url) as opened:
        assert ("shelf", ("label",)) in (await catalog_of(opened)).indexes


async def test_an_index_whose_making_was_cut_off_is_made_again(shelves_url: str) -> None:
    async with open_database(shelves_url) as opened:
        if opened.dialect is Dialect.POSTGRES:  # which leaves one that it never reads, but always writes
            await rows('CREATE INDEX shelf_by_label ON shelf ("label")')
            await rows("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shelf_by_label'::regclass")
        else:
            await rows('CREATE INDEX shelf_by_label ON shelf ("label")')
    assert await migrate(shelves_url, package="shelves_adding") == ["0002_adding"]
    async with open_database(shelves_url) as opened:
        found = await catalog_of(opened)
        assert ("shelf", ("label",)) in found.indexes
        assert ("bin", ("units", "id"), True) in found.uniques
        if opened.dialect is Dialect.POSTGRES:
            assert await rows("SELECT 1 FROM pg_index WHERE NOT indisvalid") == []


async def test_asking_what_is_pending_creates_nothing(empty_database_url: str, empty_sqlite_url: str) -> None:
    assert await pending(empty_database_url) == HISTORY
    assert not sqlite_path(empty_sqlite_url).exists()
    async with open_database(empty_database_url) as opened:
        assert await catalog_of(opened) == Catalog(frozenset(), frozenset(), frozenset(), frozenset())


def test_every_module_of_rows_belongs_to_the_database() -> None:
    files = Path(domain.__file__).parent.glob("*/models.py")
    assert {f"domain.{path.parent.name}.models" for path in files} == set(MODEL_MODULES)
