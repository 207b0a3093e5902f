"""What came of a run: tables for the terminal, the same in Markdown, and everything in JSON."""

import json
import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from statistics import median

from rich.table import Table

from benchmarks.goals import Goal, ratio
from benchmarks.plot import plotted
from benchmarks.rounds import Plan, Window
from benchmarks.workloads import Workload

HEADINGS = ("workload", "server", "per s", "Waybill ×", "p50 ms", "p99 ms", "CPU ms", "of it database", "MB")
README = Path(__file__).parent / "README.md"
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Report:
    """A run: what was planned, measured, and wanted."""

    orders: Sequence[int]
    plan: Plan
    workloads: Mapping[str, Workload]
    titles: Mapping[str, str]
    windows: Sequence[Window]
    memory: Mapping[str, int]
    goals: Sequence[Goal]
    notes: Sequence[str]
    versions: Mapping[str, str]

    def lines(self) -> Iterator[tuple[str, ...]]:
        """A line of the table for each workload and entrant; medians over the rounds."""
        for workload, entrant in dict.fromkeys((each.workload, each.entrant) for each in self.windows):
            these = [each for each in self.windows if (each.workload, each.entrant) == (workload, entrant)]
            ours = next(iter(self.titles))
            times = ratio(self.windows, (workload, ours), (workload, entrant))
            yield (
                self.workloads[workload].title,
                self.titles[entrant],
                f"{median(each.per_second for each in these):,.0f}",
                "" if times is None or entrant == ours else f"{times:.2f}",
                f"{median(each.p50 for each in these) * 1000:.1f}",
                f"{median(each.p99 for each in these) * 1000:.1f}",
                f"{median(each.cpu for each in these) * 1000:.2f}",
                f"{median(each.database_cpu for each in these) * 1000:.2f}",
                f"{self.memory[entrant] / 2**20:.0f}" if entrant in self.memory else "",
            )

    def wanted(self) -> Iterator[tuple[str, ...]]:
        """A line for each goal that was measured."""
        for goal in self.goals:
            if goal.value is not None:
                title = self.workloads[goal.workload].title if goal.workload in self.workloads else goal.workload
                bound = f"{'≥' if goal.is_least else '≤'} {goal.bound:.2f}"
                yield title, goal.what, bound, f"{goal.value:.2f}", "yes" if goal.is_met else "no"

    def tables(self) -> list[Table]:
        """For the terminal."""
        tables = []
        for workload, lines in groupby(self.lines(), key=lambda line: line[0]):
            tables.append(Table(*HEADINGS[1:], title=workload, title_justify="left", min_width=100))
            for line in lines:
                tables[-1].add_row(*line[1:])
        wanted = Table("workload", "×", "goal", "measured", "met", title="Goals", title_justify="left", min_width=100)
        for line in self.wanted():
            wanted.add_row(*line, style="green" if line[-1] == "yes" else "red")
        return [*tables, wanted]

    def markdown(self) -> str:
        """For the README."""
        orders = " and ".join(f"{count:,}" for count in self.orders)
        made = f"{orders} orders, {self.plan.rounds} rounds of {self.plan.seconds:g} s, {os.cpu_count()} cores"
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        notes = "".join(f"\n- {note}" for note in self.notes)
        parts = [f"{made}; {versions}.{notes}", rows(HEADINGS, self.lines())]
        parts.append(rows(("workload", "×", "goal", "measured", "met"), self.wanted()))
        return "\n\n".join(parts) + "\n"

    def write(self, folder: Path) -> None:
        """`results.json`, `table.md` and `plot.svg`."""
        folder.mkdir(parents=True, exist_ok=True)
        windows = [{**asdict(each), "cpu": each.cpu} for each in self.windows]
        kept = {
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "orders": list(self.orders),
            "plan": asdict(self.plan),
            "versions": dict(self.versions),
            "notes": list(self.notes),
            "memory_bytes": dict(self.memory),
            "goals": [{**asdict(goal), "is_met": goal.is_met} for goal in self.goals],
            "windows": windows,
        }
        (folder / "results.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        (folder / "table.md").write_text(self.markdown(), encoding="utf-8")
        (folder / "plot.svg").write_text(plotted(self.windows, self.workloads, self.titles), encoding="utf-8")

    def publish(self) -> None:
        """The table of the README is that of this run from now on."""
        self.write(RESULTS)
        text = README.read_text(encoding="utf-8")
        marked = r"(?s)(<!-- results -->\n).*(<!-- /results -->)"
        README.write_text(re.sub(marked, lambda found: found[1] + self.markdown() + found[2], text), encoding="utf-8")


def versions() -> dict[str, str]:
    """Of what everything runs on."""
    return {"Python": platform.python_version()}


def rows(headings: Sequence[str], lines: Iterator[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    table = [headings, ("---",) * len(headings), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in table)
