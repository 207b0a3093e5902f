"""What a request may cost is bounded before it runs, and each bound says which it is."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import get_introspection_query

from domain.customers.models import CustomerRow
from domain.kernel.actor import Role, staff
from server.database import Database
from server.documents import Documents, Prepared
from server.limits import DocumentLimits
from tests.api.client import Client, served
from tests.api.tiny_schema import tiny_schema

JSON = {"Content-Type": "application/json"}
THRICE = """query ($n: Int) {
    items(first: $n) { nodes { items(first: $n) { nodes { items(first: $n) { nodes { name } } } } } }
}"""


@pytest.fixture
async def client(sqlite_database: Database) -> AsyncIterator[Client]:
    async with served(sqlite_database, tiny_schema()) as served_client:
        yield served_client


async def refusal(client: Client, query: str, variables: dict[str, Any] | None = None) -> str:
    """The one refusal, which is a LIMIT."""
    [error] = await client.errors(query, variables)
    assert error["extensions"] == {"code": "LIMIT"}
    message: str = error["message"]
    return message


def nested(depth: int) -> str:
    return "{ item " + "{ parent " * (depth - 2) + "{ name }" + " }" * (depth - 2) + " }"


async def test_a_body_of_100_kb_is_taken_and_one_byte_more_is_not(client: Client) -> None:
    text = '{"query": "{ hello }"}'
    largest = await client.http.post("/graphql", content=text.ljust(100_000), headers=JSON)
    assert largest.json() == {"data": {"hello": "hello you"}}
    larger = await client.http.post("/graphql", content=text.ljust(100_001), headers=JSON)
    assert larger.status_code == 413
    assert larger.json() == {
        "errors": [{"message": "The body is longer than 100000 bytes.", "extensions": {"code": "LIMIT"}}]
    }


async def test_a_body_without_a_length_is_read_no_further_than_it_may_be_long(client: Client) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b" " * 10_000

    response = await client.http.post("/graphql", content=endless(), headers=JSON)
    assert (response.status_code, read) == (413, 11)


async def test_a_document_of_4000_tokens_is_taken_and_of_more_is_not(client: Client) -> None:
    assert await client.data("{ hello " + "#\n" * 3_990 + "}") == {"hello": "hello you"}
    message = await refusal(client, "{ hello " + "hello " * 4_000 + "}")
    assert message == "Syntax Error: Document contains more than 4000 tokens. Parsing aborted."


async def test_fields_nest_12_deep_and_no_deeper(client: Client) -> None:
    assert "item" in await client.data(nested(12))
    assert await refusal(client, nested(13)) == "The document is 13 fields deep; at most 12 are allowed."


async def test_fields_nested_through_fragments_count_as_deep(client: Client) -> None:
    query = "{ item { ...A } } fragment A on Item { parent { ...B } } fragment B on Item" + nested(13).replace(
        "item", "parent"
    )
    assert await refusal(client, query) == "The document is 15 fields deep; at most 12 are allowed."


async def test_fragments_that_spread_one_another_twice_each_are_measured_in_no_time(client: Client) -> None:
    fragments = "".join(f"fragment F{n} on Item {{ ...F{n + 1} ...F{n + 1} }} " for n in range(90))
    assert await client.data("{ item { ...F0 } } " + fragments + "fragment F90 on Item { name }") == {
        "item": {"name": "one"}
    }


async def test_a_fragment_within_itself_is_refused_by_validation(client: Client) -> None:
    assert await client.codes("{ item { ...A } } fragment A on Item { parent { ...A } }") == ["BAD_REQUEST"]


async def test_introspection_may_be_deep(client: Client) -> None:
    assert "__schema" in await client.data(get_introspection_query())


async def test_a_document_has_30_aliases_and_no_more(client: Client) -> None:
    aliases = [f"a{n}: hello" for n in range(31)]
    assert len(await client.data("{" + " ".join(aliases[:30]) + "}")) == 30
    assert await refusal(client, "{" + " ".join(aliases) + "}") == (
        "The document has 31 aliases; at most 30 are allowed."
    )


async def test_a_document_has_50_directives_and_no_more(client: Client) -> None:
    fields = [f'f{n % 25}: hello(name: "{n % 25}") @include(if: true) @skip(if: false)' for n in range(26)]
    assert len(await client.data("{" + " ".join(fields[:25]) + "}")) == 25
    assert await refusal(client, "{" + " ".join(fields) + "}") == (
        "The document has 52 directives; at most 50 are allowed."
    )


async def test_a_field_that_is_selected_over_and_over_is_refused_before_it_is_compared_with_itself(
    client: Client,
) -> None:
    query = "{" + "item { name } " * 900 + "}"
    assert await refusal(client, query) == "The document selects a field 900 times; at most 20 make sense."


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ items(first: 100) { nodes { items(first: 100) { nodes { items(first: 2) { nodes { name } } } } } } }", {},
         100 + 100 * 100 + 100 * 100 * 2),
        (THRICE,
         {"n": 28}, 28 + 28**2 + 28**3),
        (THRICE.replace("$n: Int", "$n: Int = 28"),
         {}, 28 + 28**2 + 28**3),
        ("{ ...Q } fragment Q on Query { items(first: 100) { ...I } } fragment I on Items { nodes { items(first: 100) "
         "{ nodes { items(first: 2) { nodes { ... on Item { name } } } } } } }", {}, 100 + 100 * 100 + 100 * 100 * 2),
    ],
)  # fmt: skip
async def test_the_nodes_that_are_asked_for_are_reckoned_with_the_variables_given(
    client: Client, query: str, variables: dict[str, int], cost: int
) -> None:
    assert await refusal(client, query, variables) == (
        f"This asks for up to {cost} nodes; at most 20000 are allowed. Lower `first`."
    )


async def test_the_same_document_is_served_when_its_variables_ask_for_less(client: Client) -> None:
    assert await client.data(THRICE, {"n": 20}) == {"items": {"nodes": []}}
    assert (await refusal(client, THRICE, {"n": 100})).startswith("This asks for up to 1010100 nodes")
    assert await client.data(THRICE, {"n": None}) == {"items": {"nodes": []}}


async def test_a_document_is_validated_once_and_its_errors_are_never_remembered(client: Client) -> None:
    for _ in range(2):
        assert await client.codes("{ unknown }") == ["BAD_REQUEST"]
        assert await client.data("{ hello }") == {"hello": "hello you"}


async def test_a_mutation_that_has_begun_is_committed_though_its_deadline_has_passed(database: Database) -> None:
    async with served(database, tiny_schema(), deadline_seconds=0.1) as client:
        assert await client.as_(staff("ann", Role.SUPPORT)).codes("mutation { addCustomer }") == ["TIMEOUT"]
    assert await CustomerRow.all().count() == 1


def test_remembered_documents_are_bounded_by_their_text() -> None:
    documents = Documents(DocumentLimits(4_000, 12, 30, 50, 20_000))
    prepared: Any = Prepared(document=None)  # type: ignore[arg-type]
    texts = [f"{n:020000}" for n in range(14)]
    for text in texts:
        documents.keep(text, prepared)
        documents.get(texts[0])
    assert [documents.get(text) is not None for text in texts] == [True, False, False] + [True] * 11
    documents.keep("x" * 20_001, prepared)
    assert documents.get("x" * 20_001) is None
