"""A bench: databases are filled, servers started and compared, loads put on them, and everything is put away again."""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import Progress

from benchmarks import pgbench
from benchmarks.agreement import check
from benchmarks.audit import faults
from benchmarks.data.generate import Size
from benchmarks.facts import DEEP_PAGES, Facts, draw
from benchmarks.feed import catch_up
from benchmarks.goals import LIMIT, OURS, goals, growth_goals
from benchmarks.meters import Postgres
from benchmarks.pgbench import Pgbench, found_program
from benchmarks.postgres import durable_server, filled_database, version_of
from benchmarks.report import Report, versions
from benchmarks.rounds import Entrant, Plan, Stage, Window, run
from benchmarks.targets import Target
from benchmarks.targets.peers import NoPeers, install, prepare
from benchmarks.workloads import Workload

PEERS = ("postgraphile", "mercurius")
PAGES_OF_GROWTH = 200
SOUND = "After all writes the books balance: nothing oversold, every order whole."


@dataclass(frozen=True)
class Choice:
    """What was asked for on the command line."""

    orders: Sequence[int]
    workloads: Sequence[Workload]
    targets: Sequence[Target]
    plan: Plan
    database: str | None

    @property
    def is_growth(self) -> bool:
        """Whether Waybill is measured beside itself, on more orders."""
        return len(self.orders) > 1


@dataclass
class Bench:
    """One run, from nothing to a report."""

    choice: Choice
    progress: Progress
    notes: list[str] = field(default_factory=list)

    def run(self) -> Report:
        """Do everything. What was started is gone when it returns, or raises."""
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waybill-benchmark-")))
            databases = self._databases(stack)
            entrants = [
                entrant
                for count, url in databases.items()
                for entrant in self._entrants(stack, url, folder, f" on {count:,}" if self.choice.is_growth else "")
            ]
            url = next(iter(databases.values()))
            workloads = [each for each in self.choice.workloads if not (each.writes and self.choice.is_growth)]
            if not self.choice.is_growth:
                self._compare(url, workloads, entrants)
            return self._measure(url, workloads, entrants)

    def _databases(self, stack: ExitStack) -> dict[int, str]:
        """The URL of a database of each size."""
        if self.choice.database is not None:
            return {self.choice.orders[0]: self.choice.database}
        server = stack.enter_context(durable_server())
        found = {}
        for count in self.choice.orders:
            task = self.progress.add_task(f"writing {count:,} orders", total=1)

            def tell(done: int, steps: int, task=task) -> None:
                self.progress.update(task, completed=done, total=steps)

            found[count] = stack.enter_context(filled_database(server, Size(count), tell))
        return found

    def _entrants(self, stack: ExitStack, url: str, folder: Path, suffix: str) -> list[Entrant]:
        """The chosen targets, started on that database. Peers that cannot be run here are left out, with a note."""
        facts = folder / f"facts{suffix.replace(' ', '-')}.json"
        # With as many deep pages at every size: else the smaller one would be kept in memory whole, and look better.
        pages = PAGES_OF_GROWTH if self.choice.is_growth else DEEP_PAGES
        asyncio.run(draw(url, pages)).write(facts)
        targets = [each for each in self.choice.targets if each.name in (OURS, LIMIT) or not self.choice.is_growth]
        if any(each.name in PEERS for each in targets):
            try:
                install()
            except NoPeers as reason:
                self.notes.append(f"Without the peers from npm: {reason}.")
                targets = [each for each in targets if each.name not in PEERS]
        return [
            Entrant(each.name + suffix, each, stack.enter_context(each.start(url, folder)), facts) for each in targets
        ]

    def _compare(self, url: str, workloads: Sequence[Workload], entrants: Sequence[Entrant]) -> None:
        task = self.progress.add_task("asking all of them the same", total=len(workloads))
        for workload in workloads:
            asyncio.run(check(url, workload, entrants))
            self.progress.advance(task)

    def _measure(self, url: str, workloads: Sequence[Workload], entrants: Sequence[Entrant]) -> Report:
        def settle(workload: Workload) -> None:
            if workload.writes and any(each.target.name == OURS for each in entrants):
                catch_up(url)

        postgres = asyncio.run(Postgres.of(url))
        program = self._pgbench(url, workloads, entrants, postgres)

        def alone(workload: Workload, turn: int, plan: Plan) -> Window | None:
            return (
                program.measure(workload.name, turn, plan) if program and workload.name in pgbench.WORKLOADS else None
            )

        stage = Stage(entrants, postgres, settle, alone)
        total = self.choice.plan.rounds * sum(len(stage.able(each)) for each in workloads)
        task = self.progress.add_task("measuring", total=total)

        def tell(window: Window) -> None:
            said = f"{window.workload} {window.entrant}: {window.per_second:,.0f}/s"
            self.progress.update(task, advance=1, description=said)

        windows = run(stage, workloads, self.choice.plan, tell)
        if any(each.writes for each in workloads):
            self.notes += [f"Wrong afterwards: {fault}." for fault in asyncio.run(faults(url))] or [SOUND]
        memory = {each.name: each.server.peak_bytes for each in entrants}
        ours = [each.name for each in entrants if each.target.name == OURS]
        wanted = growth_goals(windows, ours[0], ours[-1]) if self.choice.is_growth else goals(windows, memory)
        return Report(
            self.choice.orders,
            self.choice.plan,
            {each.name: each for each in workloads},
            {each.name: each.target.title + each.name.removeprefix(each.target.name) for each in entrants}
            | {pgbench.NAME: pgbench.TITLE},
            windows,
            memory,
            wanted,
            self.notes,
            versions() | {"PostgreSQL": version_of(url)},
        )

    def _pgbench(
        self, url: str, workloads: Sequence[Workload], entrants: Sequence[Entrant], postgres: Postgres
    ) -> Pgbench | None:
        """What measures placing orders without a server, if there is a program for it."""
        if not any(each.name in pgbench.WORKLOADS for each in workloads):
            return None
        program = found_program()
        if program is None:
            self.notes.append("Without pgbench: there is no such program beside PostgreSQL here.")
            return None
        asyncio.run(prepare(url))
        return Pgbench(program, url, Facts.read(entrants[0].facts), postgres)
