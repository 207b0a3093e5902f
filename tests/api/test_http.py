"""The endpoint over HTTP: what it takes, what it refuses, and what its answers look like."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from schema.views import Reader
from server.database import Database, open_database
from server.settings import settings_table
from tests.api.client import Client, served
from tests.api.tiny_schema import SECRET_OF_A_BUG, tiny_schema

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def client(sqlite_database: Database) -> AsyncIterator[Client]:
    async with served(sqlite_database, tiny_schema(), deadline_seconds=0.2) as served_client:
        yield served_client


async def test_a_query_is_answered(client: Client) -> None:
    response = await client.post("query Hello($name: String!) { hello(name: $name) }", {"name": "Ann"})
    assert (response.status_code, response.json()) == (200, {"data": {"hello": "hello Ann"}})
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"]
)
async def test_json_in_utf_8_is_taken(client: Client, content_type: str) -> None:
    response = await client.http.post(
        "/graphql", content='{"query": "{ hello(name: \\"Zoë\\") }"}', headers={"Content-Type": content_type}
    )
    assert response.json() == {"data": {"hello": "hello Zoë"}}


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "application/jsonp"],
)
async def test_any_other_content_type_is_refused_so_that_no_foreign_form_can_send_a_mutation(
    client: Client, content_type: str
) -> None:
    response = await client.http.post("/graphql", content="{}", headers={"Content-Type": content_type})
    assert response.status_code == 415
    assert response.json() == {
        "errors": [{"message": "Send operations as application/json.", "extensions": {"code": "BAD_REQUEST"}}]
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"query": "{ hello }"',
        b'{"query": "\xff"}',
        b'{"query": NaN}',
        b"[" * 50_000,
        b'"{ hello }"',
        b'[{"query": "{ hello }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": 1}',
        b'{"query": "{ hello }", "variables": []}',
        b'{"query": "{ hello }", "operationName": 1}',
        b'{"query": "{ hello }", "extensions": "x"}',
    ],
)
async def test_a_body_that_is_no_request_is_refused(client: Client, body: bytes) -> None:
    response = await client.http.post("/graphql", content=body, headers=JSON)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
async def test_operations_are_taken_by_post_alone(client: Client, method: str) -> None:
    response = await client.http.request(method, "/graphql", params={"query": "{ hello }"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_a_mutation_by_get_is_not_carried_out(client: Client) -> None:
    response = await client.http.get(
        "/graphql", params={"query": "mutation { finish }"}, headers={"Accept": "text/html"}
    )
    assert response.status_code == 405


async def test_a_browser_is_shown_graphiql_with_assets_of_our_own(client: Client) -> None:
    page = await client.http.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert '"/graphiql/assets/graphiql.min.js"' in page.text
    script = await client.http.get("/graphiql/assets/graphiql.min.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cache-control"] == "public, max-age=3600"
    again = await client.http.get("/graphiql/assets/graphiql.min.js", headers={"If-None-Match": script.headers["etag"]})
    assert again.status_code == 304


async def test_the_schema_is_served_as_text(client: Client) -> None:
    response = await client.http.get("/schema.graphql")
    assert response.text == tiny_schema().as_str() + "\n"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ hello", "BAD_REQUEST"),
        ("", "BAD_REQUEST"),
        ("{ unknown }", "BAD_REQUEST"),
        ("query A { hello } query B { hello }", "BAD_REQUEST"),
        ("query ($n: String!) { hello(name: $n) }", "BAD_REQUEST"),
        ("{ refused }", "BAD_REQUEST"),
        ("{ orders }", "UNAUTHENTICATED"),
        ("{ endless }", "TIMEOUT"),
        ("{ faulty }", "INTERNAL"),
        ("subscription { count(to: 1) }", "BAD_REQUEST"),
    ],
)
async def test_every_error_has_a_code(client: Client, query: str, code: str) -> None:
    response = await client.post(query)
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == [code]


async def test_an_unknown_operation_name_is_refused(client: Client) -> None:
    response = await client.post("query A { hello }", operationName="B")
    assert response.json()["errors"] == [
        {"message": 'Unknown operation named "B".', "extensions": {"code": "BAD_REQUEST"}}
    ]


async def test_a_bug_is_masked_and_logged_with_the_same_reference_and_without_what_it_said(client: Client) -> None:
    with structlog.testing.capture_logs() as lines:
        response = await client.post("query Q { one: hello, faulty }")
    [error] = response.json()["errors"]
    reference = error["extensions"]["reference"]
    assert error["message"] == f"Something went wrong on our side. Reference {reference}"
    assert error["path"] == ["faulty"]
    [bug] = [line for line in lines if line["event"] == "bug.met"]
    assert (bug["reference"], bug["exception"], bug["path"]) == (reference, "RuntimeError", "faulty")
    assert SECRET_OF_A_BUG not in response.text + json.dumps(lines)


async def test_an_operation_is_one_line_in_the_log_without_its_variables(client: Client) -> None:
    with structlog.testing.capture_logs() as lines:
        await client.post("query Greet($name: String!) { hello(name: $name) }", {"name": "Ann Example"})
    [line] = lines
    assert {key: line[key] for key in ("event", "operation", "kind", "status", "actor")} == {
        "event": "operation.served",
        "operation": "Greet",
        "kind": "query",
        "status": "OK",
        "actor": "ANONYMOUS",
    }
    assert "Ann" not in json.dumps(lines)


async def test_a_text_that_is_no_name_is_not_logged_as_one(client: Client) -> None:
    with structlog.testing.capture_logs() as lines:
        await client.post("{ hello }", operationName="ann@example.org")
    assert "ann" not in json.dumps(lines)


async def test_each_operation_has_a_reader_of_its_own(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Reader] = []
    begin = Reader.__init__

    def counted(self: Reader, *args: Any) -> None:
        made.append(self)
        begin(self, *args)

    monkeypatch.setattr(Reader, "__init__", counted)
    first = await client.data("{ a: sameReader b: sameReader }")
    second = await client.data("{ sameReader }")
    assert first["a"] == first["b"]
    assert second["sameReader"] != first["a"]
    assert len(made) == 4  # one of each request's context, one of each operation


async def test_a_server_that_can_serve_is_ready(client: Client) -> None:
    assert (await client.http.get("/healthz")).json() == {"status": "alive"}
    ready = await client.http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


async def test_a_server_that_is_told_to_stop_is_not_ready_but_alive(client: Client) -> None:
    client.app.state.house.draining.begin()
    response = await client.http.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "not ready", "reason": "stopping"})
    assert (await client.http.get("/healthz")).status_code == 200
    assert await client.data("{ hello }") == {"hello": "hello you"}


async def test_a_database_without_tables_is_not_ready(empty_database_url: str) -> None:
    async with open_database(empty_database_url) as empty, served(empty, tiny_schema()) as client:
        response = await client.http.get("/readyz")
    reason = "migrations are missing: run `waybill migrate`"
    assert (response.status_code, response.json()) == (503, {"status": "not ready", "reason": reason})


async def test_a_page_of_an_allowed_origin_may_call_and_others_may_not(sqlite_database: Database) -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with served(sqlite_database, tiny_schema(), allowed_origins="https://shop.example") as client:
        allowed = await client.http.options("/graphql", headers={"Origin": "https://shop.example", **preflight})
        refused = await client.http.options("/graphql", headers={"Origin": "https://evil.example", **preflight})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "https://shop.example")
    assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (400, False)


def test_the_documentation_lists_every_setting() -> None:
    assert Path("docs/settings.md").read_text() == settings_table()
