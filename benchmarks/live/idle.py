"""Idle sockets: what each takes of the server's memory while nothing happens, and what all of them take of its CPU."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.live.sittings import Entrant, Props, Sitting, calm, publishing, watching
from benchmarks.live.talking import Fault
from benchmarks.live.targets import Target
from benchmarks.live.workloads import Publication

LOOKED_AT_SECONDS = 5.0
ASKED_IN_THE_END = 500
# The one is the same server as graphql-ws while nothing happens, the other is none that anybody would run.
LEFT_OUT = ("graphql-ws-rows", "raw")


@dataclass(frozen=True)
class Idle:
    """A server with so many idle sockets, each with one subscription: its memory, and what it takes of a CPU."""

    entrant: str
    is_of_one: bool
    sockets: int
    bytes_before: int
    bytes_after: int
    cpu: float

    @property
    def bytes_of_one(self) -> float:
        """What one socket takes."""
        return (self.bytes_after - self.bytes_before) / self.sockets


def measure(
    targets: Sequence[Target],
    props: Props,
    folder: Path,
    count: int,
    tell: Callable[[str], None],
    seconds: float = LOOKED_AT_SECONDS,
) -> list[Idle]:
    """Each target, started anew, with so many sockets that watch one order, and then with each its own.

    Their CPU is that of so many seconds.
    """
    found = []
    for target in (each for each in targets if each.name not in LEFT_OUT):
        for is_of_one in (True, False):
            tell(f"{target.name}: {count:,} idle sockets {'of one order' if is_of_one else 'of as many orders'}")
            with target.start(props.url, props.facts, folder) as server:
                calm(server)
                entrant, before = Entrant(target, server), server.memory_bytes()
                with watching(entrant, props, count, is_of_one=is_of_one) as watchers:
                    after, used = server.memory_bytes(), server.ran_seconds()
                    time.sleep(seconds)
                    cpu = (server.ran_seconds() - used) / seconds
                    with publishing(entrant, props) as publisher:
                        _prove(Sitting(entrant, publisher, watchers, count), is_of_one)
            found.append(Idle(target.name, is_of_one, count, before, after, cpu))
    return found


def _prove(sitting: Sitting, is_of_one: bool) -> None:
    """They were all subscribed: an event reaches everybody, or those of some of the many orders. Raises Fault."""
    orders = [0] if is_of_one else random.Random(1).sample(range(sitting.count), min(sitting.count, ASKED_IN_THE_END))
    sitting.watchers.ask(do="begin")
    if missing := sitting.publish(Publication(orders))["missing"]:
        raise Fault(f"{missing} of the idle sockets of {sitting.entrant.name} were not subscribed")


def lines(found: Sequence[Idle], titles: dict[str, str]) -> list[tuple[str, ...]]:
    """A line of a table for each."""
    return [
        (
            titles[each.entrant],
            "all of one order" if each.is_of_one else "each of its own order",
            f"{each.sockets:,}",
            f"{each.bytes_of_one / 1024:.1f}",
            f"{each.bytes_after / 2**20:.0f}",
            f"{each.cpu * 100:.1f} %",
        )
        for each in found
    ]
