"""Telling: what a document says of an event, compiled where that is possible, else as graphql-core executes it."""

from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, execute_subscription_event
from graphql.execution import Executor
from strawberry.schema import Schema

from domain.kernel.database import Dialect
from resolvers.context import Context
from schema.compiled import (
    Asked,
    Fetch,
    NotCompilable,
    Operation,
    Plans,
    Reason,
    TailPlan,
    Telling,
    Things,
    Told,
    telling_of,
)
from schema.compiled.dialects import Writer, writer_of
from schema.compiled.plan import Request
from schema.scalars import Cursor
from server.answers import INTERNAL, TIMEOUT, answer, code_of, note_bug
from server.away import OF_THE_DATABASE, is_away
from server.live.frames import Answer

OURS = frozenset({INTERNAL, TIMEOUT})


class Unreadable(Exception):
    """The database could not be read; it may be by and by."""


class CompiledTellings:
    """Tells events the compiled way, while it is begun; counts how often it could not, and why."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._plans: Plans[Telling] = Plans()
        self._things: Things | None = None
        self._fetch: Fetch | None = None
        self._writer: Writer | None = None
        self.answered = 0
        self.fallbacks: Counter[Reason] = Counter()

    def begin(self, dialect: Dialect, fetch: Fetch) -> None:
        """From now on, things are read by `fetch`."""
        self._writer = writer_of(dialect)
        self._things, self._fetch = Things(self._writer, fetch), fetch

    def end(self) -> None:
        """From now on, everything is told the usual way."""
        self._things = self._fetch = None

    async def tell(self, operation: Operation, request: Request, message: Any) -> bytes | None:
        """The response to a message; None when it must be told the usual way."""
        if self._things is None or self._writer is None:
            return None
        try:
            told = await self._telling(operation, request, self._writer).told(message, request, self._things)
        except NotCompilable as refusal:
            self.fallbacks[refusal.reason] += 1
            return None
        except OF_THE_DATABASE:
            self.fallbacks[Reason.DATABASE] += 1
            return None
        except Exception as error:
            self.fallbacks[Reason.BUG] += 1
            note_bug(error, path=operation.name or "subscription")
            return None
        self.answered += 1
        return told

    def tail(
        self, operation: Operation, request: Request, kind: type[Any], cursor_at: Callable[[int], Cursor]
    ) -> "Tail | None":
        """What the document says of messages of this kind, and how it is read; None when it must be the usual way."""
        if self._things is None or self._writer is None:
            return None
        try:
            plan = self._telling(operation, request, self._writer).tails.get(kind)
            parameters = plan.parameters(request) if plan is not None else None
            return None if plan is None or parameters is None else Tail(plan, request, parameters, cursor_at)
        except (NotCompilable, GraphQLError):
            return None  # the usual way says and counts why
        except Exception as error:
            note_bug(error, path=operation.name or "subscription")
            return None

    async def read(self, plan: TailPlan, asked: Sequence[Asked]) -> Sequence[Told]:
        """What follows places of orders, for each who asks; nothing when it cannot be read so."""
        nothing: Sequence[Told] = [()] * len(asked)
        if self._fetch is None:
            return nothing
        try:
            found = await plan.read(self._fetch, asked)
        except OF_THE_DATABASE:
            self.fallbacks[Reason.DATABASE] += 1
            return nothing
        except Exception as error:
            note_bug(error, path="tail")
            return nothing
        self.answered += sum(map(len, found))
        return found

    def _telling(self, operation: Operation, request: Request, writer: Writer) -> Telling:
        return self._plans.of(operation, request, partial(telling_of, self._schema, operation, request, writer))


@dataclass(frozen=True, slots=True)
class Tail:
    """What a document says of the events of orders, to a scope. By one plan it is read together, whoever asks."""

    plan: TailPlan
    request: Request
    parameters: Sequence[Any]
    cursor_at: Callable[[int], Cursor]

    def answer(self, place: int, event: bytes) -> Answer:
        """The response to the message of an event before a place, whose JSON this is."""
        cursor = self.cursor_at(place)
        return Answer(self.plan.said(cursor, event), cursor)


@dataclass(frozen=True)
class Teller:
    """A document with its variables, and what it says of events, for whoever asks."""

    tellings: CompiledTellings
    operation: Operation
    executor: Executor[Any]
    request: Request

    def sharing(self, context: Context) -> "Teller":
        """The same, reading what others of the context have read."""
        executor = copy(self.executor)
        executor.context_value = context
        return Teller(self.tellings, self.operation, executor, self.request)

    def tail(self, kind: type[Any], cursor_at: Callable[[int], Cursor]) -> Tail | None:
        """How what is new of an order is told without reading it first; None if it cannot be."""
        return self.request.once(
            CompiledTellings.tail, lambda: self.tellings.tail(self.operation, self.request, kind, cursor_at)
        )

    async def tell(self, message: Any) -> Answer:
        """The response to a message of the stream. Raises Unreadable, after which it can be asked again."""
        body = await self.tellings.tell(self.operation, self.request, message)
        if body is not None:
            return Answer(body, message.cursor)
        result = await self._executed(message)
        # What could not be told whole, for a fault of ours, is nothing to go on behind.
        is_whole = OURS.isdisjoint(map(code_of, result.errors or ()))
        return Answer(orjson.dumps(answer(result)), message.cursor if is_whole else None)

    async def _executed(self, message: Any) -> Any:
        result: Any = execute_subscription_event(self.executor.build_per_event_executor(message))
        found: ExecutionResult = await result if self.executor.is_awaitable(result) else result
        for error in found.errors or ():
            if is_away(error.original_error):
                raise Unreadable from error.original_error
        return found
