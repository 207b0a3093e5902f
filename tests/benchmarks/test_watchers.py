"""What the benchmarks say of watching can be believed: all are told the same, and every message is counted."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.data.generate import Size, generate
from benchmarks.live import idle, stalled
from benchmarks.live.bench import prepared
from benchmarks.live.goals import goals
from benchmarks.live.report import Report
from benchmarks.live.rounds import Plan, Stage, run
from benchmarks.live.sittings import Entrant, Props
from benchmarks.live.sockets import MANY, Crowd, Opening, Socket
from benchmarks.live.targets import TARGETS, Target
from benchmarks.live.workloads import WORKLOADS
from benchmarks.meters import Postgres
from benchmarks.targets.peers import FOLDER, NoPeers, node

WATCHERS = 6
SHORT = Plan(WATCHERS, rounds=1, seconds=0.1, at_rest=1)
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
PING, TEXT = b"\x89\x02hi", '{"type": "next", "payload": "é"}'


def frame(text: str) -> bytes:
    """A frame as a server sends it."""
    payload = text.encode()
    if len(payload) < 126:
        return bytes([0x81, len(payload)]) + payload
    if len(payload) < 2**16:
        return b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload
    return b"\x81\x7f" + len(payload).to_bytes(8, "big") + payload


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data


def runnable() -> list[Target]:
    """The targets that can be run here: those of Node once their packages are installed."""
    try:
        has_node = bool(node()) and (FOLDER / "node_modules/graphql-ws").exists()
    except NoPeers:
        has_node = False
    return [each for each in TARGETS.values() if has_node or not each.needs_node]


@pytest.fixture
async def url(postgres_database_url: str) -> str:
    """The URL of a database with a tiny shop."""
    await generate(postgres_database_url, Size(orders=60, skus=40, places=2))
    return postgres_database_url


@pytest.fixture
def props(url: str, tmp_path: Path) -> Props:
    """What is watched in it."""
    return prepared(url, tmp_path, WATCHERS)


@pytest.fixture
def stage(props: Props, tmp_path: Path) -> Iterator[Stage]:
    """Every target that can be run here."""
    with ExitStack() as stack:
        started = [stack.enter_context(each.start(props.url, props.facts, tmp_path)) for each in runnable()]
        entrants = [Entrant(target, server) for target, server in zip(runnable(), started, strict=True)]
        yield Stage(entrants, Postgres(None), props, SHORT)


def shape(message: Any) -> Any:
    """The fields of a message, and how long their texts are; not what they say."""
    if isinstance(message, dict):
        return {name: shape(value) for name, value in message.items()}
    return len(message) if isinstance(message, str) else type(message).__name__


@pytest.mark.timeout(300)
def test_every_server_tells_every_watcher_every_event_in_a_message_of_the_same_shape(
    stage: Stage, tmp_path: Path
) -> None:
    messages = {"burst": 10 * WATCHERS, "each": 1}
    windows = run(stage, [WORKLOADS[name] for name in messages], lambda _window: None)
    names = [each.name for each in stage.entrants]
    assert [(each.entrant, each.workload) for each in windows] == [(name, each) for name in names for each in messages]
    assert [each.messages for each in windows] == [each.publications * messages[each.workload] for each in windows]
    shapes = [shape(json.loads(each.sample)) for each in windows]
    # The id of an operation is the client's own, and as long as a uuid for all.
    assert shapes[0]["id"] == 36
    assert [each for each in shapes if each != shapes[0]] == []

    titles = {each.name: each.target.title for each in stage.entrants}
    report = Report(SHORT, titles, windows, [], [], goals(windows, []), [], {"Python": "3"})
    report.write(tmp_path / "results")
    assert {path.name for path in (tmp_path / "results").iterdir()} == {
        "results.json",
        "table.md",
        "plot.svg",
        "cpu.svg",
    }


def test_a_reader_that_stalls_gets_its_messages_later_and_is_not_one_of_those_that_are_timed(
    props: Props, tmp_path: Path
) -> None:
    with TARGETS["strawberry"].start(props.url, props.facts, tmp_path) as server:
        stage = Stage([Entrant(TARGETS["strawberry"], server)], Postgres(None), props, SHORT)
        [found] = stalled.measure(stage, lambda _found: None)
    assert found.sent % (WORKLOADS["burst"].events * stalled.OPERATIONS) == 0
    assert found.closed is None
    assert found.waited >= found.sent  # it may have stalled with the event in the line that shows that all are there


def test_the_memory_of_idle_sockets_is_that_of_a_new_server_with_them_and_without(props: Props, tmp_path: Path) -> None:
    found = idle.measure([TARGETS["bare"]], props, tmp_path, WATCHERS, lambda _said: None, seconds=0.1)
    assert [(each.entrant, each.is_of_one, each.sockets) for each in found] == [
        ("bare", True, WATCHERS),
        ("bare", False, WATCHERS),
    ]
    assert replace(found[0], bytes_before=1_000, bytes_after=7_000).bytes_of_one == 1_000


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1_000_000])
async def test_a_socket_counts_the_messages_however_they_arrive_and_answers_pings(piece: int) -> None:
    crowd, wire = Crowd(nap_seconds=0), Wire()
    socket = Socket(crowd, Opening("/", "order_1"), port=1)
    socket.connection_made(wire)  # type: ignore[arg-type]
    asked = wire.written
    texts = [TEXT, TEXT + " " * 200, TEXT + " " * 70_000, TEXT]
    data = UPGRADED + PING.join(frame(text) for text in texts) + frame(TEXT)[:-1]
    crowd.expect(5)
    for start in range(0, len(data), piece):
        socket.data_received(data[start : start + piece])
    assert (socket.got, crowd.outstanding, crowd.everything.is_set()) == (4, 1, False)
    assert wire.written == asked + 3 * (b"\x8a\x82\x00\x00\x00\x00hi")
    socket.data_received(frame(TEXT)[-1:])
    assert (socket.got, crowd.outstanding, crowd.everything.is_set()) == (5, 0, True)
    assert (crowd.fault, len(crowd.arrivals), socket.last) == (None, 5, TEXT.encode())


@pytest.mark.parametrize(
    "texts",
    [
        [TEXT + " " * 200] * 10,
        [TEXT + " " * 200, TEXT + " " * 201, TEXT + " " * 199],  # together as long as three of the first
        [TEXT + " " * 200, TEXT, TEXT + " " * 200],
        [TEXT + " " * 200, TEXT + " " * (200 + len(frame(TEXT + " " * 200)))],  # as long as three
    ],
)
async def test_messages_that_come_together_are_counted_one_by_one(texts: list[str]) -> None:
    crowd = Crowd(nap_seconds=0)
    socket = Socket(crowd, Opening("/", "order_1"), port=1)
    socket.connection_made(Wire())  # type: ignore[arg-type]
    socket.data_received(UPGRADED)
    crowd.expect(len(texts))
    socket.data_received(b"".join(map(frame, texts)))
    assert (crowd.fault, socket.got, len(crowd.arrivals)) == (None, len(texts), len(texts))
    assert (crowd.everything.is_set(), socket.last) == (True, texts[-1].encode())


@pytest.mark.parametrize(("sockets", "naps"), [(1, [0.5]), (MANY - 1, [0.5]), (MANY, []), (3 * MANY, [])])
async def test_the_client_naps_when_few_have_told_it_something_and_not_when_it_is_behind(
    monkeypatch: pytest.MonkeyPatch, sockets: int, naps: list[float]
) -> None:
    crowd, napped = Crowd(nap_seconds=0.5), list[float]()
    monkeypatch.setattr("benchmarks.live.sockets.time.sleep", napped.append)
    crowd.expect(100 * MANY)
    for turn in (1, 2):
        for _ in range(sockets):
            crowd.came(1, at=0.0)
        await asyncio.sleep(0)
        assert napped == turn * naps


@pytest.mark.parametrize("said", ['{"type": "complete"}', '{"type": "next", "payload": {"errors": []}}'])
async def test_what_is_no_message_is_not_counted_but_a_fault(said: str) -> None:
    crowd = Crowd(nap_seconds=0)
    socket = Socket(crowd, Opening("/", "order_1"), port=1)
    socket.connection_made(Wire())  # type: ignore[arg-type]
    socket.data_received(UPGRADED + frame(said))
    assert crowd.fault == f"a socket got what is no message: {frame(said)!r}"
    assert len(crowd.arrivals) == 0
