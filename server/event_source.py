"""Subscriptions for a browser's EventSource: `GET /graphql/stream`, resumed by the id of the last event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError, OperationType, parse
from graphql.utilities import get_operation_ast
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.http.streaming import SSETransport

from domain.kernel.actor import Actor
from resolvers.context import Context
from server.answers import BAD_REQUEST, LIMIT, UNAUTHENTICATED, Refused, code_of, shown
from server.auth import Authenticator, authorization_of
from server.event_stream import EventStream
from server.listeners import Listener, Listeners
from server.live.events import events
from server.live.frames import EVENT_WITH_CURSOR
from server.live.watching import Refusal, Watching, resumed_by
from server.requests import wrong_field
from server.settings import Settings

LONGEST_QUERY_STRING = 8_192
LONGEST_CURSOR = 200
STATUS = {UNAUTHENTICATED: 401, "FORBIDDEN": 403, "INTERNAL": 500, "TIMEOUT": 503}
NO_SUBSCRIPTION = "This serves one subscription, whose field is not in a fragment: name it by `operationName`."
NOT_RESUMABLE = "A stream is resumed by a variable: give the subscription's field `after: $after`."


class EventSource:
    """Streams one subscription. What is refused is an answer of HTTP, for then an EventSource does not ask again.

    What ends with the stream's limits, or because the server stops, ends in silence: an EventSource comes back by
    itself, and its `Last-Event-ID` becomes the subscription's `after`.
    """

    def __init__(
        self,
        settings: Settings,
        authenticator: Authenticator,
        listeners: Listeners,
        *,
        watching: Watching,
        context_for: Callable[[Actor], Context],
    ) -> None:
        self._settings, self._authenticator, self._listeners = settings, authenticator, listeners
        self._watching, self._context_for = watching, context_for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method != "GET":
            raise Refused(405, BAD_REQUEST, "Streams are asked for by GET.", ("Allow", "GET"))
        asked = Asked.of(request, self._settings.max_tokens)
        identity = await self._authenticator.identify(authorization_of(request))
        listener, response = self._listeners.stream(identity), None
        try:
            response = await self._stream(asked, listener)
            return response
        finally:
            if not isinstance(response, EventStream):
                listener.close()

    async def _stream(self, asked: "Asked", listener: Listener) -> Response:
        fields = {"query": asked.query, "variables": asked.variables, "operationName": asked.operation_name}
        watch = await self._watching.begin(fields, self._context_for(listener.identity.actor))
        if watch is None:
            raise Refused(400, BAD_REQUEST, NO_SUBSCRIPTION)
        if isinstance(watch, Refusal):
            return JSONResponse({"errors": shown(watch.errors)}, STATUS.get(code_of(watch.errors[0]), 400))
        # It ends in silence, for an EventSource takes `complete` for an event like any other, and comes back anyway.
        stream = events(watch, EVENT_WITH_CURSOR, silent_seconds=self._settings.socket_ping_seconds, complete=b"")
        return EventStream(stream, listener, self._listeners.draining, SSETransport.headers)


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
        except GraphQLError as error:
            raise Refused(400, code_of(error), error.message) from None
        if operation is None or operation.operation is not OperationType.SUBSCRIPTION:
            raise Refused(400, BAD_REQUEST, NO_SUBSCRIPTION)
        name = resumed_by(operation)
        if name is None:
            raise Refused(400, BAD_REQUEST, NOT_RESUMABLE)
        if not cursor:
            return self
        return Asked(self.query, {**self.variables, name: cursor[:LONGEST_CURSOR]}, self.operation_name)
