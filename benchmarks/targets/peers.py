"""Peers from npm on the same tables: PostGraphile and Mercurius, installed from the lock file in `peers/`."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import asyncpg

from benchmarks.processes import Server, free_port, running
from benchmarks.targets import Target

FOLDER = Path(__file__).parent.parent / "peers"
INSTALL_SECONDS = 600
OLDEST_NODE = 22  # what PostGraphile 5 asks for
WORKLOADS = frozenset({"page", "deep", "order", "place", "hot"})


class NoPeers(Exception):
    """They cannot be run here; the sentence says why."""


def install() -> None:
    """See to it that the peers are there as the lock file has them. Raises NoPeers."""
    npm = shutil.which("npm")
    if npm is None:
        raise NoPeers("there is no npm on this machine")
    kept, wanted = FOLDER / "node_modules/.package-lock.json", FOLDER / "package-lock.json"
    if not kept.exists() or kept.stat().st_mtime < wanted.stat().st_mtime:
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"], cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
        if done.returncode:
            raise NoPeers(f"npm ci failed: {done.stderr.strip()[-300:]}")
    node()


def node() -> str:
    """A Node that is new enough: the one among the packages, or the machine's."""
    for found in (FOLDER / "node_modules/node/bin/node", shutil.which("node")):
        if found and Path(found).exists():
            said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=20).stdout
            version = re.match(r"v(\d+)", said)
            if version and int(version.group(1)) >= OLDEST_NODE:
                return str(found)
    raise NoPeers(f"there is no Node {OLDEST_NODE} or newer")


@contextmanager
def _start(name: str, url: str, folder: Path) -> Iterator[Server]:
    port = free_port()
    command = [node(), f"{name}.js", str(port), url]
    environment = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    asyncio.run(prepare(url))
    with running(
        name, command, port=port, log=folder / f"{name}.log", environment=environment, folder=FOLDER
    ) as server:
        yield server


async def prepare(url: str) -> None:
    """Make the function that PostGraphile offers as a mutation, and pgbench calls."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute((FOLDER / "place-order.sql").read_text(encoding="utf-8"), timeout=30)
    finally:
        await connection.close(timeout=10)


POSTGRAPHILE = Target("postgraphile", "PostGraphile 5.1", partial(_start, "postgraphile"), WORKLOADS)
MERCURIUS = Target("mercurius", "Mercurius 16", partial(_start, "mercurius"), WORKLOADS)
