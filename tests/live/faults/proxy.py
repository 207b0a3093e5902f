"""The bad line between subscribers and servers: a proxy that cuts, stalls, delays and refuses, by a seed."""

import asyncio
import random
import socket
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

CHUNK = 8_192
# Small, so that who stops reading is felt by the server and not by the buffers between.
BUFFER = 16_384
FEWEST_BYTES, TIMES_AS_MANY = 60, 3_000
LONGEST_STALL_SECONDS = 3.0
LONGEST_DELAY_SECONDS = 0.01
CONNECTS_WITHIN_SECONDS = 5.0


class Fate(StrEnum):
    """What becomes of a connection, sooner or later."""

    SMOOTH = "smooth"
    CUT = "cut"
    STALL = "stall"
    SILENCE = "silence"
    DELAY = "delay"
    REFUSAL = "refusal"


# Dealt like cards, so that each comes up however few connections there are.
DECK = (Fate.SMOOTH,) * 4 + (Fate.CUT,) * 4 + (Fate.STALL,) * 2 + (Fate.SILENCE, Fate.DELAY)


@dataclass(frozen=True)
class Lot:
    """The fate of one connection: after so many bytes in one direction, for so long."""

    fate: Fate
    is_upwards: bool
    after_bytes: int
    seconds: float


@dataclass(eq=False)
class Line:
    """One connection, from the client's side to the server's."""

    lot: Lot
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter

    def abort(self) -> None:
        """Cut it: nobody says goodbye, and what is under way is lost."""
        for each in (self.client, self.server):
            each.transport.abort()


@dataclass
class Proxy:
    """Passes connections on to whichever of the `servers` takes them. `happened` counts what became of them."""

    servers: Sequence[int]
    seed: int
    port: int = 0
    happened: Counter[Fate] = field(default_factory=Counter)
    _lines: set[Line] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _deck: list[Fate] = field(default_factory=list)
    _is_calm: bool = False
    _is_refusing: bool = False

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def calm(self) -> None:
        """No more faults from now on: lines that have one coming are cut, and new ones are smooth."""
        self._is_calm = True
        for line in tuple(self._lines):
            if line.lot.fate is not Fate.SMOOTH:
                line.abort()

    async def refuse(self, seconds: float) -> None:
        """Nobody new comes through for a while, and those who are through are cut."""
        self._is_refusing = True
        for line in tuple(self._lines):
            line.abort()
        await asyncio.sleep(seconds)
        self._is_refusing = False

    async def close(self) -> None:
        """Cut every line, and wait until nobody is served any more."""
        self._is_refusing = True
        while self._tasks:
            for line in tuple(self._lines):
                line.abort()
            await asyncio.wait(self._tasks, timeout=CONNECTS_WITHIN_SECONDS)

    async def pass_on(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Serve one connection until either side has ended it, or its fate has."""
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            if self._is_refusing:
                self.happened[Fate.REFUSAL] += 1
                return
            opened = await self._connected()
            if opened is None:
                return
            line = Line(self._drawn(), client, opened[1])
            self._lines.add(line)
            try:
                await self._carry(line, reader, opened[0])
            finally:
                self._lines.discard(line)
                line.server.transport.abort()
        finally:
            client.transport.abort()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """To any server that listens; None when none does."""
        for port in self._random.sample(self.servers, len(self.servers)):
            plug = socket.socket()
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            plug.setblocking(False)
            try:
                async with asyncio.timeout(CONNECTS_WITHIN_SECONDS):
                    await asyncio.get_running_loop().sock_connect(plug, ("127.0.0.1", port))
                    return await asyncio.open_connection(sock=plug, limit=CHUNK)
            except (OSError, TimeoutError):
                plug.close()
        return None

    def _drawn(self) -> Lot:
        if not self._deck:
            self._deck = self._random.sample(DECK, len(DECK))
        fate, draw = self._deck.pop(), self._random
        after = int(FEWEST_BYTES * TIMES_AS_MANY ** draw.random())
        # Clients say little: of what becomes of their words it is soon decided.
        is_upwards = draw.random() < 0.2
        lot = Lot(fate, is_upwards, min(after, 600) if is_upwards else after, draw.uniform(0.1, LONGEST_STALL_SECONDS))
        return Lot(Fate.SMOOTH, False, 0, 0) if self._is_calm else lot

    async def _carry(self, line: Line, from_client: asyncio.StreamReader, from_server: asyncio.StreamReader) -> None:
        directions = (
            asyncio.create_task(self._pump(from_client, line.server, line.lot, line.lot.is_upwards)),
            asyncio.create_task(self._pump(from_server, line.client, line.lot, not line.lot.is_upwards)),
        )
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in directions:
                each.cancel()
            await asyncio.gather(*directions, return_exceptions=True)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lot: Lot, is_concerned: bool
    ) -> None:
        passed, is_due = 0, is_concerned and lot.fate is not Fate.SMOOTH
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if is_due and lot.fate is Fate.DELAY:
                    await self._dribble(chunk, writer)
                    continue
                if is_due and passed + len(chunk) > lot.after_bytes:
                    is_due = False
                    head, chunk = chunk[: lot.after_bytes - passed], chunk[lot.after_bytes - passed :]
                    writer.write(head)
                    await writer.drain()
                    if not await self._befall(lot):
                        return
                passed += len(chunk)
                writer.write(chunk)
                await writer.drain()
            # It has said all it had to say: that arrives, and then the end.
            writer.close()
            await writer.wait_closed()

    async def _befall(self, lot: Lot) -> bool:
        """Whether the direction goes on after what becomes of it."""
        self.happened[lot.fate] += 1
        if lot.fate is Fate.CUT:
            return False
        # A line that is silent looks as if it were there. Whoever listens there has to notice by themselves.
        await asyncio.sleep(lot.seconds if lot.fate is Fate.STALL else 3600)
        return True

    async def _dribble(self, chunk: bytes, writer: asyncio.StreamWriter) -> None:
        """The chunk in several pieces, each a moment later."""
        self.happened[Fate.DELAY] += 1
        middle = self._random.randrange(len(chunk))
        for piece in (chunk[:middle], chunk[middle:]):
            await asyncio.sleep(self._random.uniform(0, LONGEST_DELAY_SECONDS))
            writer.write(piece)
            await writer.drain()


@asynccontextmanager
async def proxying(servers: Sequence[int], seed: int) -> AsyncIterator[Proxy]:
    """A proxy in front of the servers at these ports; nobody is connected through it afterwards."""
    proxy = Proxy(servers, seed)
    listening = await asyncio.start_server(proxy.pass_on, "127.0.0.1", 0, limit=CHUNK, backlog=1_000)
    proxy.port = listening.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listening.close()
        await proxy.close()
        await listening.wait_closed()
