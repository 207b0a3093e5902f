"""Rounds: in each, every workload is put to every target, one after the other; the others are paused meanwhile."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.load import LONGEST_ANSWER_SECONDS, Task
from benchmarks.meters import Postgres
from benchmarks.processes import Server, ServerFailed
from benchmarks.targets import Target
from benchmarks.workloads import Workload

START_SECONDS = 60


@dataclass(frozen=True)
class Window:
    """What one target did in one round of one workload. CPU in seconds for one request, latencies in seconds."""

    workload: str
    target: str
    round: int
    requests: int
    per_second: float
    p50: float
    p99: float
    cpu: float
    database_cpu: float


@dataclass(frozen=True)
class Plan:
    """How often, and for how long each time."""

    rounds: int
    seconds: float
    warm_seconds: float


@dataclass(frozen=True)
class Stage:
    """Who is measured, on which facts, and with which meters."""

    targets: Mapping[str, tuple[Target, Server]]
    facts: Path
    postgres: Postgres
    settle: Callable[[Workload], None] = lambda _workload: None

    @contextmanager
    def only(self, name: str) -> Any:
        """While the block runs, every other target is paused."""
        for other, (_, server) in self.targets.items():
            (server.resume if other == name else server.pause)()
        try:
            yield self.targets[name]
        finally:
            for _, server in self.targets.values():
                server.resume()


def run(stage: Stage, workloads: Sequence[Workload], plan: Plan, tell: Callable[[Window], None]) -> list[Window]:
    """Every window of every round. Each round begins with another target, so that none is always the first."""
    windows = []
    for turn in range(plan.rounds):
        for workload in workloads:
            able = [name for name, (target, _) in stage.targets.items() if workload.name in target.workloads]
            shift = turn % len(able)
            for name in able[shift:] + able[:shift]:
                window = _window(stage, workload, name, turn, plan)
                windows.append(window)
                tell(window)
                stage.settle(workload)
    return windows


def _window(stage: Stage, workload: Workload, name: str, turn: int, plan: Plan) -> Window:
    with stage.only(name) as (target, server):
        task = Task(
            workload.name,
            name,
            server.port,
            dict(target.headers),
            str(stage.facts),
            turn,
            plan.warm_seconds,
            plan.seconds,
        )
        command = [sys.executable, "-m", "benchmarks.load"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
            assert load.stdin and load.stdout
            load.stdin.write(json.dumps(asdict(task)) + "\n")
            load.stdin.flush()
            _heard(load, "go")
            before = server.cpu_seconds(), stage.postgres.cpu_seconds()
            _heard(load, "over")
            after = server.cpu_seconds(), stage.postgres.cpu_seconds()
            measured = json.loads(load.stdout.readline() or "{}")
            load.wait(START_SECONDS + LONGEST_ANSWER_SECONDS)
    if not measured or measured["fault"]:
        raise ServerFailed(f"{workload.name} of {name}: {measured.get('fault')}\n{server.said()}")
    latencies, count = measured["latencies"], len(measured["latencies"])
    if count < 2:
        raise ServerFailed(f"{workload.name} of {name}: {count} answers in {plan.seconds} seconds")
    return Window(
        workload.name,
        name,
        turn,
        count,
        count / measured["seconds"],
        median(latencies),
        quantiles(latencies, n=100)[98],
        (after[0] - before[0]) / count,
        (after[1] - before[1]) / count,
    )


def _heard(load: "subprocess.Popen[str]", word: str) -> None:
    assert load.stdout
    line = load.stdout.readline().strip()
    if line != word:
        load.kill()
        raise ServerFailed(f"the load said {line!r} instead of {word}")
