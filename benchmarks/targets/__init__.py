"""Who is measured: Waybill, hand-written SQL behind a bare ASGI server, and peers. Each is one process."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import Server


@dataclass(frozen=True)
class Target:
    """A name for tables and workloads, the workloads that it knows, and how it is started on a database."""

    name: str
    title: str
    start: Callable[[str, Path], AbstractContextManager[Server]]
    workloads: frozenset[str]
    headers: Mapping[str, str] = field(default_factory=dict)
