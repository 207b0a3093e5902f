"""Rules are pure, and time comes from one place."""

import ast
import re

import pytest

from tests.house.source import Source, rooms

PURE_FILES_OF_A_CONCEPT = ("lifecycle", "decisions", "events", "errors")
PURE_FILES_OF_THE_KERNEL = ("lifecycle", "money", "errors", "actor", "ids", "events", "quantities")
IMPURE_MODULES = ("tortoise", "asyncio", "random", "secrets", "time", "socket", "os")
DRAWS = re.compile(r"uuid\.uuid\d")
# Pure files of a concept do not know its rows.
IMPURE_SIBLINGS = ("models", "queries", "service")
CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time")
# The database's clock at the first statement of a transaction is the domain's only time: `tx.now`.
GIVES_TIME = ("domain/kernel/unit_of_work.py", "domain/kernel/database.py")


def is_pure(source: Source) -> bool:
    """Whether this file has to be pure, by its name and its place."""
    if source.concept:
        return source.name in PURE_FILES_OF_A_CONCEPT
    return source.path in {f"domain/kernel/{name}.py" for name in PURE_FILES_OF_THE_KERNEL}


def impurities(source: Source) -> list[str]:
    """Everything in `source` that waits, draws, asks the time or knows a row."""
    lines = [source.at(node, f"imports {name}") for node, name in source.imported() if is_impure(name)]
    lines += [source.at(node, f"calls {name}()") for node, name in source.calls() if is_clock(name)]
    waits = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    lines += [source.at(node, "waits") for node in ast.walk(source.tree) if isinstance(node, waits)]
    return lines


def is_impure(name: str) -> bool:
    parts = name.split(".")
    if parts[0] in IMPURE_MODULES or DRAWS.fullmatch(name):
        return True
    return parts[0] == "domain" and bool(set(IMPURE_SIBLINGS) & set(parts))


def is_clock(called: str) -> bool:
    return any(called == clock or called.endswith(f".{clock}") for clock in CLOCKS)


def clocks_without_a_zone(source: Source) -> list[str]:
    """Calls that give a naive time, or the machine's own day."""
    lines = []
    for node, name in source.calls():
        last_two = ".".join(name.split(".")[-2:])
        without_zone = last_two == "datetime.now" and not (node.args or node.keywords)
        without_zone |= last_two == "datetime.fromtimestamp" and len(node.args) + len(node.keywords) < 2
        if without_zone or last_two in ("datetime.utcnow", "datetime.today", "date.today", "datetime.utcfromtimestamp"):
            lines.append(source.at(node, f"{name}() is naive"))
    return lines


def clocks_of_the_domain(source: Source) -> list[str]:
    """Calls by which a file of the domain asks the time by itself."""
    if source.path in GIVES_TIME:
        return []
    return [source.at(node, f"{name}(): take tx.now") for node, name in source.calls() if is_clock(name)]


def test_rules_events_and_refusals_are_pure() -> None:
    assert [line for source in rooms("domain") if is_pure(source) for line in impurities(source)] == []


@pytest.mark.parametrize(
    "text",
    [
        "import asyncio",
        "from tortoise.models import Model",
        "from secrets import token_urlsafe",
        "import time",
        "from uuid import uuid4",
        "from domain.orders.models import OrderRow",
        "from domain.orders import models",
        "def is_late() -> bool:\n    return datetime.now(UTC) > promised",
        "today = datetime.date.today()",
        "async def rule() -> None: ...",
    ],
)
def test_an_impure_rule_is_found(text: str) -> None:
    source = Source("domain/orders/decisions.py", text)
    assert is_pure(source)
    assert impurities(source) != []


def test_a_rule_over_plain_values_is_pure() -> None:
    types = "from datetime import datetime\nfrom uuid import UUID\n"
    rule = "def is_late(promised: datetime, now: datetime) -> bool:\n    return now > promised"
    assert impurities(Source("domain/orders/decisions.py", types + rule)) == []
    assert not is_pure(Source("domain/orders/service.py", ""))


def test_no_time_is_naive() -> None:
    assert [line for source in rooms() for line in clocks_without_a_zone(source)] == []
    bad = ("datetime.now()", "datetime.datetime.utcnow()", "date.today()", "datetime.fromtimestamp(0)")
    assert all(clocks_without_a_zone(Source("server/app.py", text)) for text in bad)
    assert clocks_without_a_zone(Source("server/app.py", "datetime.now(UTC)\ndatetime.fromtimestamp(0, UTC)")) == []


def test_in_the_domain_only_the_unit_of_work_gives_time() -> None:
    assert [line for source in rooms("domain") for line in clocks_of_the_domain(source)] == []
    assert clocks_of_the_domain(Source("domain/orders/service.py", "now = datetime.now(UTC)")) != []
