"""Sockets: graphql-transport-ws as Strawberry speaks it, with the gaps closed that a public server falls into."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketDisconnected as Gone
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import ConnectionInitMessage, Message
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from resolvers.context import Context
from schema.views import limit_exceeded
from server.answers import code_of, shown
from server.auth import BadCredentials, Identity
from server.away import Away, is_away
from server.listeners import Listener, Listeners, TooMany
from server.live.frames import Answer
from server.live.rooms import Seat, Sink
from server.live.telling import Unreadable
from server.live.watching import Begun, Refusal, Watch, Watching
from server.socket_protocol import PEN, TRY_AGAIN_LATER

# Close codes of graphql-transport-ws, and of RFC 6455's registry.
UNAUTHORIZED, FORBIDDEN, ALREADY_EXISTS, TOO_MANY_INITS = 4401, 4403, 4409, 4429
SERVICE_RESTART = 1012
AWAY = "The database is away"
LONGEST_EXPIRY_SECONDS = 24 * 60 * 60.0


class SocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """One socket."""

    _expiry: asyncio.TimerHandle | None = None
    _closing: asyncio.Task[None] | None = None
    _listener: Listener

    async def handle(self) -> None:
        listeners: Listeners = cast("Any", self.view).listeners
        self._listener = listeners.socket()
        self._listener.tell_revoked = self._revoke
        try:
            with listeners.draining.telling(self._say_goodbye):
                await super().handle()
        finally:
            self._listener.close()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._watched: dict[str, Watched] = {}

    async def shutdown(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        await super().shutdown()
        if self._closing is not None:
            await asyncio.wait({self._closing})

    async def handle_message(self, message: Message) -> None:
        if self._closing is not None:
            return  # it is over, and its peer has not read that yet
        if fault := _fault(message):
            await self.handle_invalid_message(fault)
            return
        await super().handle_message(message)

    # -- who it is ------------------------------------------------------------------------------------------------
    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        if self.connection_timed_out:
            return
        if self.connection_init_received:
            await self.websocket.close(code=TOO_MANY_INITS, reason="Too many initialisation requests")
            return
        self.connection_init_received = True
        if self.connection_init_timeout_task:
            self.connection_init_timeout_task.cancel()
        try:
            identity: Identity = await cast("Any", self.view).identify_socket(message.get("payload") or {})
        except BadCredentials:
            await self.websocket.close(code=FORBIDDEN, reason="Forbidden")
            return
        except Away:
            await self.websocket.close(code=TRY_AGAIN_LATER, reason=AWAY)
            return
        try:
            self._listener.become(identity)
        except TooMany as refusal:
            await self.websocket.close(code=TRY_AGAIN_LATER, reason=str(refusal))
            return
        self.context.become(identity.actor)
        self._believe_until(identity.expires_at)
        await self.send_message({"type": "connection_ack"})
        self.connection_acknowledged = True

    def _believe_until(self, expires_at: datetime | None) -> None:
        """Close when the credentials expire; the client may come back with new ones, and resume."""
        if expires_at is None:
            return
        loop, seconds = asyncio.get_running_loop(), (expires_at - datetime.now(UTC)).total_seconds()
        if seconds > LONGEST_EXPIRY_SECONDS:  # a timer cannot be set for ever: ask again then
            self._expiry = loop.call_later(LONGEST_EXPIRY_SECONDS, self._believe_until, expires_at)
        else:
            self._expiry = loop.call_later(max(seconds, 0), self._expire)

    # -- what ends it ---------------------------------------------------------------------------------------------
    def _expire(self) -> None:
        self._end(FORBIDDEN, "Credentials expired")

    def _revoke(self) -> None:
        self._end(FORBIDDEN, "Access revoked")

    def _say_goodbye(self) -> None:
        self._end(SERVICE_RESTART, "The server stops")

    def _end(self, code: int, reason: str) -> None:
        if self._closing is None:
            self._closing = asyncio.create_task(self._close_quietly(code, reason))

    async def _close_quietly(self, code: int, reason: str) -> None:
        for named in tuple(self.operations):  # first: a peer that does not read lets the goodbye wait
            await self.cleanup_operation(named)
        with suppress(Exception):  # it has gone meanwhile
            await self.websocket.close(code=code, reason=reason)

    # -- operations -----------------------------------------------------------------------------------------------
    async def handle_subscribe(self, message: Any) -> None:
        if not self.connection_acknowledged:
            await self.websocket.close(code=UNAUTHORIZED, reason="Unauthorized")
            return
        named, payload = message["id"], message["payload"]
        if named in self.operations:
            await self.websocket.close(code=ALREADY_EXISTS, reason=f"Subscriber for {named[:60]} already exists")
            return
        operation = SocketOperation(
            self, named, payload["query"], payload.get("variables"), payload.get("operationName")
        )
        most = cast("Any", self.view).settings.socket_operations
        if len(self.operations) >= most:
            refusal = limit_exceeded(f"This socket has {most} operations; complete one before you begin another.")
            await self.send_message(_message(named, "error", shown([refusal])))
            return
        try:
            self._listener.begin(named)
        except TooMany as refusal:
            await self.send_message(_message(named, "error", shown([refusal.error])))
            return
        self.operations[named] = operation
        operation.task = asyncio.create_task(self.run_operation(operation))
        operation.task.add_done_callback(self._task_done)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Serve it. Of a subscription this ends when it has its seat; the operation lasts until it is cleaned up."""
        pen: Sink | None = self._starlette.scope["extensions"].get(PEN)  # none when the server is not ours
        fields = {"query": operation.query, "variables": operation.variables, "operationName": operation.operation_name}
        try:
            watch = await self._watching.begin(fields, self.context) if pen is not None else None
        except Away:
            self._end(TRY_AGAIN_LATER, AWAY)
            return
        if pen is None or watch is None:
            await super().run_operation(operation)
        elif isinstance(watch, Refusal):
            await operation.send_initial_errors([*watch.errors])
        else:
            await self._watch(operation, watch, pen)

    async def _watch(self, operation: Operation[Context, None], watch: Watch, pen: Sink) -> None:
        named, begun = orjson.dumps(operation.id), watch.begun
        watched = self._watched[operation.id] = Watched(begun)

        async def send(answer: Answer) -> None:
            text = b'{"type":"next","payload":%b,"id":%b}' % (answer.body, named)
            await self._starlette.send_text(text.decode())

        def ended() -> None:
            self._watched.pop(operation.id, None)
            begun.over()
            operation.task = asyncio.create_task(self._complete(operation))

        try:
            watched.seat = await watch.join(pen, pen.encoding.tail(operation.id), send=send, ended=ended)
        except Exception as error:
            if self._watched.pop(operation.id, None) is not watched:
                return  # it was cleaned up meanwhile
            if isinstance(error, WebSocketDisconnect | Gone) or self._closing is not None:
                begun.over("ENDED")
                return  # the socket's own end cleans up
            begun.over(code_of(error))
            if isinstance(error, Unreadable) or is_away(error):
                self._end(TRY_AGAIN_LATER, AWAY)
                return
            await operation.send_initial_errors([GraphQLError(str(error), original_error=error)])

    async def _complete(self, operation: Operation[Context, None]) -> None:
        with suppress(Exception):  # it has gone meanwhile
            await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def cleanup_operation(self, operation_id: str) -> None:
        if (watched := self._watched.pop(operation_id, None)) is not None:
            watched.leave()
        await super().cleanup_operation(operation_id)
        self._listener.end(operation_id)

    def forget_id(self, id: str) -> None:
        super().forget_id(id)
        self._listener.end(id)

    @property
    def _starlette(self) -> WebSocket:
        socket: WebSocket = cast("Any", self.websocket).ws
        return socket

    @property
    def _watching(self) -> Watching:
        watching: Watching = cast("Any", self.view).watching
        return watching

    async def _send_result_stream(self, operation: Operation[Context, None], result_source: Any) -> None:
        try:
            await super()._send_result_stream(operation, result_source)
        except WebSocketDisconnected:
            raise
        except Exception as error:
            # Strawberry would end the operation without a word.
            await operation.send_initial_errors([GraphQLError(str(error), original_error=error)])

    async def _handle_pre_execution_error(self, operation: Operation[Context, None], result: PreExecutionError) -> None:
        # Of this operation alone: Strawberry closes the whole socket for a syntax error.
        await operation.send_initial_errors(result.errors or [])


@dataclass(slots=True)
class Watched:
    """A subscription of a socket, and its seat as soon as it has one."""

    begun: Begun
    seat: Seat | None = None

    def leave(self) -> None:
        """Watch no more."""
        if self.seat is not None:
            self.seat.leave()
        self.begun.over("ENDED")


class SocketOperation(Operation[Context, None]):
    """One operation of a socket, answering with our errors."""

    __slots__ = ()

    async def send_initial_errors(self, errors: list[GraphQLError]) -> None:
        await self.send_operation_message(_message(self.id, "error", shown(errors)))

    async def send_next(self, execution_result: ExecutionResult) -> None:
        payload: dict[str, Any] = {"data": execution_result.data}
        if execution_result.errors:
            payload["errors"] = shown(execution_result.errors)
        if execution_result.extensions:
            payload["extensions"] = execution_result.extensions
        await self.send_operation_message(_message(self.id, "next", payload))


def _message(named: str, kind: str, payload: object) -> Message:
    return cast("Message", {"id": named, "type": kind, "payload": payload})


def _fault(message: object) -> str | None:
    """What is wrong with the form of a message, or None: Strawberry takes its form for granted, and crashes."""
    if not isinstance(message, Mapping):
        return "A message must be a JSON object"
    payload, kind = message.get("payload"), message.get("type")
    if kind not in ("subscribe", "complete"):
        return None if payload is None or isinstance(payload, Mapping) else "A payload must be a JSON object"
    if not isinstance(message.get("id"), str) or not message["id"]:
        return "An operation has a text as its id"
    if kind == "complete":
        return None
    return _fault_of_request(payload)


def _fault_of_request(payload: object) -> str | None:
    if not isinstance(payload, Mapping) or not isinstance(payload.get("query"), str):
        return "A subscribe message has a payload with a `query`"
    variables, name = payload.get("variables"), payload.get("operationName")
    if not isinstance(variables, Mapping | None) or not isinstance(name, str | None):
        return "`variables` must be an object, and `operationName` a text"
    return None
