"""Rounds: in each, every workload is put to every entrant, one after the other; the others are paused meanwhile."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.load import LONGEST_ANSWER_SECONDS, Task
from benchmarks.meters import Postgres
from benchmarks.processes import Server, ServerFailed, paused
from benchmarks.targets import Target
from benchmarks.workloads import Workload

END_SECONDS = 30


class LoadEnded(Exception):
    """The load is gone before it told what it measured."""


@dataclass(frozen=True)
class Entrant:
    """A target that runs on a database; `name` tells two of the same target apart."""

    name: str
    target: Target
    server: Server
    facts: Path


@dataclass(frozen=True)
class Window:
    """What one entrant did in one round of one workload. Latencies, and CPU for one request, in seconds."""

    workload: str
    entrant: str
    round: int
    requests: int
    per_second: float
    p50: float
    p99: float
    server_cpu: float
    database_cpu: float

    @property
    def cpu(self) -> float:
        """What one request took of the machine: of the server and of the database."""
        return self.server_cpu + self.database_cpu


@dataclass(frozen=True)
class Plan:
    """How often, and for how long each time, after how long a warm-up."""

    rounds: int
    seconds: float
    warm_seconds: float


@dataclass(frozen=True)
class Stage:
    """Who is measured, with which meters, and what happens after each window (a feed may have to catch up)."""

    entrants: Sequence[Entrant]
    postgres: Postgres
    settle: Callable[[Workload], None]
    # Measures the database without any server, for the workloads that it knows.
    alone: Callable[[Workload, int, Plan], Window | None] = lambda _workload, _turn, _plan: None

    def able(self, workload: Workload) -> list[Entrant]:
        """Those that know the workload."""
        return [each for each in self.entrants if workload.name in each.target.workloads]

    def only(self, chosen: Entrant | None) -> AbstractContextManager[None]:
        """While the block runs, every other entrant is paused."""
        return paused([each.server for each in self.entrants if each is not chosen])


def run(stage: Stage, workloads: Sequence[Workload], plan: Plan, tell: Callable[[Window], None]) -> list[Window]:
    """Every window of every round: all rounds of reads first, for writes change what is read.

    Each round begins with another entrant, so that none is always the first.
    """
    windows = []
    for are_writes in (False, True):
        for turn in range(plan.rounds):
            for workload in (each for each in workloads if each.writes is are_writes):
                able = stage.able(workload)
                shift = turn % max(len(able), 1)
                for entrant in able[shift:] + able[:shift]:
                    try:
                        windows.append(_window(stage, workload, entrant, turn, plan))
                    except LoadEnded:  # somebody else ended it: the server is not to blame, nor is the run lost
                        windows.append(_window(stage, workload, entrant, turn, plan))
                    tell(windows[-1])
                    stage.settle(workload)
                with stage.only(None):
                    alone = stage.alone(workload, turn, plan)
                if alone is not None:
                    windows.append(alone)
                    stage.settle(workload)
    return windows


def _window(stage: Stage, workload: Workload, entrant: Entrant, turn: int, plan: Plan) -> Window:
    server, facts = entrant.server, str(entrant.facts)
    headers = dict(entrant.target.headers)
    name = entrant.target.name
    task = Task(workload.name, name, server.port, headers, facts, turn, plan.warm_seconds, plan.seconds)
    with stage.only(entrant), _loading(task) as load:
        _hear(load, "go")
        before = server.cpu_seconds(), stage.postgres.cpu_seconds()
        _hear(load, "over")
        after = server.cpu_seconds(), stage.postgres.cpu_seconds()
        measured = _measured(load)
    if measured["fault"]:
        raise ServerFailed(f"{workload.name} of {entrant.name}: {measured['fault']}\n{server.said()}")
    latencies, count = measured["latencies"], len(measured["latencies"])
    if count < 2:
        told = f"{count} answers in {plan.seconds:g} seconds: give it more"
        raise ServerFailed(f"{workload.name} of {entrant.name}: {told}")
    return Window(
        workload.name,
        entrant.name,
        turn,
        count,
        count / measured["seconds"],
        median(latencies),
        quantiles(latencies, n=100)[98],
        (after[0] - before[0]) / count,
        (after[1] - before[1]) / count,
    )


@contextmanager
def _loading(task: Task) -> Iterator["subprocess.Popen[str]"]:
    """The load as a process, gone afterwards."""
    command = [sys.executable, "-m", "benchmarks.load"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(task)) + "\n")
        process.stdin.flush()
        yield process
        process.wait(END_SECONDS + LONGEST_ANSWER_SECONDS)
    finally:
        process.kill()  # it bounds its own waits; this is for when we are interrupted
        process.communicate()


def _line(load: "subprocess.Popen[str]") -> str:
    assert load.stdout is not None
    line: str = load.stdout.readline()
    return line.strip()


def _hear(load: "subprocess.Popen[str]", word: str) -> None:
    said = _line(load)
    if said != word:
        raise LoadEnded(f"the load said {said!r} and not {word}")


def _measured(load: "subprocess.Popen[str]") -> dict[str, Any]:
    try:
        measured: dict[str, Any] = json.loads(_line(load))
    except ValueError:
        raise LoadEnded("the load ended in the midst of its report") from None
    return measured
