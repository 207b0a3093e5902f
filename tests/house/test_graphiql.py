"""The page to try the API in is complete, works without a network, and its operations are of our schema."""

import json
import re

import pytest
from graphql import build_schema, parse, validate

from tests.house.source import ROOT
from web import graphiql

SCHEMA = ROOT / "schema/schema.graphql"


def test_the_page_asks_only_our_own_host_and_only_for_files_that_are_there() -> None:
    asked = re.findall(r'(?:src|href)="([^"]+)"', graphiql.page())
    assets = [url.removeprefix("/graphiql/assets/") for url in asked if url.startswith("/graphiql/assets/")]
    assert set(asked) - {f"/graphiql/assets/{name}" for name in assets} == {"data:,", "/schema.graphql"}
    assert sorted(assets) == sorted(path.name for path in graphiql.ASSETS.iterdir())


def test_the_style_sheets_ask_for_nothing() -> None:
    asked = [
        url for sheet in graphiql.ASSETS.glob("*.css") for url in re.findall(r"url\(([^)]{0,40})", sheet.read_text())
    ]
    assert [url for url in asked if not url.strip("'\"").startswith("data:")] == []


def test_an_operation_cannot_end_the_script_it_stands_in() -> None:
    operations = [{"query": "# </script><script>"}]
    assert "<" not in graphiql.embedded(operations)
    assert json.loads(graphiql.embedded(operations)) == operations


@pytest.mark.skipif(not SCHEMA.exists(), reason="schema.graphql is not exported yet")
def test_every_saved_operation_is_valid() -> None:
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    assert [validate(schema, parse(operation["query"])) for operation in graphiql.saved_operations()] == [
        [] for _ in graphiql.saved_operations()
    ]
    for operation in graphiql.saved_operations():
        assert isinstance(json.loads(operation.get("variables", "{}")), dict)
