"""The load: so many clients that each wait for an answer before they ask again; a process of its own.

Reads what to do from its standard input, says `go` when it has warmed up, and then what it measured, a line of JSON.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httptools
import uvloop

from benchmarks.facts import Facts
from benchmarks.workloads import Call
from benchmarks.workloads.all import WORKLOADS

# A GraphQL error, or a refusal in a mutation's payload. An empty list of refusals is none.
REFUSED = re.compile(rb'"errors":\s*\[\s*\{')
LONGEST_ANSWER_SECONDS = 30
# Requests of a workload that only reads: asked in turns.
MADE_BEFORE = 5_000


@dataclass(frozen=True)
class Task:
    """What to ask of whom, and for how long."""

    workload: str
    target: str
    port: int
    headers: dict[str, str]
    facts: str
    seed: int
    warm_seconds: float
    seconds: float


@dataclass
class Measured:
    """What came of it: latencies in seconds of the answers in time, and the first answer that was wrong."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    fault: str | None = None


class Client(asyncio.Protocol):
    """One connection, kept alive: the next request goes out when the last one is answered."""

    def __init__(self, calls: Iterator[bytes], measured: Measured, is_over: asyncio.Event) -> None:
        self._calls, self._measured, self._is_over = calls, measured, is_over
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._asked_at = 0.0
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_over.is_set():
            self._fail(f"the connection was closed: {exc}")
        if not self.closed.done():
            self.closed.set_result(None)

    def on_message_begin(self) -> None:
        self._body.clear()

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        body, status = b"".join(self._body), self._parser.get_status_code()
        if status != 200 or REFUSED.search(body):
            self._fail(f"{status} {body[:500]!r}")
        self._measured.latencies.append(now - self._asked_at)
        if self._is_over.is_set():
            self._transport.close()
        else:
            if not self._parser.should_keep_alive():
                self._fail("the server does not keep connections")
            self._ask()

    def _ask(self) -> None:
        request = next(self._calls)
        self._asked_at = time.perf_counter()
        self._transport.write(request)

    def _fail(self, why: str) -> None:
        self._measured.fault = self._measured.fault or why
        self._is_over.set()


async def put(task: Task) -> Measured:
    """Put the load on the server, and measure."""
    workload, measured, is_over = WORKLOADS[task.workload], Measured(), asyncio.Event()
    calls = workload.calls(task.target, Facts.read(Path(task.facts)), random.Random(task.seed))
    requests = _requests(calls, task, are_new=workload.writes)
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Client(requests, measured, is_over), "127.0.0.1", task.port)
        for _ in range(workload.clients)
    ]
    await _until(is_over, task.warm_seconds)
    print("go", flush=True)
    begun, warm = time.perf_counter(), len(measured.latencies)
    await _until(is_over, task.seconds)
    done = Measured(measured.latencies[warm:], time.perf_counter() - begun)
    print("over", flush=True)
    is_over.set()
    await asyncio.wait([client.closed for _, client in made], timeout=LONGEST_ANSWER_SECONDS)
    done.fault = measured.fault
    return done


async def _until(is_over: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(is_over.wait(), seconds)


def _requests(calls: Iterator[Call], task: Task, *, are_new: bool) -> Iterator[bytes]:
    """What is sent. What may be asked again is made before: the load shares its cores with who is measured."""
    made = _written(calls, task)
    return made if are_new else cycle(list(islice(made, MADE_BEFORE)))


def _written(calls: Iterator[Call], task: Task) -> Iterator[bytes]:
    lines = "".join(f"{name}: {text}\r\n" for name, text in task.headers.items())
    head = f"Host: 127.0.0.1:{task.port}\r\nContent-Type: application/json\r\nAccept: application/json\r\n{lines}"
    for call in calls:
        start = f"POST {call.path} HTTP/1.1\r\n{head}Content-Length: {len(call.body)}\r\n\r\n"
        yield start.encode() + call.body


def main() -> None:
    """Do what the standard input says."""
    measured = uvloop.run(put(Task(**json.loads(sys.stdin.readline()))))
    # Not printed: an unbuffered standard output (PYTHONUNBUFFERED) drops what a full pipe does not take at once.
    with open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False) as told:
        told.write(json.dumps(asdict(measured)) + "\n")


if __name__ == "__main__":
    main()
