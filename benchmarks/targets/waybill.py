"""Waybill itself: `waybill serve` with its real schema, and a member of staff who asks."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from benchmarks.processes import Server, free_port, running
from benchmarks.targets import Target
from domain.kernel.actor import Role, staff
from server.auth import Authenticator

# Of a server that lives for minutes, on this machine only.
SECRET = "a secret of the benchmarks, of 32 bytes and more"
WORKLOADS = frozenset({"page", "deep", "order", "place", "hot", "scan"})


@contextmanager
def start(url: str, folder: Path) -> Iterator[Server]:
    """One process; jobs are left to a worker elsewhere, the feed is not."""
    port = free_port()
    environment = {"WAYBILL_DATABASE_URL": url, "WAYBILL_SECRET": SECRET, "WAYBILL_LOG_FORMAT": "json"}
    command = [sys.executable, "-m", "server", "serve", "--no-worker", "--port", str(port)]
    log = folder / "waybill.log"
    with running("waybill", command, port=port, log=log, environment=environment, ready="/readyz") as server:
        yield server


def _bearer() -> str:
    return f"Bearer {Authenticator(SECRET).issue(staff('bench', Role.ADMIN), expires_in=timedelta(days=1))}"


WAYBILL = Target("waybill", "Waybill", start, WORKLOADS, {"Authorization": _bearer()})
