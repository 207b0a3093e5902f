"""One line per request or operation. No variables, no personal data, no secrets."""

import re
import time
from collections.abc import Iterator

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from domain.kernel.actor import Actor
from server.answers import code_of

LONGEST_NAME = 60
QUIET_PATHS = ("/healthz", "/readyz", "/metrics", "/graphiql/", "/track/assets/")
OPERATIONS = ("/graphql", "/graphql/stream")

log = structlog.get_logger("waybill")
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*", re.ASCII)


class RequestLog:
    """One line per HTTP request that did not become an operation: those have a line of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(QUIET_PATHS):
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            if status != 200 or scope["path"] not in OPERATIONS:
                # Not the query string: people put the strangest secrets there.
                path = scope["path"][:LONGEST_NAME]
                log.info("request.served", method=scope["method"], path=path, status=status, ms=_ms(started))


class OperationLog(SchemaExtension):
    """One line per operation: its name and kind, how long it took, how it ended, and what sort of party asked."""

    def on_operation(self) -> Iterator[None]:
        started, status = time.perf_counter(), "OK"
        try:
            yield
        except GeneratorExit:
            status = "ENDED"
            raise
        except BaseException as error:
            status = code_of(error)
            raise
        finally:
            self._line(started, status)

    def _line(self, started: float, status: str) -> None:
        context = self.execution_context
        errors = context.pre_execution_errors or (context.result.errors if context.result else None)
        if errors and status == "OK":
            status = code_of(errors[0])
        actor = getattr(context.context, "actor", None)
        log_operation(_safe_name(context.operation_name), _kind(context), status, started, actor)


def log_operation(name: str | None, kind: str | None, status: str, started: float, actor: Actor | None) -> None:
    """The line of one operation, whose name was checked; `started` is what `time.perf_counter` said then."""
    log.info(
        "operation.served",
        operation=name,
        kind=kind,
        status=status,
        ms=_ms(started),
        actor=actor.scope.actor_kind.value if actor else None,
    )


def _kind(context: ExecutionContext) -> str | None:
    """Query, mutation or subscription; None of a document that was not understood."""
    try:
        return context.operation_type.value
    except RuntimeError:
        return None


def _safe_name(name: str | None) -> str | None:
    """The operation's name, if it is one: what is sent as such could be any text."""
    return name[:LONGEST_NAME] if name and _NAME.fullmatch(name) else None


def _ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
