"""A run: a database is filled, servers are started, watched and measured, and everything is put away again."""

import asyncio
import json
import resource
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import psutil

from benchmarks.data.generate import Size
from benchmarks.live import facts, idle, stalled
from benchmarks.live.goals import goals
from benchmarks.live.report import Report
from benchmarks.live.rounds import Plan, Stage, Window, run
from benchmarks.live.sittings import Entrant, Props
from benchmarks.live.targets import Target
from benchmarks.live.workloads import Workload
from benchmarks.meters import Postgres
from benchmarks.postgres import durable_server, filled_database, version_of
from benchmarks.report import versions
from benchmarks.targets.peers import NoPeers, install
from benchmarks.targets.waybill import SECRET
from domain.kernel.actor import Role, staff
from server.auth import Authenticator

# Orders whose parcels are still with us are not scanned: there are more than are watched.
ORDERS_FOR_A_WATCHER, FEWEST_ORDERS = 3, 3_000
FILES_BESIDE_SOCKETS = 500
# From here on the watchers may be what is measured.
BUSY_WATCHERS = 0.9


class TooFewFiles(Exception):
    """This machine does not let a process have as many sockets as are wanted."""


@dataclass(frozen=True)
class Choice:
    """What was asked for on the command line."""

    workloads: Sequence[Workload]
    targets: Sequence[Target]
    plan: Plan
    stalls: bool
    idle: int
    nap_seconds: float


@dataclass
class Bench:
    """One run, from nothing to a report; `tell` hears what is being done."""

    choice: Choice
    tell: Callable[[str], None]
    notes: list[str] = field(default_factory=list)

    def run(self) -> Report:
        """Do everything. What was started is gone when it returns, or raises."""
        most = max(self.choice.plan.watchers, self.choice.idle)
        allow_files(most + FILES_BESIDE_SOCKETS)
        targets = self._able()
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waybill-watchers-")))
            url = stack.enter_context(self._database(most))
            props = replace(prepared(url, folder, most), nap_seconds=self.choice.nap_seconds)
            windows, stalls = self._measure(targets, props, folder)
            idles = idle.measure(targets, props, folder, self.choice.idle, self.tell) if self.choice.idle else []
            database = version_of(url)
        return Report(
            self.choice.plan,
            {each.name: each.title for each in targets},
            windows,
            stalls,
            idles,
            goals(windows, stalls),
            self.notes,
            versions() | {"PostgreSQL": database},
        )

    @contextmanager
    def _database(self, watchers: int) -> Iterator[str]:
        orders = max(watchers * ORDERS_FOR_A_WATCHER, FEWEST_ORDERS)
        self.tell(f"writing {orders:,} orders")
        size = Size(orders, skus=1_000)
        with durable_server() as server, filled_database(server, size, lambda _done, _all: None) as url:
            yield url

    def _able(self) -> list[Target]:
        """The chosen targets that can be run here; a note says why the others cannot."""
        targets = list(self.choice.targets)
        if any(each.needs_node for each in targets):
            self.tell("installing the peers from npm")
            try:
                install()
            except NoPeers as reason:
                self.notes.append(f"Without the peers from npm: {reason}.")
                targets = [each for each in targets if not each.needs_node]
        return targets

    def _measure(
        self, targets: Sequence[Target], props: Props, folder: Path
    ) -> tuple[list[Window], list[stalled.Stalled]]:
        def told(window: Window) -> None:
            self.tell(f"{window.round + 1}: {window.workload} {window.entrant}: {window.cpu * 1e6:.1f} µs a message")

        def heard(found: stalled.Stalled) -> None:
            times = found.p99_with / found.p99_without
            self.tell(f"{found.round + 1}: a stalled reader of {found.entrant}: p99 × {times:.2f}")

        if not self.choice.workloads and not self.choice.stalls:
            return [], []
        with ExitStack() as stack:
            entrants = [
                Entrant(each, stack.enter_context(each.start(props.url, props.facts, folder))) for each in targets
            ]
            stage = Stage(entrants, asyncio.run(Postgres.of(props.url)), props, self.choice.plan)
            windows = run(stage, self.choice.workloads, told)
            stalls = stalled.measure(stage, heard) if self.choice.stalls else []
        self._note(windows)
        return windows, stalls

    def _note(self, windows: Sequence[Window]) -> None:
        """What a reader of the numbers has to know."""
        self.notes.append(f"Load of the machine in the last 15 minutes: {psutil.getloadavg()[2]:.1f}.")
        if windows:
            messages = sum(each.messages for each in windows)
            self.notes.append(f"{messages:,} messages were sent, and none was lost.")
            sizes = [len(each.sample.encode()) for each in windows]
            self.notes.append(f"A message has {min(sizes)} to {max(sizes)} bytes.")
            writing = [each.writing for each in windows if each.writing]
            if writing:
                self.notes.append(
                    f"Writing to Waybill's log took {median(writing) * 1000:.1f} ms before an event was told."
                )
        busy = {(each.workload, each.entrant) for each in windows if each.client_cpu * each.per_second > BUSY_WATCHERS}
        self.notes += [f"The watchers had no time to spare: {workload} of {name}." for workload, name in sorted(busy)]


def prepared(url: str, folder: Path, watchers: int) -> Props:
    """What so many watch, drawn and written into the folder, and a member of staff for each of them."""
    props = Props(url, folder / "orders.json", folder / "tokens.json")
    facts.write(props.facts, facts.draw(url, watchers))
    sign = Authenticator(SECRET)
    people = (staff(f"watcher-{n}", Role.SUPPORT) for n in range(watchers))
    tokens = [f"Bearer {sign.issue(each, expires_in=timedelta(days=1))}" for each in people]
    props.tokens.write_text(json.dumps(tokens), encoding="utf-8")
    return props


def allow_files(wanted: int) -> None:
    """Let this process, and those that it starts, have so many files open. Raises TooFewFiles."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if wanted > hard and hard != resource.RLIM_INFINITY:
        raise TooFewFiles(f"a process may have {hard} files open here, and needs {wanted}: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
