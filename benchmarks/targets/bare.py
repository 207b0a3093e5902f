"""Hand-written SQL behind a bare ASGI server: the limit of what a Python server can do with this database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.processes import Server, free_port, running
from benchmarks.targets import Target


@contextmanager
def start(url: str, folder: Path) -> Iterator[Server]:
    """One process of uvicorn with httptools and uvloop."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.targets.bare_server", str(port), url]
    with running("bare", command, port=port, log=folder / "bare.log", environment={}) as server:
        yield server


BARE = Target("bare", "hand-written SQL", start, frozenset({"page", "deep", "order", "place", "hot", "scan"}))
