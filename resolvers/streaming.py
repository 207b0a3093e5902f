"""What all subscriptions have in common: where they begin, how they end, and how their events become messages."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar, cast

import strawberry
from graphql import GraphQLError

from domain.kernel.actor import Permission
from domain.kernel.errors import DomainError
from domain.kernel.streams import EventT, Present, Stream, follow
from resolvers.context import Context
from schema.scalars import Cursor

MessageT = TypeVar("MessageT")
RESUMABLE = (
    " It ends with `complete` after 30 minutes without an event or 6 hours in all, unless the server is set otherwise:"
    " subscribe again after the last cursor. Every event comes at least once; one that came twice has the same id."
)
After = Annotated[
    Cursor | None,
    strawberry.argument(description="Go on behind this cursor; from now on when there is none."),
]


@dataclass(frozen=True)
class Messages(Generic[EventT, MessageT]):
    """What follows a place of a stream, and keeps coming, in the words of the schema.

    Whoever serves many watchers reads the stream once for all of them; by itself it is read for one.
    """

    context: Context
    stream: Stream[EventT]
    place: int | None
    message: Callable[[EventT | Present], MessageT]
    # The cursor of the event at a place, where that can be told without reading it.
    cursor_at: Callable[[int], Cursor] | None = None

    async def __aiter__(self) -> AsyncGenerator[MessageT, None]:
        async with aclosing(follow(self.stream, self.context.hub, self.place)) as events:
            async for event in events:
                self.context.reader.forget()  # what an event leads to is read as it is now
                yield self.message(event)


def messages(
    context: Context,
    stream: Stream[EventT],
    place: int | None,
    message: Callable[[EventT | Present], MessageT],
    cursor_at: Callable[[int], Cursor] | None = None,
) -> AsyncGenerator[MessageT, None]:
    """The answer of a subscription, which Strawberry takes for a generator."""
    return cast("AsyncGenerator[MessageT, None]", Messages(context, stream, place, message, cursor_at))


def require(context: Context, permission: Permission) -> None:
    """Raises what a subscription answers whoever may not ask for it."""
    try:
        context.actor.require(permission)
    except DomainError as refusal:
        raise refused(refusal) from None


def refused(refusal: DomainError) -> GraphQLError:
    """The refusal as the error that ends a subscription before it begins."""
    return GraphQLError(refusal.message, extensions={"code": refusal.code})
