"""What came of a run: tables for the terminal, the same in Markdown, everything in JSON, and plots."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from rich.table import Table

from benchmarks.goals import Goal
from benchmarks.live import idle, stalled
from benchmarks.live.goals import OURS, ratios
from benchmarks.live.rounds import Plan, Window
from benchmarks.live.workloads import WORKLOADS
from benchmarks.plot import plotted
from benchmarks.report import rows

RESULTS = Path(__file__).parent.parent / "results/live"
MEASURED = (
    "workload",
    "server",
    "messages/s",
    "Waybill ×",
    "p50 ms",
    "p99 ms",
    "CPU µs",
    "Waybill's ×",
    "+ publishing",
    "database",
    "watchers",
)
STALLED = ("server", "p99 ms without", "p99 ms with one stalled", "×", "the stalled one")
IDLE = ("server", "sockets", "how many", "kB a socket", "MB in all", "CPU of all")
WANTED = ("what", "×", "goal", "measured", "met")
MICRO, MILLI = 1e6, 1e3


@dataclass(frozen=True)
class Report:
    """A run: what was planned, measured, and wanted."""

    plan: Plan
    titles: Mapping[str, str]
    windows: Sequence[Window]
    stalled: Sequence[stalled.Stalled]
    idle: Sequence[idle.Idle]
    goals: Sequence[Goal]
    notes: Sequence[str]
    versions: Mapping[str, str]

    def lines(self) -> Iterator[tuple[str, ...]]:
        """A line for each workload and entrant: medians over the rounds, with the least and the most."""
        for workload, entrant in dict.fromkeys((each.workload, each.entrant) for each in self._sorted()):
            these = [each for each in self.windows if (each.workload, each.entrant) == (workload, entrant)]

            def spread(value: Callable[[Window], float], form: str, these: list[Window] = these) -> str:
                return _spread([value(each) for each in these], form)

            def times(name: str, workload: str = workload, entrant: str = entrant) -> str:
                found = ratios(self.windows, workload, entrant, name)
                return _spread(found, ".2f") if found and entrant != OURS else ""

            yield (
                WORKLOADS[workload].title,
                self.titles[entrant],
                spread(lambda each: each.per_second, ",.0f"),
                times("per_second"),
                spread(lambda each: each.p50 * MILLI, ".1f"),
                spread(lambda each: each.p99 * MILLI, ".1f"),
                spread(lambda each: each.cpu * MICRO, ".1f"),
                times("cpu"),
                f"{median(each.publishing_cpu for each in these) * MICRO:.1f}",
                f"{median(each.database_cpu for each in these) * MICRO:.1f}",
                f"{median(each.client_cpu for each in these) * MICRO:.1f}",
            )

    def wanted(self) -> Iterator[tuple[str, ...]]:
        """A line for each goal that was measured."""
        for goal in self.goals:
            if goal.value is not None:
                title = WORKLOADS[goal.workload].title if goal.workload in WORKLOADS else goal.workload
                bound = f"{'≥' if goal.is_least else '≤'} {goal.bound:.2f}"
                yield title, goal.what, bound, f"{goal.value:.2f}", "yes" if goal.is_met else "no"

    def sections(self) -> Iterator[tuple[str, Sequence[str], list[tuple[str, ...]]]]:
        """Every table that has a line: its title, its headings and its lines."""
        titles = dict(self.titles)
        yield "Delivered", MEASURED, list(self.lines())
        yield "One reader stalls", STALLED, stalled.lines(self.stalled, titles)
        yield "Idle", IDLE, idle.lines(self.idle, titles)
        yield "Goals", WANTED, list(self.wanted())

    def tables(self) -> list[Table]:
        """For the terminal."""
        found = []
        for title, headings, lines in self.sections():
            # What has its workload in front is a table for each.
            skipped = 1 if headings is MEASURED else 0
            for part in dict.fromkeys(line[0] if skipped else title for line in lines):
                found.append(Table(*headings[skipped:], title=part, title_justify="left"))
                for line in lines:
                    if not skipped or line[0] == part:
                        found[-1].add_row(*line[skipped:])
        return found

    def markdown(self) -> str:
        """For people."""
        plan = self.plan
        made = f"{plan.watchers:,} sockets, {plan.rounds} rounds of {plan.seconds:g} s, {os.cpu_count()} cores"
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        parts = [f"{made}; {versions}." + "".join(f"\n- {note}" for note in self.notes)]
        parts += [rows(headings, iter(lines)) for _, headings, lines in self.sections() if lines]
        return "\n\n".join(parts) + "\n"

    def write(self, folder: Path) -> None:
        """`results.json`, `table.md`, and a plot of messages per second, and one of CPU."""
        folder.mkdir(parents=True, exist_ok=True)
        kept = {
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "plan": asdict(self.plan),
            "versions": dict(self.versions),
            "notes": list(self.notes),
            "goals": [{**asdict(goal), "is_met": goal.is_met} for goal in self.goals],
            "windows": [asdict(each) for each in self.windows],
            "stalled": [asdict(each) for each in self.stalled],
            "idle": [{**asdict(each), "bytes_of_one": each.bytes_of_one} for each in self.idle],
        }
        (folder / "results.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        (folder / "table.md").write_text(self.markdown(), encoding="utf-8")
        if self.windows:
            rates = plotted(self._sorted(), WORKLOADS, self.titles)
            costs = plotted(self._sorted(), WORKLOADS, self.titles, lambda each: each.cpu * MICRO, " µs")
            (folder / "plot.svg").write_text(rates, encoding="utf-8")
            (folder / "cpu.svg").write_text(costs, encoding="utf-8")

    def _sorted(self) -> list[Window]:
        """In the order of the tables: rounds begin with another one each time."""
        places = {name: place for place, name in enumerate([*WORKLOADS, *self.titles])}
        return sorted(self.windows, key=lambda each: (places[each.workload], places[each.entrant], each.round))


def _spread(values: Sequence[float], form: str) -> str:
    return f"{median(values):{form}} ({min(values):{form}}–{max(values):{form}})"
