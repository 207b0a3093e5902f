"""Before anything is measured: every target answers the same, and an order placed with it leaves the same rows."""

import http.client
import itertools
import json
import random
from collections.abc import Sequence
from typing import Any

import asyncpg

from benchmarks.facts import Facts
from benchmarks.processes import Server
from benchmarks.rounds import Entrant
from benchmarks.targets import Target
from benchmarks.workloads import Answer, Call, Workload

ASKED = 5
SEED = 11
ANSWER_SECONDS = 30


class Disagreement(Exception):
    """Two targets differ; the text shows both."""


def ask(server: Server, target: Target, call: Call) -> dict[str, Any]:
    """The JSON of one answer. Raises Disagreement when it is none, or has errors."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=ANSWER_SECONDS)
    try:
        headers = {"Content-Type": "application/json", "Accept": "application/json", **target.headers}
        connection.request("POST", call.path, call.body, headers)
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    answer: dict[str, Any] = json.loads(text) if response.status == 200 else {"errors": [text.decode()[:1000]]}
    if answer.get("errors"):
        raise Disagreement(f"{target.name}: {response.status} {answer['errors']}\n{server.said()}")
    return answer


async def check(url: str, workload: Workload, entrants: Sequence[Entrant]) -> None:
    """Ask every target the same few things. Raises Disagreement where one tells, or writes, something else."""
    told: dict[str, Any] = {}
    for entrant in entrants:
        name, server = entrant.target.name, entrant.server
        if workload.name not in entrant.target.workloads:
            continue
        calls = itertools.islice(workload.calls(name, Facts.read(entrant.facts), random.Random(SEED)), ASKED)
        # Twice, for the second answer may come from a plan or a cache that the first one made.
        answers = [[ask(server, entrant.target, call) for _ in range(1 if workload.writes else 2)] for call in calls]
        told[name] = [[workload.told(name, answer) for answer in each] for each in answers]
        if workload.writes:
            told[name] = [told[name], [await _written(url, workload, name, each[0]) for each in answers]]
    first = next(iter(told))
    for other in told:
        if told[other] != told[first]:
            raise Disagreement(f"{workload.name}: {_difference(told[first], told[other], f'{first} and {other}')}")


async def _written(url: str, workload: Workload, target: str, answer: Answer) -> Any:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await workload.written(connection, target, answer)
    finally:
        await connection.close(timeout=10)


def _difference(one: Any, other: Any, where: str) -> str:
    """The first place at which they differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next(_difference(one[name], other[name], f"{where}.{name}") for name in one if one[name] != other[name])
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next(_difference(left, right, f"{where}.{n}") for n, (left, right) in pairs if left != right)
    return f"{where}: {str(one)[:500]} is not {str(other)[:500]}"
