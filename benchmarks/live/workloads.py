"""What happens while they watch: which orders have how many events at once, and how often."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

PACE_SECONDS = 0.05


@dataclass(frozen=True)
class Publication:
    """What is published at once: so many events of each of these orders, which are named by their place."""

    orders: list[int]
    events: int = 1


@dataclass(frozen=True)
class Workload:
    """All watch the same order, or each an order of its own; and a publication is this.

    The next one waits until everybody has got the last, and, with a pace, until so long after it began: then the
    server has time to breathe, and latency and CPU are those of a quiet day. Without, it is kept as busy as it can be.
    """

    name: str
    title: str
    is_of_one: bool
    events: int = 1
    # How many orders have an event at once, if not all that are watched: as part of all.
    part: float = 1.0
    pace_seconds: float = 0.0

    def publications(self, watchers: int, chance: random.Random) -> Iterator[Publication]:
        """What is published, without end."""
        while True:
            if self.is_of_one:
                yield Publication([0], self.events)
            else:
                yield Publication(chance.sample(range(watchers), max(round(watchers * self.part), 1)), self.events)

    def everything(self, watchers: int) -> Publication:
        """An event that reaches everybody."""
        return Publication([0] if self.is_of_one else list(range(watchers)))


WORKLOADS: Mapping[str, Workload] = {
    each.name: each
    for each in (
        Workload("one", "W4 all watch one order, an event at a time", True, pace_seconds=PACE_SECONDS),
        Workload("burst", "W4 all watch one order, ten events at once", True, events=10),
        Workload(
            "each", "W4 one watcher each, every 20th order at a time", False, part=0.05, pace_seconds=PACE_SECONDS
        ),
        Workload("wave", "W4 one watcher each, all orders at once", False),
    )
}
