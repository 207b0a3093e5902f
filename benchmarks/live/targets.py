"""Who tells the watchers, each in one process: Waybill, Strawberry's own way, graphql-ws on Node, a bare websocket."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.processes import Server, free_port, running
from benchmarks.targets import peers, waybill

# The database's URL, the file of the orders that are watched, and a folder for the log.
Start = Callable[[str, Path, Path], AbstractContextManager[Server]]


@dataclass(frozen=True)
class Target:
    """A name, how it is started, where a socket is opened (`:order` is which), and what it asks of one."""

    name: str
    title: str
    start: Start
    path: str = "/graphql"
    # Whether it reads events from the database, and who may see them; else it makes them in memory for everybody.
    is_real: bool = False
    asks_document: bool = True
    needs_node: bool = False


def _waybill(url: str, _facts: Path, folder: Path) -> AbstractContextManager[Server]:
    return waybill.start(url, folder)


@contextmanager
def _python(module: str, _url: str, facts: Path, folder: Path) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", f"benchmarks.live.{module}", str(port), str(facts)]
    with running(module, command, port=port, log=folder / f"{module}.log", environment={}) as server:
        yield server


@contextmanager
def _node(reads: bool, url: str, facts: Path, folder: Path) -> Iterator[Server]:
    port, name = free_port(), "graphql-ws-rows" if reads else "graphql-ws"
    command = [peers.node(), "graphql-ws.js", str(port), str(facts), *([url] if reads else [])]
    environment = {"NODE_ENV": "production"}
    log = folder / f"{name}.log"
    with running(name, command, port=port, log=log, environment=environment, folder=peers.FOLDER) as server:
        yield server


TARGETS: Mapping[str, Target] = {
    each.name: each
    for each in (
        Target("waybill", "Waybill", _waybill, is_real=True),
        Target("strawberry", "Strawberry's own way", partial(_python, "strawberry_server")),
        Target("graphql-ws", "graphql-ws 6", partial(_node, False), needs_node=True),
        Target("graphql-ws-rows", "graphql-ws 6, reading the order", partial(_node, True), needs_node=True),
        Target("bare", "bare websocket", partial(_python, "bare_server"), path="/:order", asks_document=False),
        Target("raw", "frames and nothing else", partial(_python, "raw_server"), path="/:order", asks_document=False),
    )
}
