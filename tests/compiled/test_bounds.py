"""What a caller can make the server remember, or do before it answers, is bounded."""

from contextlib import suppress
from typing import Any

import pytest

from schema.compiled import CompiledReader, NotCompilable, Operation, Plans, Reason
from schema.compiled.plan import Plan, Request
from schema.compiled.reader import Ways
from server.database import Database
from tests.builders import ADMIN, SCHEMA
from tests.compiled.queries import operation_of

WAYS = Ways(Plan("x" * 10_000), Plan("x" * 10_000))


async def fetch(_sql: str, _parameters: Any) -> bytes:
    return b"{}"


def spread_twice_in_each_other(depth: int) -> str:
    """A short document whose fields, written out, are four times as many with each fragment more."""
    inner = ["id sku", *(f"...F{n}" for n in range(depth - 1))]
    both = "a: variants { %s } b: variants { %s }"
    fragments = [
        f"fragment F{n} on Variant {{ a: product {{ {both % (each, each)} }} b: product {{ {both % (each, each)} }} }}"
        for n, each in enumerate(inner)
    ]
    return f"{{ products(first: 1) {{ nodes {{ variants {{ ...F{depth - 1} }} }} }} }} {' '.join(fragments)}"


async def test_a_document_that_is_short_as_text_and_endless_as_a_statement_runs_the_usual_way(
    postgres_database: Database,
) -> None:
    reader = CompiledReader(SCHEMA, postgres_database.dialect, fetch)
    assert await reader.read(operation_of(spread_twice_in_each_other(3)), {}, ADMIN.scope) == b"{}"
    endless = operation_of(spread_twice_in_each_other(9))
    for _ in range(2):
        with pytest.raises(NotCompilable) as refusal:
            await reader.read(endless, {}, ADMIN.scope)
        assert refusal.value.reason is Reason.LARGE


async def test_a_refusal_that_is_met_again_does_not_grow(postgres_database: Database) -> None:
    reader = CompiledReader(SCHEMA, postgres_database.dialect, fetch)
    endless, lengths = operation_of(spread_twice_in_each_other(9)), set()
    for n in range(20):
        try:
            await reader.read(endless, {}, ADMIN.scope)
        except NotCompilable as refusal:
            trace, length = refusal.__traceback__, 0
            while trace is not None:
                trace, length = trace.tb_next, length + 1
            lengths.add(length if n else 0)
    assert len(lengths) == 2


async def test_an_id_of_any_length_is_not_remembered(postgres_database: Database) -> None:
    operation = operation_of("query ($id: ID!) { order(by: {id: $id}) @skip(if: true) { id } node(id: $id) { id } }")
    shapes = [operation.shape(operation.coerced({"id": f"{'x' * n}_1"})) for n in (50, 100_000)]
    assert shapes[0] == shapes[1]
    assert len(repr(shapes[0])) < 100


def many(count: int, weight: int = 0) -> list[Operation]:
    return [operation_of(f"{{ viewer {{ __typename }} }} {'#' * weight}") for _ in range(count)]


def asked(plans: Plans[Ways], operation: Operation, made: Ways | NotCompilable) -> None:
    """Ask for the operation's plan, of which this would be made."""

    def make() -> Ways:
        if isinstance(made, NotCompilable):
            raise made
        return made

    with suppress(NotCompilable):
        plans.of(operation, Request(operation.coerced({}), ADMIN.scope), make)


def kept(plans: Plans[Ways], operations: list[Operation]) -> list[int]:
    """Which of the operations have a plan, or are known to have none."""

    def make() -> Ways:
        raise NotCompilable(Reason.REFUSED, "asked only to see what is kept")

    found = []
    for n, operation in enumerate(operations):
        try:
            plans.of(operation, Request(operation.coerced({}), ADMIN.scope), make)
        except NotCompilable as refusal:
            if refusal.reason is Reason.REFUSED:
                continue
        found.append(n)
    return found


def test_plans_are_kept_by_their_number() -> None:
    plans, operations = Plans[Ways](most=2), many(5)
    for operation in operations:
        asked(plans, operation, NotCompilable(Reason.FIELD))
    assert kept(plans, operations) == [3, 4]


def test_what_is_refused_for_some_values_is_asked_again_for_others() -> None:
    plans, [operation] = Plans[Ways](), many(1)
    asked(plans, operation, NotCompilable(Reason.REFUSED))
    asked(plans, operation, WAYS)
    assert kept(plans, [operation]) == [0]


def test_plans_are_kept_by_what_they_weigh_and_the_least_used_goes_first() -> None:
    plans, operations = Plans[Ways](most_characters=100_000), many(5)
    for operation in operations:
        asked(plans, operation, WAYS)
        asked(plans, operations[0], WAYS)
    assert kept(plans, operations) == [0, 2, 3, 4]
    for operation in many(100, weight=1_000):
        asked(plans, operation, NotCompilable(Reason.FIELD))
    assert len(plans) < 5
