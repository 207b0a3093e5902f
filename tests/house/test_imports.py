"""Who may import whom (scripts/arrows.py), and that our rooms are the ones imported."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.arrows import ROOMS, check, concepts
from tests.house.source import ROOT, Source, rooms


def test_the_arrows_between_rooms_concepts_and_layers_hold() -> None:
    verdict = check()
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("domain/orders/service.py", "domain.stock.service"),
        ("domain/orders/service.py", "domain.flows.place_orders"),
        ("domain/kernel/log.py", "domain.orders.service"),
        ("domain/flows/place_orders.py", "domain.reactions"),
        ("domain/kernel/log.py", "schema.errors"),
        ("schema/errors.py", "resolvers.orders"),
        ("adapters/bell.py", "server.settings"),
        ("resolvers/orders.py", "adapters.bell"),
        ("examples/shop.py", "schema.errors"),
        ("schema/errors.py", "web.pages"),
    ],
)
def test_an_import_against_an_arrow_is_refused(tmp_path: Path, importer: str, imported: str) -> None:
    for room in (*ROOMS, "domain/kernel", "domain/flows", "domain/orders", "domain/stock"):
        write(tmp_path / room / "__init__.py")
    write(tmp_path / f"{imported.replace('.', '/')}.py")
    write(tmp_path / importer, f"import {imported}\n")
    verdict = check(tmp_path)
    assert verdict.returncode == 1
    assert f"{importer.removesuffix('.py').replace('/', '.')} -> {imported} (l.1)" in verdict.stdout


def test_a_module_of_the_domain_that_belongs_to_no_layer_is_refused(tmp_path: Path) -> None:
    for room in (*ROOMS, "domain/kernel", "domain/orders"):
        write(tmp_path / room / "__init__.py")
    write(tmp_path / "domain/pricing.py")
    assert concepts(tmp_path) == ["orders"]
    assert check(tmp_path).returncode == 1


def imports_of_what_is_not_installed(source: Source) -> list[str]:
    outside = ("tests", "scripts", "benchmarks")
    return [source.at(node, name) for node, name in source.imported() if name.partition(".")[0] in outside]


def test_what_is_installed_imports_nothing_that_is_not() -> None:
    assert [line for source in rooms() for line in imports_of_what_is_not_installed(source)] == []
    assert imports_of_what_is_not_installed(Source("server/app.py", "from tests.builders import an_order")) != []


def test_our_rooms_are_imported_and_not_the_packages_of_the_same_names() -> None:
    for room in ROOMS:
        module = importlib.import_module(room)
        assert module.__file__ == str(ROOT / room / "__init__.py")


def test_who_looks_after_workers_imports_nothing_that_only_they_need() -> None:
    program = "import sys, server.cli, server.commands.serve; print(*sorted(sys.modules))"
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = set(said.stdout.split())
    assert "server.workers" in imported
    assert imported & {"schema", "resolvers", "examples", "openpyxl", "server.app", "server.importing"} == set()


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
