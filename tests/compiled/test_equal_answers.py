"""Both ways give the same answer, byte for byte, whatever is asked and whoever asks.

WAYBILL_TEST_QUERIES=5000 asks that many queries of each database; WAYBILL_TEST_SEED draws others.
"""

import gc
import logging
import os
import random
import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Any

import graphql as g
import orjson
import pytest
from tortoise.exceptions import OperationalError

from domain.kernel.actor import Actor
from schema.compiled import CompiledReader, NotCompilable, Operation, Reason
from schema.views import View
from server.database import Database
from tests.builders import SCHEMA, execute
from tests.compiled.bazaar import Counting, actors, fetching, known_ids, known_texts, open_bazaar
from tests.compiled.queries import Queries, operation_of
from tests.compiled.sweep import every_field, ways

logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL)  # refusals are expected

QUERIES = int(os.environ.get("WAYBILL_TEST_QUERIES", "120"))
SEED = int(os.environ.get("WAYBILL_TEST_SEED", "7"))


@pytest.mark.timeout(60 + QUERIES)
async def test_both_ways_give_the_same_bytes_for_every_query_and_every_kind_of_actor(database: Database) -> None:
    chance = random.Random(SEED)
    await open_bazaar(chance)
    everyone, queries = await actors(), Queries(SCHEMA._schema, chance, await known_ids(), await known_texts())
    seen: Counter[str] = Counter()
    async with fetching(database) as fetch:
        whole = CompiledReader(SCHEMA, database.dialect, fetch, kept_bytes=0)
        counted = Counting(fetch)
        keeping = CompiledReader(SCHEMA, database.dialect, counted)
        for _ in range(QUERIES):
            query, variables = queries.operation()
            operation = operation_of(query)
            for actor in chance.sample(everyone, 2):  # two of them: the second may meet the first one's plan
                usual = await execute(actor, query, **variables)
                for reader, time in ((whole, "whole"), (keeping, "once"), (keeping, "twice")):
                    counted.told = 0
                    answer = await _compiled(reader, operation, variables, actor)
                    seen[f"told {time}"] += counted.told
                    seen[_same(answer, usual, (query, variables, actor.principal))] += 1
                    if isinstance(answer, bytes):
                        queries.learn(answer)
                        seen["bytes"] += len(answer)
    assert seen["equal"] > QUERIES * 6 * 0.6, seen
    assert seen["bytes"] > seen["equal"] * 200, seen
    assert 0 < seen["told twice"] < seen["told once"], seen
    print(seen)
    gc.collect()  # here, where it is known why


@pytest.mark.timeout(180)
async def test_both_ways_give_the_same_bytes_for_every_field_of_every_type(database: Database) -> None:
    await open_bazaar(random.Random(SEED))
    of_streams = {"TrackingEvent", *(each.name for each in possible_types("StockEvent"))}
    of_queries = [kind for kind in SCHEMA._schema.type_map.values() if kind.name not in of_streams]
    views = _views(of_queries)
    assert views == _views(kind for kind, _ in ways(SCHEMA._schema)), "each is reached"
    assert not [view.row for view in views if not await view.row.exists()], "nothing to compare"
    everyone = await actors()
    async with fetching(database) as fetch:
        reader = CompiledReader(SCHEMA, database.dialect, fetch)
        for n, query in enumerate(every_field(SCHEMA._schema)):
            operation = operation_of(query)
            for actor in (everyone[0], everyone[1 + n % (len(everyone) - 1)]):
                usual = await execute(actor, query)
                answer = await _compiled(reader, operation, {}, actor)
                assert _same(answer, usual, (query, actor.principal)) in ("equal", "too deep for SQLite")


def possible_types(interface: str) -> Iterable[g.GraphQLObjectType]:
    """The types that implement it."""
    named: Any = SCHEMA._schema.type_map[interface]
    return SCHEMA._schema.get_possible_types(named)


def _views(kinds: Iterable[Any]) -> set[View]:
    origins: list[Any] = [getattr(kind.extensions.get("strawberry-definition"), "origin", None) for kind in kinds]
    return {origin.__view__ for origin in origins if hasattr(origin, "__view__")}


async def _compiled(
    reader: CompiledReader, operation: Operation, variables: dict[str, Any], actor: Actor
) -> bytes | Exception:
    try:
        return await reader.read(operation, variables, actor.scope)
    except (NotCompilable, OperationalError, sqlite3.OperationalError) as refusal:
        return refusal


def _same(answer: bytes | Exception, usual: Any, asked: Any) -> str:
    """What it came to. Asserts that the answers are equal, or that there is a reason to run the usual way."""
    if isinstance(answer, NotCompilable):
        # What is refused is run again the usual way, which may never reach it.
        assert answer.reason is Reason.REFUSED, (str(answer), asked)
        return "refused both ways" if usual.errors else "run the usual way"
    if isinstance(answer, Exception):
        assert "parser stack overflow" in str(answer), (str(answer), asked)
        return "too deep for SQLite"
    assert not usual.errors, (usual.errors, asked)
    expected = orjson.dumps({"data": usual.data})
    assert answer == expected, f"{asked}\nusual    {expected.decode()}\ncompiled {answer.decode()}"
    return "equal"
