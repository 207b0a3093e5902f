"""Watchers of one process, told together: what each of them was sent, and how often anything was read for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson
from pydantic import SecretStr

from adapters.bell.hub import Hub
from adapters.bell.memory import MemoryBell
from domain.kernel.actor import Actor
from domain.kernel.database import Dialect, current_connection
from domain.kernel.doorbell import StreamLimits
from domain.kernel.runner import Runner
from resolvers.context import context_for
from server.app import guarded, load_schema
from server.database import Database
from server.documents import preparation
from server.live import Watching
from server.live.frames import EVENT_WITH_CURSOR, Answer
from server.live.rooms import Seat
from server.live.watching import Refusal, Watch
from server.read_pool import open_read_pool
from server.settings import Settings
from tests.live.watching import SOON, listening

SETTINGS = Settings(database_url="sqlite://:memory:", secret=SecretStr("s" * 40))
DOCUMENT = """subscription ($order: ID!, $after: Cursor) { orderEvents(order: $order, after: $after) {
  ... on OrderEventMessage { cursor event { id __typename sequence order { number status } } }
  ... on ResyncRequired { cursor order { number } }
} }"""


@cache
def schema() -> Any:
    """The whole schema, as a server has it."""
    return guarded(load_schema(), SETTINGS, preparation(SETTINGS))


@dataclass(eq=False)
class Watcher:
    """What one watcher was sent. `takes`: how many answers it takes before it takes no more."""

    takes: float = float("inf")
    messages: list[Any] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    has_ended: bool = False
    seat: Seat | None = None
    encoding = EVENT_WITH_CURSOR
    direct = None
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def write(self, data: bytes) -> bool:
        if len(self.messages) >= self.takes:
            return False
        for event in data.decode().removesuffix("\n\n").split("\n\n"):
            first, _, rest = event.partition("\n")
            self.told(first.removeprefix("id: "), rest.removeprefix("event: next\ndata: ").encode())
        return True

    def told(self, cursor: str, body: bytes) -> None:
        self.cursors.append(cursor)
        self.bodies.append(body)
        [message] = orjson.loads(body)["data"].values()
        self.messages.append(message)
        self._came.set()

    async def send(self, answer: Answer) -> None:
        self.told(answer.cursor or "", answer.body)

    def ended(self) -> None:
        self.has_ended = True
        self._came.set()

    async def until(self, count: int) -> list[Any]:
        """All messages, of which there are `count` at last."""
        async with asyncio.timeout(SOON):
            while len(self.messages) < count:
                self._came.clear()
                await self._came.wait()
        return self.messages

    async def until_told(self, sequence: int) -> list[int]:
        """The sequences of all events, of which this is the last."""
        async with asyncio.timeout(SOON):
            while not self.messages or self.messages[-1]["event"]["sequence"] < sequence:
                self._came.clear()
                await self._came.wait()
        return [message["event"]["sequence"] for message in self.messages]

    async def until_ended(self) -> None:
        """Until its seat has reached its limits."""
        async with asyncio.timeout(SOON):
            while not self.has_ended:
                self._came.clear()
                await self._came.wait()

    async def sequences(self, count: int) -> list[int]:
        """The sequences of all events, of which there are `count` at last."""
        return [message["event"]["sequence"] for message in await self.until(count)]


@dataclass
class Stage:
    """A bell, a hub, and the door through which watchers come. `statements`: those that found what is told."""

    bell: MemoryBell
    hub: Hub
    watching: Watching
    statements: list[str] = field(default_factory=list)

    async def begun(self, actor: Actor, document: str = DOCUMENT, /, **variables: Any) -> Watch | Refusal | None:
        """The subscription as it was asked for."""
        context = context_for(actor, runner=Runner(self.bell), hub=self.hub)
        return await self.watching.begin({"query": document, "variables": variables}, context)

    async def watcher(
        self, actor: Actor, document: str = DOCUMENT, /, *, takes: float = float("inf"), **variables: Any
    ) -> Watcher:
        """A watcher who has taken their seat."""
        watch, watcher = await self.begun(actor, document, **variables), Watcher(takes)
        assert isinstance(watch, Watch), watch
        watcher.seat = await watch.join(watcher, b"", send=watcher.send, ended=watcher.ended)
        return watcher


@asynccontextmanager
async def stage(
    database: Database, *, compiled: bool = True, limits: StreamLimits | None = None, **options: Any
) -> AsyncIterator[Stage]:
    """A server's insides without a server; `compiled` says how answers are made."""
    watching = Watching(schema(), preparation(SETTINGS), SETTINGS)
    async with listening(limits=limits, **options) as (bell, hub):
        if not compiled:
            async with watching.open(database.dialect, None):
                yield Stage(bell, hub, watching)
        elif database.dialect is Dialect.SQLITE:
            async with watching.open(database.dialect, _from_sqlite):
                yield Stage(bell, hub, watching)
        else:
            here = Stage(bell, hub, watching)

            async def fetch(sql: str, parameters: Any) -> Any:
                if (found := await pool.value(sql, parameters)) is not None:
                    here.statements.append(sql)
                return found

            async with open_read_pool(database.url, 2) as pool, watching.open(database.dialect, fetch):
                yield here


async def _from_sqlite(sql: str, parameters: Any) -> str | None:
    [row] = await current_connection().execute_query_dict(sql, list(parameters))
    found: str | None = next(iter(row.values()))
    return found
