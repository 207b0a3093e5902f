"""The watchers, as a process of their own: thousands of sockets that do little more than to count what comes.

It is asked in lines: to open sockets, what to expect next, and what it measured.
"""

import asyncio
import json
import socket
import sys
import time
from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import uvloop

from benchmarks.live import facts
from benchmarks.live.sockets import Crowd, Opening, Socket
from benchmarks.live.talking import say

OPENED_AT_ONCE = 64
OPEN_SECONDS = 60.0
SOCKETS_OF_AN_ADDRESS = 20_000
QUIET_SECONDS = 0.5
CONNECTIONS = Path("/proc/net/tcp")
# As a phone has it: a network's packets, and room for few of them. Over loopback megabytes fit into the kernel.
STALLED_SEGMENT, STALLED_BUFFER = 1_400, 4_096
BIND_ADDRESS_NO_PORT = 24  # of Linux; the module of Python does not name it


@dataclass
class Watchers:
    """The sockets of one target, whom each watches, and what is measured."""

    port: int
    orders: list[facts.Watched]
    is_of_one: bool
    crowd: Crowd
    openings: list[Opening]
    stalled_operations: int
    sockets: list[Socket] = field(default_factory=list)
    stalled: Socket | None = None
    due: list[int] = field(default_factory=list)
    # Where each publication begins among the arrivals.
    starts: list[int] = field(default_factory=list)
    # What receiving took of ours.
    cpu: float = 0.0

    async def open(self, first: int, last: int) -> None:
        """Open these of them, many at a time. The very last one is the one that may stall, if there is to be one."""
        turn, these = asyncio.Semaphore(OPENED_AT_ONCE), self.openings[first:last]
        if last == len(self.openings) and self.stalled_operations:
            stalled = replace(these.pop(), operations=self.stalled_operations)
            self.stalled = Socket(self.crowd, stalled, self.port, is_quiet=True)
            await self._opened(self.stalled, turn, 0, is_stalled=True)
        opened = [Socket(self.crowd, each, self.port) for each in these]
        await asyncio.gather(*(self._opened(each, turn, first + n) for n, each in enumerate(opened)))
        self.sockets += opened
        self.due += [0] * len(opened)

    async def _opened(self, each: Socket, turn: asyncio.Semaphore, place: int, *, is_stalled: bool = False) -> None:
        async with turn, asyncio.timeout(OPEN_SECONDS):
            made = socket.socket()
            made.setblocking(False)
            if is_stalled:
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, STALLED_SEGMENT)
                made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_BUFFER)
            # Its port is chosen when it connects: one that waits for the end of another server's connection will do.
            made.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
            made.bind((f"127.0.0.{1 + place // SOCKETS_OF_AN_ADDRESS}", 0))
            loop = asyncio.get_running_loop()
            await loop.sock_connect(made, ("127.0.0.1", self.port))
            await loop.create_connection(lambda: each, sock=made)
            await each.opened

    def begin(self) -> None:
        """Forget what was measured."""
        self.crowd.arrivals, self.crowd.outstanding = array("d"), 0
        self.starts.clear()
        for each in self.sockets:
            each.got = 0
        self.due = [0] * len(self.sockets)
        self.cpu = 0.0

    def expect(self, orders: Sequence[int], events: int) -> None:
        """The next publication will be this."""
        self.starts.append(len(self.crowd.arrivals))
        watching = range(len(self.sockets)) if self.is_of_one else orders
        for place in watching:
            self.due[place] += events
        self.crowd.expect(len(watching) * events)

    async def deliver(self, patience: float) -> None:
        """Say when all that was expected has come, and when the last of it did."""
        before = time.process_time()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self.crowd.everything.wait()
        self.cpu += time.process_time() - before
        last = self.crowd.arrivals[-1] if self.crowd.arrivals else 0.0
        missing = sum(each.got != due for each, due in zip(self.sockets, self.due, strict=True))
        say(last=last, missing=missing, **({"fault": self.crowd.fault} if self.crowd.fault else {}))

    async def settle(self) -> None:
        """Wait until nothing has come for a while."""
        before = -1
        while before != len(self.crowd.arrivals):
            before = len(self.crowd.arrivals)
            await asyncio.sleep(QUIET_SECONDS)

    def measured(self, told: Sequence[float]) -> dict[str, Any]:
        """What came of the publications that were told of at these times; a fault if a message is missing or wrong."""
        arrivals = self.crowd.arrivals
        bounds = zip(self.starts, [*self.starts[1:], len(arrivals)], told, strict=True)
        latencies = sorted(at - began for start, end, began in bounds for at in arrivals[start:end])
        if wrong := self.crowd.fault or self._wrong():
            return {"fault": wrong}
        return {
            "messages": len(latencies),
            "p50": median(latencies),
            "p99": latencies[int(len(latencies) * 0.99)],
            "cpu": self.cpu,
            "sample": self.sockets[0].last.decode(),
        }

    def _wrong(self) -> str | None:
        """What is wrong with the messages: each socket has as many as it should, and the last is of its order."""
        if counts := [(each.got, due) for each, due in zip(self.sockets, self.due, strict=True) if each.got != due]:
            return f"{len(counts)} sockets got another number of messages than they should, the first {counts[0]}"
        last: dict[str, int] = {}
        for place, each in enumerate(self.sockets):
            if each.last:
                event = json.loads(each.last)["payload"]["data"]["orderEvents"]["event"]
                number = self.orders[0 if self.is_of_one else place].number
                if event["order"]["number"] != number:
                    return f"a socket of {number} was told {event}"
                if last.setdefault(number, event["sequence"]) != event["sequence"]:
                    return f"two sockets of {number} end with different events"
        return None

    def stall(self) -> None:
        """One of them does not read any more."""
        assert self.stalled is not None
        self.stalled.transport.pause_reading()

    async def wake(self) -> dict[str, Any]:
        """It reads again: what became of it meanwhile."""
        assert self.stalled is not None
        before, kernel = self.stalled.got, _in_kernel(self.stalled)
        if not self.stalled.transport.is_closing():
            self.stalled.transport.resume_reading()
        last = -1
        while last != self.stalled.got:
            last = self.stalled.got
            await asyncio.sleep(QUIET_SECONDS)
        return {"waited": last - before, "kernel": kernel, "closed": self.stalled.closed}


def openings(asked: dict[str, Any], orders: list[facts.Watched]) -> list[Opening]:
    """Of every socket that is to be opened."""
    tokens = json.loads(Path(asked["tokens"]).read_text(encoding="utf-8")) if asked["tokens"] else [None]
    found = []
    for n in range(asked["count"]):
        order = orders[0 if asked["is_of_one"] else n].id
        path = asked["path"].replace(":order", order)
        found.append(Opening(path, order, asked["document"], tokens[n % len(tokens)]))
    return found


def _in_kernel(stalled: Socket) -> int:
    """How many bytes wait for it in Linux's own buffers, at both ends of the connection."""
    name = stalled.transport.get_extra_info("sockname")
    if not name or not CONNECTIONS.exists():
        return 0
    port, waiting = f":{name[1]:04X}", 0
    for line in CONNECTIONS.read_text().splitlines()[1:]:
        _, ours, theirs, _, queues, *_ = line.split()
        sent, received = (int(each, 16) for each in queues.split(":"))
        waiting += received * ours.endswith(port) + sent * theirs.endswith(port)
    return waiting


async def serve() -> None:
    """Do what the input says, until it ends."""
    watchers: Watchers | None = None
    say(ready=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(line)
        if asked["do"] == "prepare":
            orders, crowd = facts.read(Path(asked["facts"])), Crowd(asked["nap"])
            found = openings(asked, orders)
            watchers = Watchers(asked["port"], orders, asked["is_of_one"], crowd, found, asked["stalled"])
            say(prepared=True)
        else:
            assert watchers is not None
            await _do(watchers, asked)


async def _open(watchers: Watchers, first: int, last: int) -> None:
    try:
        await watchers.open(first, last)
    except (OSError, TimeoutError) as error:
        watchers.crowd.fail(f"{type(error).__name__} {error}")
    fault = watchers.crowd.fault
    say(**{"fault": fault} if fault else {"opened": len(watchers.sockets)})


async def _do(watchers: Watchers, asked: dict[str, Any]) -> None:
    match asked["do"]:
        case "open":
            await _open(watchers, asked["first"], asked["last"])
        case "begin":
            watchers.begin()
            say(begun=True)
        case "expect":
            watchers.expect(asked["orders"], asked["events"])
            say(armed=True)
            await watchers.deliver(asked["patience"])
        case "settle":
            await watchers.settle()
            say(settled=True)
        case "end":
            say(**watchers.measured(asked["told"]))
        case "stall":
            watchers.stall()
            say(stalled=True)
        case "wake":
            say(**await watchers.wake())


if __name__ == "__main__":
    uvloop.run(serve())
