"""`waybill demo`: from nothing to a shop that lives, as whoever tries it would see it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.stories.serving import ask, sse

pytestmark = pytest.mark.timeout(300)
OPENS_WITHIN_SECONDS = 120  # On a busy machine; alone, a tenth of it.


def command(folder: Path, port: int, *options: str) -> list[str]:
    arguments = ("--database", str(folder / "shop.sqlite3"), "--port", str(port), "--json", str(folder / "demo.json"))
    return [sys.executable, "-m", "server", "demo", *arguments, *options]


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[tuple[dict[str, Any], "subprocess.Popen[bytes]"]]:
    """A demo that has opened, and what it wrote for programs; ended by a signal if it still runs."""
    file = folder / "demo.json"
    file.unlink(missing_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WAYBILL_")}
    with (folder / "out.txt").open("wb") as out, (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command(folder, 0, *options), cwd=folder, env=environment, stdout=out, stderr=log)
        try:
            deadline = time.monotonic() + OPENS_WITHIN_SECONDS
            while not file.exists():
                assert process.poll() is None, (folder / "log.txt").read_text()[-2000:]
                assert time.monotonic() < deadline, "the shop did not open"
                time.sleep(0.05)
            yield json.loads(file.read_text()), process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(30)


def bearer(said: dict[str, Any], role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {said['tokens'][role]}"}


async def ask_as(said: dict[str, Any], headers: dict[str, str], document: str) -> dict[str, Any]:
    async with httpx.AsyncClient(headers=headers, timeout=20) as client:
        return await ask(client, said["url"].removesuffix("/graphql"), document)


async def test_a_shop_opens_from_nothing_and_lives(tmp_path: Path) -> None:
    with demo(tmp_path, "--orders", "60") as (said, process):
        await its_tokens_open_what_their_roles_may_see(said)
        await what_it_says_to_try_works(said)
        await a_tracking_link_opens_one_order(said)
        await a_subscriber_sees_something_within_seconds(said)
        its_pages_are_there(said)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (0, -signal.SIGTERM)
    assert (tmp_path / "log.txt").read_text() == "Making the shop …\n"
    assert not (tmp_path / "shop.sqlite3-wal").exists(), "the database was closed"
    assert (tmp_path / "demo.json").stat().st_mode & 0o077 == 0
    assert_words_are_complete((tmp_path / "out.txt").read_text(), said)
    await it_opens_again_as_it_was_left(tmp_path, said)


def its_pages_are_there(said: dict[str, Any]) -> None:
    assert [httpx.get(said[page]).status_code for page in ("graphiql_url", "schema_url")] == [200, 200]
    link = said["tracking_links"][0]
    assert link["number"] in httpx.get(link["page_url"], follow_redirects=True).text


async def its_tokens_open_what_their_roles_may_see(said: dict[str, Any]) -> None:
    viewer = "{ viewer { kind permissions } orders(first: 100) { nodes { customer { id } } } }"
    seen = {role: await ask_as(said, bearer(said, role), viewer) for role in said["tokens"]}
    assert set(seen) == {"ADMIN", "SUPPORT", "WAREHOUSE", "CUSTOMER"}
    assert {role: answer["viewer"]["kind"] for role, answer in seen.items()} == {
        "ADMIN": "STAFF",
        "SUPPORT": "STAFF",
        "WAREHOUSE": "STAFF",
        "CUSTOMER": "CUSTOMER",
    }
    assert len(seen["ADMIN"]["orders"]["nodes"]) >= 60
    own = seen["CUSTOMER"]["orders"]["nodes"]
    assert {order["customer"]["id"] for order in own} == {said["customer"]["id"]}


async def what_it_says_to_try_works(said: dict[str, Any]) -> None:
    support = bearer(said, "SUPPORT")
    asked = await ask_as(said, support, said["try"]["query"])
    assert len(asked["orders"]["nodes"]) == 5
    changed = (await ask_as(said, support, said["try"]["mutation"]))["orderHold"]
    assert (changed["order"]["isOnHold"], changed["errors"]) == (True, [])


async def a_tracking_link_opens_one_order(said: dict[str, Any]) -> None:
    link = said["tracking_links"][0]
    headers = {"Authorization": link["authorization"]}
    tracking = (await ask_as(said, headers, said["try"]["tracking"]))["tracking"]
    assert tracking["number"] == link["number"]
    assert tracking["shipments"][0]["parcels"][0]["trackingNumber"]
    assert (await ask_as(said, headers, "{ orders { nodes { id } } }"))["orders"]["nodes"] == []


async def a_subscriber_sees_something_within_seconds(said: dict[str, Any]) -> None:
    started = time.monotonic()
    async with httpx.AsyncClient(headers=bearer(said, "SUPPORT")) as client:
        stream = sse(client, said["url"].removesuffix("/graphql"), said["try"]["subscription"])
        first = await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
    assert first["ordersChanged"]["event"]["order"]["number"]
    assert time.monotonic() - started < 20


def assert_words_are_complete(words: str, said: dict[str, Any]) -> None:
    for text in (*said["tokens"].values(), *(link["token"] for link in said["tracking_links"]), said["graphiql_url"]):
        assert text in words


async def it_opens_again_as_it_was_left(folder: Path, before: dict[str, Any]) -> None:
    with demo(folder, "--no-simulator") as (said, _):
        numbers = "{ orders(first: 100) { nodes { number } } }"
        link = before["tracking_links"][0]
        assert (await ask_as(said, {"Authorization": link["authorization"]}, "{ tracking { number } }"))[
            "tracking"
        ] == {"number": link["number"]}
        assert said["customer"]["id"].startswith("customer_")
        assert len((await ask_as(said, bearer(before, "ADMIN"), numbers))["orders"]["nodes"]) >= 60
    assert (folder / "log.txt").read_text() == "", "it was not made anew"


def test_a_database_that_is_not_the_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shop.sqlite3").write_text("my diary")
    ended = subprocess.run(command(tmp_path, 0, "--fresh"), capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "is not a database of the demo" in ended.stderr
    assert (tmp_path / "shop.sqlite3").read_text() == "my diary"


def test_a_port_that_is_in_use_is_told_before_the_shop_is_made(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(command(tmp_path, port), capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert f"port {port} is in use" in ended.stderr
    assert not (tmp_path / "shop.sqlite3").exists()
