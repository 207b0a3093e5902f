"""Rounds: in each, every workload is put to every entrant, one after the other; the others are paused meanwhile."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from time import monotonic

from benchmarks.live.sittings import Entrant, Props, Sitting, calm, publishing, watching
from benchmarks.live.talking import Partner
from benchmarks.live.workloads import PACE_SECONDS, Workload
from benchmarks.meters import Postgres
from benchmarks.processes import paused


@dataclass(frozen=True)
class Window:
    """What one entrant did in one round of one workload. Times, and CPU for one message, in seconds.

    `per_second` is how many messages came in a second while there were any to come. `cpu` is the server's for one
    message, without what the same publications cost it when nobody watches (`publishing_cpu`, for one message too);
    so is the database's. `writing` is how long a publication took before it was there to be told, `sample` a message.
    """

    workload: str
    entrant: str
    round: int
    publications: int
    messages: int
    per_second: float
    p50: float
    p99: float
    cpu: float
    publishing_cpu: float
    database_cpu: float
    client_cpu: float
    writing: float
    sample: str


@dataclass(frozen=True)
class Plan:
    """How many watch, how often each is measured, for how long each time, and how often is published to nobody."""

    watchers: int
    rounds: int
    seconds: float
    at_rest: int = 40


@dataclass(frozen=True)
class Cpu:
    """Seconds of CPU of a server and of the database."""

    server: float
    database: float

    def __sub__(self, other: "Cpu") -> "Cpu":
        return Cpu(max(self.server - other.server, 0.0), max(self.database - other.database, 0.0))

    def __mul__(self, times: float) -> "Cpu":
        return Cpu(self.server * times, self.database * times)


@dataclass(frozen=True)
class Stage:
    """Who is measured, with which meters, and what they all watch."""

    entrants: Sequence[Entrant]
    postgres: Postgres
    props: Props
    plan: Plan
    chance: random.Random = field(default_factory=lambda: random.Random(20))

    def used(self, entrant: Entrant) -> Cpu:
        """What it and the database have used so far."""
        return Cpu(entrant.server.ran_seconds(), self.postgres.cpu_seconds())


def run(stage: Stage, workloads: Sequence[Workload], tell: Callable[[Window], None]) -> list[Window]:
    """Every window of every round. Each round begins with another entrant, so that none is always the first."""
    windows = []
    for turn in range(stage.plan.rounds):
        shift = turn % len(stage.entrants)
        for entrant in [*stage.entrants[shift:], *stage.entrants[:shift]]:
            others = [each.server for each in stage.entrants if each is not entrant]
            with paused(others), publishing(entrant, stage.props) as publisher:
                for window in _of(stage, entrant, publisher, workloads, turn):
                    windows.append(window)
                    tell(window)
    return windows


def _of(
    stage: Stage, entrant: Entrant, publisher: Partner, workloads: Sequence[Workload], turn: int
) -> Iterator[Window]:
    count, props = stage.plan.watchers, stage.props
    rests = {each.name: _at_rest(stage, entrant, publisher, each) for each in workloads}
    for is_of_one, these in groupby(workloads, key=lambda each: each.is_of_one):
        with watching(entrant, props, count, is_of_one=is_of_one) as watchers:
            sitting = Sitting(entrant, publisher, watchers, count)
            for n, workload in enumerate(these):
                if n == 0:
                    sitting.establish(workload)
                yield _window(stage, sitting, workload, rests[workload.name], turn)


def _at_rest(stage: Stage, entrant: Entrant, publisher: Partner, workload: Workload) -> Cpu:
    """What a publication costs when nobody watches. They are paced: then Waybill's feed turns for each of them."""
    calm(entrant.server)
    before, publications = stage.used(entrant), workload.publications(stage.plan.watchers, stage.chance)
    for _ in range(stage.plan.at_rest):
        began, what = monotonic(), next(publications)
        publisher.ask(orders=what.orders, events=what.events)
        time.sleep(max(began + PACE_SECONDS - monotonic(), 0))
    return (stage.used(entrant) - before) * (1 / stage.plan.at_rest)


def _window(stage: Stage, sitting: Sitting, workload: Workload, rest: Cpu, turn: int) -> Window:
    sitting.watchers.ask(do="begin")
    before = stage.used(sitting.entrant)
    done = sitting.deliver(workload, stage.plan.seconds, stage.chance)
    used, published = stage.used(sitting.entrant) - before, rest * len(done)
    measured = sitting.watchers.ask(do="end", told=[each["told"] for each in done])
    messages: int = measured["messages"]
    delivered = (used - published) * (1 / messages)
    return Window(
        workload.name,
        sitting.entrant.name,
        turn,
        len(done),
        messages,
        messages / sum(each["last"] - each["told"] for each in done),
        measured["p50"],
        measured["p99"],
        delivered.server,
        published.server / messages,
        delivered.database,
        measured["cpu"] / messages,
        sum(each["told"] - each["began"] for each in done) / len(done),
        measured["sample"],
    )
