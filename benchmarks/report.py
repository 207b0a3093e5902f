"""What came of a run, as tables."""

from collections.abc import Mapping, Sequence
from statistics import median

from rich.table import Table

from benchmarks.rounds import Window


def ratio(windows: Sequence[Window], workload: str, ours: str, theirs: str, name: str = "per_second") -> float | None:
    """How many times theirs ours is: the median of the ratios of each round."""
    by_round = {
        who: {each.round: getattr(each, name) for each in windows if (each.workload, each.target) == (workload, who)}
        for who in (ours, theirs)
    }
    shared = by_round[ours].keys() & by_round[theirs].keys()
    return median(by_round[ours][turn] / by_round[theirs][turn] for turn in shared) if shared else None


def table(windows: Sequence[Window], memory: Mapping[str, int]) -> Table:
    """Every workload and target, and Waybill beside each."""
    shown = Table("workload", "target", "req/s", "p50 ms", "p99 ms", "CPU ms", "database CPU ms", "Waybill ×", "MB")
    for workload, target in dict.fromkeys((each.workload, each.target) for each in windows):
        these = [each for each in windows if (each.workload, each.target) == (workload, target)]
        times = ratio(windows, workload, "waybill", target)
        shown.add_row(
            workload,
            target,
            f"{median(each.per_second for each in these):,.0f}",
            f"{median(each.p50 for each in these) * 1000:.1f}",
            f"{median(each.p99 for each in these) * 1000:.1f}",
            f"{median(each.cpu for each in these) * 1000:.3f}",
            f"{median(each.database_cpu for each in these) * 1000:.3f}",
            "" if times is None else f"{times:.2f}",
            f"{memory[target] / 2**20:.0f}",
        )
    return shown
