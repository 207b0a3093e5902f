"""What is wanted, beside what was measured. Every ratio is the median over the rounds of ratios within a round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.rounds import Window

OURS, LIMIT, POSTGRAPHILE, MERCURIUS = "waybill", "bare", "postgraphile", "mercurius"


@dataclass(frozen=True)
class Goal:
    """A ratio, and what it should be; None where it was not measured."""

    workload: str
    what: str
    bound: float
    is_least: bool
    value: float | None

    @property
    def is_met(self) -> bool:
        """Whether it is what it should be."""
        if self.value is None:
            return False
        return self.value >= self.bound if self.is_least else self.value <= self.bound


def ratio(
    windows: Sequence[Window], ours: tuple[str, str], theirs: tuple[str, str], name: str = "per_second"
) -> float | None:
    """How many times theirs ours is; each is a workload and an entrant."""
    found = [
        {each.round: getattr(each, name) for each in windows if (each.workload, each.entrant) == pair}
        for pair in (ours, theirs)
    ]
    shared = found[0].keys() & found[1].keys()
    return median(found[0][turn] / found[1][turn] for turn in shared) if shared else None


def goals(windows: Sequence[Window], memory: Mapping[str, int]) -> list[Goal]:
    """The goals of a run side by side."""

    def least(workload: str, other: str, bound: float, what: str) -> Goal:
        return Goal(workload, what, bound, True, ratio(windows, (workload, OURS), (workload, other)))

    def most(workload: str, other: str, bound: float, what: str, name: str) -> Goal:
        return Goal(workload, what, bound, False, ratio(windows, (workload, OURS), (workload, other), name))

    sizes = [memory.get(name) for name in (OURS, POSTGRAPHILE)]
    return [
        least("page", LIMIT, 0.9, "requests/s of hand-written SQL"),
        least("page", POSTGRAPHILE, 3.0, "requests/s of PostGraphile"),
        most("page", POSTGRAPHILE, 0.5, "CPU of PostGraphile", "cpu"),
        least("deep", POSTGRAPHILE, 2.5, "requests/s of PostGraphile"),
        least("order", LIMIT, 0.9, "requests/s of hand-written SQL"),
        least("order", POSTGRAPHILE, 3.0, "requests/s of PostGraphile"),
        least("order", MERCURIUS, 3.0, "requests/s of Mercurius"),
        least("place", LIMIT, 2.0, "orders/s of one transaction each by plain asyncpg"),
        least("place", POSTGRAPHILE, 4.0, "orders/s of PostGraphile"),
        most("place", POSTGRAPHILE, 1 / 3, "p99 of PostGraphile", "p99"),
        most("place", MERCURIUS, 1 / 3, "p99 of Mercurius", "p99"),
        Goal("hot", "orders/s of its own spread rate", 0.9, True, ratio(windows, ("hot", OURS), ("place", OURS))),
        least("hot", LIMIT, 5.0, "orders/s of one transaction each by plain asyncpg"),
        Goal("memory", "of PostGraphile", 0.5, False, sizes[0] / sizes[1] if sizes[0] and sizes[1] else None),
    ]


def growth_goals(windows: Sequence[Window], smallest: str, largest: str) -> list[Goal]:
    """The goals of a run on several sizes: Waybill on the largest, beside Waybill on the smallest."""
    bounds = {"page": 1.10, "deep": 1.35, "order": 1.10}
    return [
        Goal(workload, f"{what} at the smallest size", bound, False, found)
        for workload, bound in bounds.items()
        for what, name in (("CPU", "cpu"), ("p50", "p50"), ("p99", "p99"))
        for found in (ratio(windows, (workload, largest), (workload, smallest), name),)
    ]
