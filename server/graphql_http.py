"""The GraphQL endpoint: operations by POST, streams by server-sent events, sockets on the same path."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, cast

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException, StarletteRequestAdapter
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.streaming import SSETransport
from strawberry.schema import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from domain.kernel.actor import ANONYMOUS, Actor
from resolvers.context import Context
from server.answers import BAD_REQUEST, DeadlineExceeded, Refused, answer, refused
from server.auth import NOBODY, Authenticator, BadCredentials, Identity
from server.compiled_reads import CompiledReads
from server.event_stream import EventStream
from server.listeners import Listener, Listeners
from server.live.events import events, refusal_events
from server.live.frames import EVENT
from server.live.watching import Refusal, Watch, Watching
from server.requests import Headers, fields_of
from server.settings import Settings
from server.sockets import SocketHandler


class ReadRequest(StarletteRequestAdapter):
    """A request as Strawberry wants it, whose body we have read already."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.fields: dict[str, Any] = request.state.fields


class GraphQLEndpoint(GraphQL[Context, None]):
    """Strawberry's endpoint, but strict about what it takes, and with our errors and identities."""

    request_adapter_class = ReadRequest
    graphql_transport_ws_handler_class = SocketHandler

    def __init__(
        self,
        schema: Schema,
        settings: Settings,
        authenticator: Authenticator,
        listeners: Listeners,
        *,
        context_for: Callable[[Actor], Context],
        reads: CompiledReads,
        watching: Watching,
        page: Callable[[], str],
    ) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=settings.socket_init_seconds),
            max_subscriptions_per_connection=None,  # the handler counts, and says so with a code
            allowed_origins=settings.allowed_origins,
        )
        self.settings, self.authenticator, self.listeners = settings, authenticator, listeners
        self._context_for, self._reads, self._page = context_for, reads, page
        self.watching = watching

    # -- requests -------------------------------------------------------------------------------------------------
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        try:
            response = await self._answer(scope, receive)
        except Refused as refusal:
            response = refusal.response
        except HTTPException as error:  # what Strawberry refuses
            response = refused(error.status_code, BAD_REQUEST, error.reason)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> ASGIApp:
        headers = Headers.of(scope)
        if scope["method"] != "POST":
            return self._page_of(Request(scope, receive))
        fields = await fields_of(headers, receive, self.settings.max_body_bytes)
        identity = await self.authenticator.identify(headers.authorization)
        if headers.takes_json and (read := await self._compiled(self._reads.answer(fields, identity.actor.scope))):
            return JSONBytes(read)
        context = self._context_for(identity.actor)
        if headers.takes_json and (written := await self._compiled(self._reads.writes.answer(fields, context))):
            return JSONBytes(written)
        request = Request(scope, receive)
        request.state.fields = fields
        if headers.takes_json:
            return await self.run(request, context=context)
        return await self._stream(request, context, identity, takes_events=headers.takes_events)

    async def _stream(self, request: Request, context: Context, identity: Identity, *, takes_events: bool) -> ASGIApp:
        """The answer to whoever takes events; their stream is counted from now on, and until that answer ends."""
        request.state.listener = listener = self.listeners.stream(identity)
        response: ASGIApp | None = None
        try:
            watch = await self.watching.begin(request.state.fields, context) if takes_events else None
            if watch is None:
                response = await self.run(request, context=context)
            else:
                response = self._events(watch, listener)
            return response
        finally:
            if not isinstance(response, EventStream):
                listener.close()

    def _events(self, watch: Watch | Refusal, listener: Listener) -> EventStream:
        if isinstance(watch, Refusal):
            stream = refusal_events(watch)
        else:
            stream = events(watch, EVENT, silent_seconds=self.settings.socket_ping_seconds)
        return EventStream(stream, listener, self.listeners.draining, SSETransport.headers)

    def _page_of(self, request: Request) -> Response:
        is_page = request.method in ("GET", "HEAD") and "query" not in request.query_params
        if is_page and "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(self._page(), headers=PAGE_HEADERS)
        raise Refused(405, BAD_REQUEST, "Send operations by POST, as application/json.", ("Allow", "POST"))

    async def _compiled(self, asked: Awaitable[bytes | ExecutionResult | None]) -> bytes | None:
        """The body of what was answered the compiled way; None when it was not."""
        try:
            found = await asked
        except DeadlineExceeded as error:
            late = GraphQLError(str(error), original_error=error)
            found = ExecutionResult(data=None, errors=[late])
        return orjson.dumps(answer(found)) if isinstance(found, ExecutionResult) else found

    # -- what Strawberry asks of us -------------------------------------------------------------------------------
    async def get_context(self, request: Any, response: Any) -> Context:  # noqa: ARG002
        return self._context_for(ANONYMOUS)  # of a socket, before it has said who it is

    def should_render_graphql_ide(self, request: Any) -> bool:  # noqa: ARG002
        return False  # answered before

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        transport = self._get_stream_transport_from_headers(request.headers)
        body = cast("ReadRequest", request).fields
        return GraphQLRequestData(
            query=body["query"],
            variables=body.get("variables"),
            operation_name=body.get("operationName"),
            extensions=body.get("extensions"),
            protocol=transport.protocol if transport else "http",
        )

    async def execute_single(  # the arguments are Strawberry's
        self,
        request: Request,  # noqa: ARG002
        request_adapter: AsyncHTTPRequestAdapter,  # noqa: ARG002
        sub_response: Response,  # noqa: ARG002
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        try:
            return await self.schema.execute(
                request_data.query,
                variable_values=request_data.variables,
                context_value=context,
                root_value=root_value,
                operation_name=request_data.operation_name,
                operation_extensions=request_data.extensions,
                allowed_operation_types={OperationType.QUERY, OperationType.MUTATION},
            )
        except InvalidOperationTypeError:
            raise Refused(400, BAD_REQUEST, "A subscription needs Accept: text/event-stream, or a socket.") from None
        except CannotGetOperationTypeError as error:
            raise Refused(400, BAD_REQUEST, error.as_http_error_reason()) from None
        except MissingQueryError:
            raise Refused(400, BAD_REQUEST, "`query` must not be empty.") from None

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:  # noqa: ARG002
        return answer(result)

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,  # noqa: ARG002
        headers: Mapping[str, str],
    ) -> Response:
        return EventStream(stream(), request.state.listener, self.listeners.draining, headers)

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()

    async def identify_socket(self, payload: Mapping[str, Any]) -> Identity:
        """Who the `connection_init` says it is. Raises BadCredentials."""
        authorization = payload.get("Authorization", payload.get("authorization"))
        if authorization is None:
            return NOBODY
        if not isinstance(authorization, str):
            raise BadCredentials
        return await self.authenticator.identify(authorization)


class Straight:
    """Operations by POST go straight to their endpoint, past the router: they are most of what is asked."""

    def __init__(self, app: ASGIApp, endpoint: ASGIApp) -> None:
        self._app, self._endpoint = app, endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_operation = scope["type"] == "http" and scope["path"] == "/graphql" and scope["method"] == "POST"
        await (self._endpoint if is_operation else self._app)(scope, receive, send)


class JSONBytes:
    """A response whose body is JSON already."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        length = str(len(self._body)).encode()
        headers = [(b"content-length", length), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})


PAGE_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
}
