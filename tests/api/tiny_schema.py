"""A schema that is just large enough to try the server with."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import strawberry
from strawberry.schema import Schema
from strawberry.types import Info

from domain.customers.models import CustomerRow
from domain.kernel.actor import Permission
from domain.kernel.doorbell import Doorbell, Ears
from domain.kernel.errors import InvalidInput
from domain.kernel.streams import Page, Present
from domain.kernel.unit_of_work import UnitOfWork
from resolvers.context import Context
from resolvers.streaming import messages
from schema.views import ReaderPerOperation

SECRET_OF_A_BUG = "the customer ann@example.org owes 12.34"
TinyInfo = Info[Context, Any]
BEGUN = asyncio.Event()
WATCHERS: set[object] = set()


@strawberry.type
class Items:
    @strawberry.field
    def nodes(self) -> list["Item"]:
        return []


@strawberry.type
class Item:
    name: str

    @strawberry.field
    def parent(self) -> "Item":
        return Item(name="parent")

    @strawberry.field
    def items(self, first: int | None = 20) -> Items:
        return Items()


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "you") -> str:
        return f"hello {name}"

    @strawberry.field
    def whoami(self, info: TinyInfo) -> str:
        return info.context.actor.principal

    @strawberry.field
    def orders(self, info: TinyInfo) -> list[str]:
        info.context.actor.require(Permission.READ_ORDERS)
        return []

    @strawberry.field
    def item(self) -> Item:
        return Item(name="one")

    @strawberry.field
    def items(self, first: int | None = 20) -> Items:
        return Items()

    @strawberry.field
    def watchers(self) -> int:
        return len(WATCHERS)

    @strawberry.field
    def faulty(self) -> str:
        raise RuntimeError(SECRET_OF_A_BUG)

    @strawberry.field
    def refused(self) -> str:
        raise InvalidInput("That is no date.")

    @strawberry.field
    async def endless(self) -> str:
        await asyncio.Event().wait()
        return "never"

    @strawberry.field
    def same_reader(self, info: TinyInfo) -> str:
        return str(id(info.context.reader))


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def finish(self, info: TinyInfo) -> str:
        """Ends once the server has been told to stop; whoever watches beginnings is told that it has begun."""
        BEGUN.set()
        stopping = asyncio.Event()
        with cast("Any", info.context.hub).draining.telling(stopping.set):
            await stopping.wait()
        return "finished"

    @strawberry.mutation
    async def add_customer(self, info: TinyInfo) -> str:
        """Writes, and takes its time about it."""
        return str((await info.context.run(add_customer, None)).value)


async def add_customer(tx: UnitOfWork, _request: None) -> UUID:
    row = await CustomerRow.create(created_at=tx.now)
    await asyncio.sleep(0.3)
    return UUID(str(row.id))


class Word(str):
    """A message that is a text."""

    __slots__ = ()
    cursor = "1"


@dataclass(frozen=True)
class One:
    """A stream of one event, which has happened already."""

    def listen(self, doorbell: Doorbell) -> AbstractAsyncContextManager[Ears]:
        return doorbell.listen(UUID(int=7))

    async def keeps(self, place: int) -> bool:
        return True

    async def read(self, place: int) -> Page[int]:
        return Page((1,) if place < 1 else (), 1, is_last=True)

    async def present(self) -> Present:
        return Present(1)

    def place_of(self, event: int) -> int:
        return event


@strawberry.type
class Told:
    cursor: str

    @strawberry.field
    def faulty(self) -> str | None:
        raise RuntimeError(SECRET_OF_A_BUG)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def begun(self) -> AsyncGenerator[bool, None]:
        """Tells when somebody's `finish` has begun."""
        yield False
        await BEGUN.wait()
        yield True

    @strawberry.subscription
    async def count(self, to: int) -> AsyncGenerator[int, None]:
        for n in range(1, to + 1):
            yield n

    @strawberry.subscription
    async def told(self, info: TinyInfo, after: str | None = None) -> AsyncGenerator[Told, None]:
        """One message, which cannot be told whole."""
        return messages(info.context, One(), 0, lambda _event: Told(cursor="1"))

    @strawberry.subscription
    async def watch(self, info: TinyInfo) -> AsyncGenerator[str, None]:
        yield info.context.actor.principal
        await asyncio.Event().wait()

    @strawberry.subscription
    async def flood(self) -> AsyncGenerator[str, None]:
        """More than anybody can read."""
        while True:
            yield "much" * 10_000

    @strawberry.subscription
    async def resumed(self, info: TinyInfo, after: str | None = None) -> AsyncGenerator[str, None]:
        """Like `watch`, in the form that an EventSource may ask for: a stream of one event."""
        said = Word(f"{info.context.actor.principal} after {after}")
        return messages(info.context, One(), 0, lambda _event: said)

    @strawberry.subscription
    async def watchers(self) -> AsyncGenerator[int, None]:
        """How many watch this, oneself included."""
        me = object()
        WATCHERS.add(me)
        try:
            yield len(WATCHERS)
            await asyncio.Event().wait()
        finally:
            WATCHERS.discard(me)

    @strawberry.subscription
    async def orders_watched(self, info: TinyInfo) -> AsyncGenerator[str, None]:
        info.context.actor.require(Permission.READ_ORDERS)
        yield "an order"

    @strawberry.subscription
    async def faulty(self) -> AsyncGenerator[int, None]:
        yield 1
        raise RuntimeError(SECRET_OF_A_BUG)


def tiny_schema() -> Schema:
    return strawberry.Schema(Query, Mutation, Subscription, extensions=[ReaderPerOperation])
