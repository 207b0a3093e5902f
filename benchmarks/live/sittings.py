"""A sitting: one target, who watches it, and who publishes to it."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from benchmarks.live.talking import Fault, Partner, talking
from benchmarks.live.targets import Target
from benchmarks.live.workloads import Publication, Workload
from benchmarks.processes import Server
from benchmarks.workloads import document

ESTABLISHED_AFTER = 12  # publications, each waited for so much longer than the last
PATIENCE_SECONDS = 5.0
LONGEST_DELIVERY_SECONDS = 240.0
NAP_SECONDS = 0.0002
OPENED_TOGETHER = 250
CALM_LOOKS, CALM_SECONDS, CALM_CPU = 2_400, 0.25, 0.03


@dataclass(frozen=True)
class Entrant:
    """A target that runs."""

    target: Target
    server: Server

    @property
    def name(self) -> str:
        """That of the target."""
        return self.target.name


@dataclass(frozen=True)
class Props:
    """What every process of a run is given: the database, the orders that are watched, and who the watchers are."""

    url: str
    facts: Path
    tokens: Path
    # How long the client lets messages come together before it reads again.
    nap_seconds: float = NAP_SECONDS


@dataclass(frozen=True)
class Sitting:
    """A target's watchers, who are subscribed, and its publisher."""

    entrant: Entrant
    publisher: Partner
    watchers: Partner
    count: int

    def establish(self, workload: Workload) -> None:
        """Publish until everybody got an event: no protocol tells a client that it is subscribed. Raises Fault."""
        for turn in range(1, ESTABLISHED_AFTER + 1):
            self.watchers.ask(do="begin")
            if not self.publish(workload.everything(self.count), turn * PATIENCE_SECONDS)["missing"]:
                return
            self.watchers.ask(do="settle")
        raise Fault(f"after {ESTABLISHED_AFTER} events some watchers of {self.entrant.name} still got none")

    def publish(self, what: Publication, patience: float = LONGEST_DELIVERY_SECONDS) -> dict[str, Any]:
        """Publish, and wait until everybody has it: when writing began, when it was told, and when the last one came.

        `missing` are those who did not get what they should have.
        """
        asked = {"orders": what.orders, "events": what.events}
        self.watchers.ask(do="expect", patience=patience, **asked)
        return self.publisher.ask(**asked) | self.watchers.hear()

    def deliver(self, workload: Workload, seconds: float, chance: random.Random) -> list[dict[str, Any]]:
        """Publish for so long, once at least; what came of each publication. Raises Fault when a message is missed."""
        done: list[dict[str, Any]] = []
        until = monotonic() + seconds
        for what in workload.publications(self.count, chance):
            began = monotonic()
            if began >= until and done:
                break
            done.append(self.publish(what))
            if missing := done[-1]["missing"]:
                raise Fault(f"{missing} watchers of {self.entrant.name} miss messages of {workload.name}")
            time.sleep(max(began + workload.pace_seconds - monotonic(), 0))
        return done


@contextmanager
def publishing(entrant: Entrant, props: Props) -> Iterator[Partner]:
    """Who publishes to it."""
    how = ("writer", props.url, str(props.facts)) if entrant.target.is_real else ("poster", str(entrant.server.port))
    with _told_by(entrant.server), talking(f"benchmarks.live.{how[0]}", *how[1:]) as partner:
        yield partner


@contextmanager
def _told_by(server: Server) -> Iterator[None]:
    """A fault says what the server's log says of it."""
    try:
        yield
    except Fault as fault:
        said = server.said()
        raise Fault(f"{fault}\n{said}" if said not in str(fault) else str(fault)) from None


@contextmanager
def watching(entrant: Entrant, props: Props, count: int, *, is_of_one: bool, stalled: int = 0) -> Iterator[Partner]:
    """So many watchers, whose sockets are open, of one order or each of its own; gone and forgotten afterwards.

    One of them has so many operations if it is to stall later.
    """
    target = entrant.target
    with _told_by(entrant.server), talking("benchmarks.live.watchers") as partner:
        partner.ask(
            do="prepare",
            port=entrant.server.port,
            path=target.path,
            document=document("watch") if target.asks_document else None,
            tokens=str(props.tokens) if target.is_real else None,
            facts=str(props.facts),
            count=count,
            is_of_one=is_of_one,
            stalled=stalled,
            nap=props.nap_seconds,
        )
        # A storm of thousands at once is another test: some of its subscriptions would time out.
        for first in range(0, count, OPENED_TOGETHER):
            partner.ask(do="open", first=first, last=min(first + OPENED_TOGETHER, count))
            calm(entrant.server)
        yield partner
    calm(entrant.server)


def calm(server: Server) -> None:
    """Wait until the server has done what it had to do."""
    before = server.ran_seconds()
    for _ in range(CALM_LOOKS):
        time.sleep(CALM_SECONDS)
        now = server.ran_seconds()
        if now - before < CALM_CPU:
            return
        before = now
