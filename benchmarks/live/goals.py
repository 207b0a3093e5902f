"""What is wanted of watching, beside what was measured: medians of ratios within a round."""

from collections.abc import Sequence
from statistics import median

from benchmarks.goals import Goal
from benchmarks.live.rounds import Window
from benchmarks.live.stalled import Stalled

OURS, BARE, LIMIT = "waybill", "bare", "raw"
# graphql-ws that reads the order for its subscriber, as Waybill does; and that has all in memory (decision 0013).
NODES = {"graphql-ws-rows": "graphql-ws, reading the order", "graphql-ws": "graphql-ws, all in memory"}
# Nobody else is to wait for one who does not read: what is more than this is more than noise.
SLOWED_AT_MOST = 1.10


def ratios(windows: Sequence[Window], workload: str, theirs: str, name: str, ours: str = OURS) -> list[float]:
    """How many times theirs ours is, in each round that has both."""
    found = [
        {each.round: getattr(each, name) for each in windows if (each.workload, each.entrant) == (workload, who)}
        for who in (ours, theirs)
    ]
    shared = sorted(found[0].keys() & found[1].keys())
    return [found[0][turn] / found[1][turn] for turn in shared if found[1][turn]]


def goals(windows: Sequence[Window], stalled: Sequence[Stalled]) -> list[Goal]:
    """All of them; those that were not measured have no value."""

    def goal(workload: str, other: str, bound: float, what: str, name: str, *, is_least: bool) -> Goal:
        found = ratios(windows, workload, other, name)
        return Goal(workload, what, bound, is_least, median(found) if found else None)

    wanted = []
    for workload in ("one", "burst"):
        for node, named in NODES.items():
            wanted.append(goal(workload, node, 4.0, f"messages/s of {named}", "per_second", is_least=True))
            wanted.append(goal(workload, node, 0.2, f"CPU of {named}", "cpu", is_least=False))
        wanted += [
            goal(workload, BARE, 1.0, "CPU of the bare websocket", "cpu", is_least=False),
            goal(workload, LIMIT, 0.9, "messages/s of frames and nothing else", "per_second", is_least=True),
        ]
    for node, named in NODES.items():
        wanted.append(goal("wave", node, 2.0, f"messages/s of {named}", "per_second", is_least=True))
    slowed = [each.p99_with / each.p99_without for each in stalled if each.entrant == OURS]
    what = "p99 of the others without it"
    wanted.append(Goal("a stalled reader", what, SLOWED_AT_MOST, False, median(slowed) if slowed else None))
    return wanted
