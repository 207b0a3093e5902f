"""Through the server: what a client gets is the usual answer, to the byte, whichever way it was made."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from domain.kernel.actor import ANONYMOUS, Actor
from server.database import Database
from tests.api.client import Client, served
from tests.builders import SCHEMA, SUPPORT, open_shop, place
from tests.compiled.bazaar import actors, known_ids, known_texts, open_bazaar
from tests.compiled.queries import Queries

TOKEN = "a token of scrapers, of more than 32 bytes"
NUMBER = "query Number($id: ID!) { order(by: {id: $id}) { number } }"
# What generated operations do not say: their names, and what is refused before, while and after they are read.
SAID: tuple[tuple[str, dict[str, Any]], ...] = (
    ("query A { channels { nodes { code } } } query B { products { totalCount } }", {"operationName": "A"}),
    ("query A { channels { nodes { code } } } query B { products { totalCount } }", {"operationName": "B"}),
    ("query A { channels { nodes { code } } } query B { products { totalCount } }", {"operationName": "C"}),
    ("query A { channels { nodes { code } } } query B { products { totalCount } }", {"operationName": ""}),
    ("query A { channels { nodes { code } } } query B { products { totalCount } }", {}),
    ("query A { channels { nodes { code } } }", {"operationName": "B"}),
    ("query A { channels { nodes { code } } }", {"operationName": "", "extensions": {"a": 1}}),
    ("{ orders(first: 101) { nodes { id } } channels { nodes { code } } }", {}),
    ("{ orders(first: -1) { nodes { id } } }", {}),
    ('{ orders(after: "6f72646572") { nodes { id } } }', {}),
    ('{ node(id: "order_1") { id } channels { totalCount } }', {}),
    ("query ($id: ID!) { node(id: $id) { id } }", {"variables": {"id": "customer_"}}),
    ("query ($id: ID!) { node(id: $id) { id } }", {"variables": {}}),
    ("query ($id: ID!) { node(id: $id) { id } }", {"variables": {"id": None}}),
    ("query ($id: ID!) { node(id: $id) { id } }", {"variables": {"id": 12}}),
    ("query ($id: ID!) { node(id: $id) { id } }", {"variables": {"id": "order_" + "0" * 32, "other": [{}]}}),
    ("query ($n: Int = 3) { channels(first: $n) { nodes { code } } }", {}),
    ("query ($n: Int = 3) { channels(first: $n) { nodes { code } } }", {"variables": {"n": None}}),
    ("query ($n: Int = 3) { channels(first: $n) { nodes { code } } }", {"variables": {"n": 1.0}}),
    ("query ($n: Int = 3) { channels(first: $n) { nodes { code } } }", {"variables": {"n": 2**31}}),
    ("query ($n: Int = 3) { channels(first: $n) { nodes { code } } }", {"variables": {"n": "3"}}),
    ("query ($n: Int = 3) { channels(first: $n) { nodes { code } } }", {"variables": {"n": True}}),
    ("{ __schema { queryType { name } } channels { totalCount } }", {}),
    ("{ __typename channels { __typename totalCount } }", {}),
    ('{ orders(where: {status: {oneOf: []}, number: {startsWith: ""}}) { nodes { id } totalCount } }', {}),
    ("{ orders(where: {status: {oneOf: CONFIRMED}}, orderBy: {field: UPDATED_AT}) { nodes { id } } }", {}),
    ("query ($w: OrderWhere) { orders(where: $w) { nodes { id } } }", {"variables": {"w": {"status": {"oneOf": "X"}}}}),
    ("query ($w: OrderWhere) { orders(where: $w) { nodes { id } } }", {"variables": {"w": {"number": {"eq": "\\0"}}}}),
    ('{ order(by: {number: "\\u0000"}) { id } }', {}),
    ('{ order(by: {number: "\\u0001\\u001f\\u007f"}) { id } }', {}),
    ('{ order(by: {number: "1", id: "2"}) { id } }', {}),
    ("{ order(by: {}) { id } }", {}),
)


@asynccontextmanager
async def both_ways(database: Database, **settings: Any) -> AsyncIterator[tuple[Client, Client]]:
    """The same server twice: one that compiles, and one that does not."""
    async with (
        served(database, **settings) as compiling,
        served(database, compiled_reads=False) as usual,
        compiling.app.state.reads.open(database),
    ):
        yield compiling, usual


def of(client: Client, actor: Actor) -> Client:
    return client if actor is ANONYMOUS else client.as_(actor)


def shown(response: httpx.Response) -> Any:
    return response.status_code, response.headers["content-type"], response.content


@pytest.mark.timeout(180)
async def test_a_client_gets_the_same_response_both_ways_errors_and_all(database: Database) -> None:
    chance = random.Random(11)
    await open_bazaar(chance, orders=20)
    queries = Queries(SCHEMA._schema, chance, await known_ids(), await known_texts())
    asked = [(query, {"variables": variables}) for query, variables in (queries.operation() for _ in range(60))]
    everyone = [each for each in await actors() if each.principal.startswith(("staff", "customer", "anonymous"))]
    async with both_ways(database) as (compiling, usual):
        for query, more in (*SAID, *asked):
            for actor in chance.sample(everyone, 2):
                expected = shown(await _post(of(usual, actor), query, more))
                for _ in range(3):
                    assert shown(await _post(of(compiling, actor), query, more)) == expected, (query, more, actor)
        reads = compiling.app.state.reads
        assert reads.answered > 150
        assert reads.fallbacks["REFUSED"] > 50
        # What only Python knows (a place in a feed, what is available by date) is asked for now and then.
        assert set(reads.fallbacks) <= {"NEW", "REFUSED", "KIND", "DEEP", "FIELD"}


async def _post(client: Client, query: str, more: dict[str, Any]) -> httpx.Response:
    return await client.post(query, **more)


async def test_operators_see_how_often_and_why_reads_ran_the_usual_way(database: Database) -> None:
    order = await _an_order()
    async with both_ways(database, metrics_token=TOKEN) as (client, _):
        for _ in range(3):
            await client.as_(SUPPORT).data(NUMBER, {"id": order["id"]})
        await client.as_(SUPPORT).errors(NUMBER, {"id": "nonsense"})
        response = await client.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    lines = response.text.splitlines()
    assert "waybill_reads_compiled_total 2.0" in lines
    assert 'waybill_reads_usual_total{reason="NEW"} 1.0' in lines
    assert 'waybill_reads_usual_total{reason="REFUSED"} 1.0' in lines
    assert 'waybill_reads_usual_total{reason="BUG"} 0.0' in lines


async def test_numbers_are_for_whoever_holds_their_token(database: Database) -> None:
    async with served(database, metrics_token=TOKEN) as client:
        for sent in ({}, {"Authorization": "Bearer x"}, {"Authorization": client.as_(SUPPORT).authorization or ""}):
            assert (await client.http.get("/metrics", headers=sent)).status_code == 401
    async with served(database) as client:
        assert (await client.http.get("/metrics", headers={"Authorization": "Bearer "})).status_code == 404


async def test_a_read_that_waits_for_too_long_is_answered_with_timeout_and_the_next_one_is_served(
    postgres_database: Database,
) -> None:
    order = await _an_order()
    admin = await asyncpg.connect(postgres_database.url)
    async with both_ways(postgres_database, deadline_seconds=0.3, database_connections=6) as (client, _):
        ask = client.as_(SUPPORT)
        for _ in range(2):
            assert await ask.data(NUMBER, {"id": order["id"]}) == {"order": {"number": order["number"]}}
        async with admin.transaction():
            await admin.execute("lock table orders in access exclusive mode")
            assert await ask.codes(NUMBER, {"id": order["id"]}) == ["TIMEOUT"]
        assert await ask.data(NUMBER, {"id": order["id"]}) == {"order": {"number": order["number"]}}
        assert client.app.state.reads.answered == 2
    await admin.close()


async def test_more_readers_than_sessions_wait_for_one_another(postgres_database: Database) -> None:
    order = await _an_order()
    async with both_ways(postgres_database, database_connections=8) as (client, _):
        ask = client.as_(SUPPORT)
        await ask.data(NUMBER, {"id": order["id"]})
        answers = await asyncio.gather(*[ask.data(NUMBER, {"id": order["id"]}) for _ in range(40)])
        assert answers == [{"order": {"number": order["number"]}}] * 40
        assert client.app.state.reads.answered == 40


async def test_a_document_is_parsed_and_validated_when_it_first_comes_and_never_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await _an_order()
    async with both_ways(database) as (compiling, usual):
        for client in (compiling, usual):
            expected = await client.as_(SUPPORT).data(NUMBER, {"id": order["id"]})
            with monkeypatch.context() as patch:
                patch.setattr("server.documents.validate_document", _never)
                patch.setattr("strawberry.schema.schema.parse", _never)
                assert await client.as_(SUPPORT).data(NUMBER, {"id": order["id"]}) == expected


def _never(*_arguments: Any, **_more: Any) -> Any:
    raise AssertionError("it was prepared already")


async def _an_order() -> dict[str, Any]:
    await open_shop(ber={"MUG": 10})
    return await place(MUG=1)
