"""Watching: from a subscription as it was asked for to a seat beside all who ask for the same."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    create_source_event_stream,
    get_argument_values,
    parse,
    specified_rules,
    visit,
)
from graphql.execution import Executor
from graphql.utilities import get_operation_ast
from strawberry.schema import Schema

from domain.kernel.actor import Actor
from domain.kernel.database import Dialect
from resolvers.context import Context
from resolvers.streaming import Messages
from schema.compiled import Fetch, Operation
from schema.compiled.plan import Request
from schema.views import Reader
from server.answers import DeadlineExceeded, code_of
from server.away import Away, is_away
from server.documents import Documents, Prepared
from server.limits import cost_refusal
from server.live.channels import Channels
from server.live.frames import Answer
from server.live.rooms import Seat, Sink
from server.live.rounds import Rounds
from server.live.telling import CompiledTellings, Teller
from server.request_logs import log_operation
from server.settings import Settings

# Subscriptions that begin, or read what they have missed, at the same time.
MOST_AT_ONCE = 16

Send = Callable[[Answer], Awaitable[None]]


@dataclass(frozen=True)
class Refusal:
    """Why a subscription cannot begin."""

    errors: Sequence[GraphQLError]


@dataclass(frozen=True, slots=True)
class Begun:
    """What the log says of a subscription when it is over: all that is kept of it for each who watches."""

    name: str | None
    actor: Actor
    started: float = field(default_factory=time.perf_counter)

    def over(self, status: str = "OK") -> None:
        """Say that it is over, and how it ended."""
        log_operation(self.name, OperationType.SUBSCRIPTION.value, status, self.started, self.actor)


@dataclass
class Watch:
    """A subscription that may begin: what it watches, from where on, and with whom it is told together."""

    channels: Channels
    turns: asyncio.Semaphore
    channel_key: Hashable
    room_key: Hashable
    messages: Messages[Any, Any]
    teller: Teller
    resumes: bool
    begun: Begun

    async def join(self, sink: Sink, tail: bytes, *, send: Send, ended: Callable[[], None]) -> Seat:
        """A seat, after `send` was given all that the watcher has missed; `ended` is called when limits end the seat.

        Raises what `send` raises, and the database's own errors. What was missed is read for this watcher alone, as
        fast as its connection takes it; then it is told together with others.
        """
        stream, place = self.messages.stream, self.messages.place
        if place is None or (self.resumes and not await stream.keeps(place)):
            place = await self._tell_present(send)
        may_be_behind = self.resumes
        while True:
            # No await from here until the seat is taken: nothing falls between.
            channel = self.channels.get(self.channel_key)
            if channel is not None and (place == channel.place or (place > channel.place and not may_be_behind)):
                break
            if channel is None and not may_be_behind:
                channel = self.channels.open(self.channel_key, self.messages, place)
                break
            async with self.turns:
                page = await stream.read(place)
            if page is None:
                place = await self._tell_present(send)
                continue
            for event in page.events:
                self.messages.context.reader.forget()
                await send(await self.teller.tell(self.messages.message(event)))
            place, may_be_behind = page.place, not page.is_last
        return channel.sit(self.room_key, self.teller, sink, tail, behind=place, ended=ended)

    async def _tell_present(self, send: Send) -> int:
        present = await self.messages.stream.present()
        await send(await self.teller.tell(self.messages.message(present)))
        return present.place


class Watching:
    """Begins the subscriptions of one application."""

    def __init__(self, schema: Schema, documents: Documents, settings: Settings) -> None:
        self._schema, self._documents, self._settings = schema, documents, settings
        self.tellings = CompiledTellings(schema)
        self.channels = Channels(Rounds(self.tellings))
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    @asynccontextmanager
    async def open(self, dialect: Dialect, fetch: Fetch | None) -> AsyncIterator[None]:
        """Channels are read until the block ends; what they tell is compiled where statements can be fetched."""
        if fetch is not None:
            self.tellings.begin(dialect, fetch)
        try:
            yield
        finally:
            await self.channels.close()
            self.tellings.end()

    async def begin(self, fields: Mapping[str, Any], context: Context) -> Watch | Refusal | None:
        """The subscription that these fields of a request ask for, or why it is refused.

        None for whatever else they ask for: queries and mutations, texts that cannot be parsed, and subscriptions that
        are no streams of ours run the usual way. Raises Away while the database is.
        """
        started, found = time.perf_counter(), None
        operation = self._operation(fields["query"], fields.get("operationName"))
        if isinstance(operation, Operation):
            found = await self._begun(operation, fields.get("variables") or {}, context)
        else:
            found = operation
        if isinstance(found, Refusal):
            named = operation.name if isinstance(operation, Operation) else None
            Begun(named, context.actor, started).over(code_of(found.errors[0]))
        return found

    def _operation(self, text: str, name: str | None) -> Operation | Refusal | None:
        prepared = self._documents.get(text)
        if prepared is None:
            try:
                document = parse(text, max_tokens=self._documents.limits.tokens)
            except GraphQLError:
                return None  # the usual way says where it cannot be understood
            definition = get_operation_ast(document, name)
            if definition is None or definition.operation is not OperationType.SUBSCRIPTION:
                return None
            checked = self._documents.prepared(self._schema, text, document, specified_rules)
            if not isinstance(checked, Prepared):
                return Refusal(checked)
            prepared = checked
        operation = prepared.operation(self._schema, name, OperationType.SUBSCRIPTION)
        return operation if operation is not None and _is_plain(operation) else None

    async def _begun(
        self, operation: Operation, variables: Mapping[str, Any], context: Context
    ) -> Watch | Refusal | None:
        core, limits = self._schema._schema, self._documents.limits
        if refusal := cost_refusal(core, operation.document, operation.definition, variables, limits):
            return Refusal([refusal])
        mine = copy(context)
        mine.reader = Reader(context.actor.scope)
        executor: Any = Executor.build(
            core,
            operation.document,
            context_value=mine,
            raw_variable_values=dict(variables),
            operation_name=operation.name,
        )
        if isinstance(executor, list):
            return Refusal(executor)
        try:
            # A crowd that comes back at once waits here, not for the deadline while it queues for the database.
            async with self._turns, asyncio.timeout(self._settings.deadline_seconds):
                source: Any = create_source_event_stream(executor)
                source = await source if executor.is_awaitable(source) else source
        except TimeoutError:
            late = DeadlineExceeded(self._settings.deadline_seconds)
            return Refusal([GraphQLError(str(late), original_error=late)])
        if isinstance(source, ExecutionResult):
            if any(is_away(error.original_error) for error in source.errors or ()):
                raise Away
            return Refusal(source.errors or [])
        return self._watch(operation, variables, executor, source) if isinstance(source, Messages) else None

    def _watch(
        self, operation: Operation, variables: Mapping[str, Any], executor: Executor[Any], messages: Messages[Any, Any]
    ) -> Watch:
        scope = messages.context.actor.scope
        [field_node] = operation.definition.selection_set.selections
        assert isinstance(field_node, FieldNode)
        subscriptions = executor.schema.subscription_type
        assert subscriptions is not None
        named = field_node.name.value
        arguments = get_argument_values(subscriptions.fields[named], field_node, executor.variable_values)
        resumes = arguments.pop("after", None) is not None
        shared = {name: value for name, value in variables.items() if name != _place_variable(operation)}
        assert operation.document.loc is not None
        text = operation.document.loc.source.body
        return Watch(
            self.channels,
            self._turns,
            (named, _canonical(arguments), scope),
            (text, operation.name, _canonical(shared)),
            messages,
            Teller(self.tellings, operation, executor, Request(executor.variable_values, scope)),
            resumes,
            Begun(operation.name, messages.context.actor),
        )


def _canonical(values: Mapping[str, Any]) -> bytes:
    return orjson.dumps(values, default=str, option=orjson.OPT_SORT_KEYS)


def _is_plain(operation: Operation) -> bool:
    """Whether its field stands there, and not in a fragment, which is rare enough to be told the usual way."""
    selected = operation.definition.selection_set.selections
    return len(selected) == 1 and isinstance(selected[0], FieldNode)


@lru_cache(maxsize=1_000)
def _place_variable(operation: Operation) -> str | None:
    """The variable that says where to go on, and nothing else: watchers who differ in it are told the same."""
    name = resumed_by(operation.definition)
    if name is None:
        return None
    uses = _Uses(name)
    visit(operation.document, uses)
    return name if uses.count == _DECLARED_AND_USED else None


_DECLARED_AND_USED = 2


def resumed_by(operation: OperationDefinitionNode) -> str | None:
    """The variable that is the `after` of the subscription's field."""
    for selected in operation.selection_set.selections:
        for argument in (selected.arguments or ()) if isinstance(selected, FieldNode) else ():
            if argument.name.value == "after" and isinstance(argument.value, VariableNode):
                return argument.value.name.value
    return None


class _Uses(Visitor):
    """Counts how often a variable is named."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.count = name, 0

    def enter_variable(self, node: VariableNode, *_args: Any) -> None:
        self.count += node.name.value == self.name
