"""Subscriptions for a browser's EventSource: `GET /graphql/stream`, resumed by the id of the last event."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, OperationType, VariableNode, parse
from graphql.utilities import get_operation_ast
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.http.streaming import SSETransport, merge_stream_with_heartbeat
from strawberry.schema import Schema

from domain.kernel.actor import Actor
from domain.kernel.streams import Doorbell, Ears
from resolvers.context import Context
from server.answers import BAD_REQUEST, LIMIT, UNAUTHENTICATED, code_of, shown
from server.auth import Authenticator, BadCredentials, authorization_of
from server.event_stream import EventStream
from server.graphql_http import answer
from server.listeners import Listener, Listeners
from server.requests import Refused, wrong_field
from server.settings import Settings

LONGEST_QUERY_STRING = 8_192
LONGEST_CURSOR = 200
STATUS = {UNAUTHENTICATED: 401, "FORBIDDEN": 403, "INTERNAL": 500, "TIMEOUT": 503}
NOT_RESUMABLE = "A stream is resumed by a variable: give the subscription's field `after: $after`."


class EventSource:
    """Streams one subscription. What is refused is an answer of HTTP, for then an EventSource does not ask again.

    What ends with the stream's limits, or because the server stops, ends in silence: an EventSource comes back by
    itself, and its `Last-Event-ID` becomes the subscription's `after`.
    """

    def __init__(
        self,
        schema: Schema,
        settings: Settings,
        authenticator: Authenticator,
        listeners: Listeners,
        *,
        hub: Doorbell,
        context_for: Callable[..., Context],
    ) -> None:
        self._schema, self._settings, self._authenticator = schema, settings, authenticator
        self._listeners, self._hub, self._context_for = listeners, hub, context_for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._answer(Request(scope, receive))
        except Refused as refusal:
            response = refusal.response
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method != "GET":
            raise Refused(405, BAD_REQUEST, "Streams are asked for by GET.", ("Allow", "GET"))
        asked = Asked.of(request, self._settings.max_tokens)
        try:
            identity = await self._authenticator.identify(authorization_of(request))
        except BadCredentials:
            message = "These credentials are not valid, or not any more."
            raise Refused(401, UNAUTHENTICATED, message, ("WWW-Authenticate", "Bearer")) from None
        listener, response = self._listeners.stream(identity), None
        try:
            response = await self._stream(asked, listener)
            return response
        finally:
            if not isinstance(response, EventStream):
                listener.close()

    async def _stream(self, asked: "Asked", listener: Listener) -> Response:
        opened = asyncio.Event()
        results = await self._results(asked, listener.identity.actor, opened)
        first = asyncio.ensure_future(anext(results, None))
        await self._begun(first, opened)
        if first.done() and (refusal := _refusal(first.result())):
            await results.aclose()
            return refusal
        stream = merge_stream_with_heartbeat(
            lambda: _events(first, results),
            lambda: ":\n\n",
            interval=self._settings.socket_ping_seconds,
            send_initial_heartbeat=True,
        )
        return EventStream(stream(), listener, self._listeners.draining, SSETransport.headers)

    async def _results(self, asked: "Asked", actor: Actor, opened: asyncio.Event) -> AsyncGenerator[Any, None]:
        results: Any = await self._schema.subscribe(
            asked.query,
            variable_values=dict(asked.variables),
            context_value=self._context_for(actor, hub=_Heard(self._hub, opened)),
            operation_name=asked.operation_name,
        )
        found: AsyncGenerator[Any, None] = results
        return found

    async def _begun(self, first: "asyncio.Future[Any]", opened: asyncio.Event) -> None:
        """Until it has begun to listen, or has answered at once, which is how a subscription is refused."""
        listening = asyncio.ensure_future(opened.wait())
        try:
            await asyncio.wait(
                {first, listening}, timeout=self._settings.deadline_seconds, return_when=asyncio.FIRST_COMPLETED
            )
        except asyncio.CancelledError:
            first.cancel()
            raise
        finally:
            listening.cancel()


@dataclass(frozen=True)
class Asked:
    """What the address of a stream asks for."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None

    @classmethod
    def of(cls, request: Request, most_tokens: int) -> "Asked":
        """What this request asks for, going on behind the last event that its sender has had. Raises Refused."""
        if len(request.scope["query_string"]) > LONGEST_QUERY_STRING:
            raise Refused(414, LIMIT, f"What follows the ? is longer than {LONGEST_QUERY_STRING} bytes.")
        given = request.query_params
        fields: dict[str, Any] = {"query": given.get("query"), "operationName": given.get("operationName")}
        try:
            fields["variables"] = orjson.loads(given.get("variables") or "{}")
        except orjson.JSONDecodeError:
            raise Refused(400, BAD_REQUEST, "`variables` is not JSON.") from None
        if wrong := wrong_field(fields):
            raise Refused(400, BAD_REQUEST, wrong)
        asked = cls(fields["query"], fields["variables"] or {}, fields["operationName"])
        return asked.behind(request.headers.get("last-event-id") or given.get("lastEventId"), most_tokens)

    def behind(self, cursor: str | None, most_tokens: int) -> "Asked":
        """The same, going on behind this cursor. Raises Refused for what could not be resumed."""
        try:
            operation = get_operation_ast(parse(self.query, max_tokens=most_tokens), self.operation_name)
        except GraphQLError:
            return self  # whoever executes it says what is wrong
        if operation is None or operation.operation is not OperationType.SUBSCRIPTION:
            return self
        name = _resumed_by(operation)
        if name is None:
            raise Refused(400, BAD_REQUEST, NOT_RESUMABLE)
        if not cursor:
            return self
        return Asked(self.query, {**self.variables, name: cursor[:LONGEST_CURSOR]}, self.operation_name)


def _resumed_by(operation: OperationDefinitionNode) -> str | None:
    """The variable that is the `after` of the operation's field."""
    for field in operation.selection_set.selections:
        for argument in (field.arguments or ()) if isinstance(field, FieldNode) else ():
            if argument.name.value == "after" and isinstance(argument.value, VariableNode):
                return argument.value.name.value
    return None


def _refusal(first: Any) -> Response | None:
    """The answer of HTTP to what was refused before it began."""
    if first is None or not first.errors or first.data is not None:
        return None
    return JSONResponse({"errors": shown(first.errors)}, STATUS.get(code_of(first.errors[0]), 400))


async def _events(first: "asyncio.Future[Any]", results: AsyncGenerator[Any, None]) -> AsyncGenerator[str, None]:
    try:
        result = await first
        while result is not None:
            yield _event(result)
            result = await anext(results, None)
    finally:
        first.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait({first})
        await results.aclose()


def _event(result: Any) -> str:
    """The result, whose id is the cursor of its message. Never `retry:`, which other clients of the protocol refuse."""
    [message, *_] = (result.data or {}).values() or [None]
    cursor = message.get("cursor") if isinstance(message, dict) else None
    identity = f"id: {cursor}\n" if cursor else ""
    return f"{identity}event: next\ndata: {orjson.dumps(answer(result)).decode()}\n\n"


@dataclass(frozen=True)
class _Heard:
    """The doorbell, which tells when somebody begins to listen: then nothing is refused any more."""

    doorbell: Doorbell
    opened: asyncio.Event

    @property
    def limits(self) -> Any:
        return self.doorbell.limits

    def listen(self, order_id: UUID) -> AbstractAsyncContextManager[Ears]:
        self.opened.set()
        return self.doorbell.listen(order_id)

    def listen_feed(self) -> AbstractAsyncContextManager[Ears]:
        self.opened.set()
        return self.doorbell.listen_feed()

    def listen_stock(self) -> AbstractAsyncContextManager[Ears]:
        self.opened.set()
        return self.doorbell.listen_stock()
