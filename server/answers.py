"""What a top-level error looks like: a code to switch on, and nothing of our insides."""

import asyncio
import random
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError, GraphQLSyntaxError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult

from domain.kernel.errors import DomainError
from schema.errors import TOP_LEVEL

BAD_REQUEST, LIMIT, TIMEOUT, INTERNAL = "BAD_REQUEST", "LIMIT", "TIMEOUT", "INTERNAL"
UNAUTHENTICATED = "UNAUTHENTICATED"
CANCELED = "CANCELED"
# After how many seconds whoever found no room may come back: at least, and at most.
SOON = (1, 3)

log = structlog.get_logger("waybill")
_CALLERS_FAULT = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)


class DeadlineExceeded(Exception):
    """The operation took longer than it may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This took longer than {seconds:g} seconds. A mutation may have been carried out all the same:"
            " ask again with the same idempotency key."
        )


def code_of(error: BaseException) -> str:
    """`extensions.code` for what was raised; INTERNAL when it is a bug of ours."""
    if isinstance(error, GraphQLError):
        if isinstance(code := (error.extensions or {}).get("code"), str):
            return code
        if isinstance(error, GraphQLSyntaxError) and error.message.endswith("tokens. Parsing aborted."):
            return LIMIT
        original = error.original_error
        # Before execution there is no path. Where there is a node, a value of the request could not be understood.
        if error.path is None and (error.nodes or original is None or isinstance(original, GraphQLError)):
            return BAD_REQUEST
        return INTERNAL if original is None else code_of(original)
    if isinstance(error, DomainError):
        return next((code for kind, code in TOP_LEVEL.items() if isinstance(error, kind)), BAD_REQUEST)
    if isinstance(error, DeadlineExceeded):
        return TIMEOUT
    if isinstance(error, asyncio.CancelledError):
        return CANCELED
    return BAD_REQUEST if isinstance(error, _CALLERS_FAULT) else INTERNAL


def shown(errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
    """The errors as they are sent. What is a bug of ours is logged with a reference, and only that is sent."""
    return [_shown(error) for error in errors]


def _shown(error: GraphQLError) -> dict[str, Any]:
    code = code_of(error)
    formatted: dict[str, Any] = dict(error.formatted)
    if code != INTERNAL:
        return formatted | {"extensions": {**(error.extensions or {}), "code": code}}
    reference = note_bug(error.original_error or error, path=_place(error))
    message = f"Something went wrong on our side. Reference {reference}"
    return formatted | {"message": message, "extensions": {"code": INTERNAL, "reference": reference}}


def note_bug(error: BaseException, *, path: str) -> str:
    """Log a bug of ours; the reference under which the log has it."""
    reference = secrets.token_hex(6)
    # The exception itself, not its text in a field: what it says may be personal, so only its kind and place are kept.
    log.error("bug.met", reference=reference, path=path, **_origin(error))
    return reference


def _place(error: GraphQLError) -> str:
    return ".".join(str(part) for part in error.path or ())


def _origin(error: BaseException) -> dict[str, object]:
    """Which exception, and through which lines of code. Its message may quote what callers sent: it is left out."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return {"exception": type(error).__name__, "trace": frames[-12:]}


def refused(status: int, code: str, message: str, headers: Sequence[tuple[str, str]] = ()) -> JSONResponse:
    """An HTTP answer to what is no GraphQL request: of the same shape as a GraphQL error."""
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return JSONResponse(body, status, headers=dict(headers))


class Refused(Exception):
    """A request that is not served. `come_back` is after how many seconds, at least and at most, it may be again."""

    def __init__(
        self, status: int, code: str, message: str, *headers: tuple[str, str], come_back: tuple[int, int] | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after: int | None = None
        if come_back is not None:
            # Not the same for all, so that they do not come back at once.
            self.retry_after = random.randint(*come_back)
            headers += (("Retry-After", str(self.retry_after)),)
        self.response = refused(status, code, message, headers)


async def refuse(_request: Request, refusal: Exception) -> Response:
    """How the application answers where a Refused is raised."""
    assert isinstance(refusal, Refused)
    return refusal.response


def answer(result: ExecutionResult | CoreResult) -> GraphQLHTTPResponse:
    """The result as it is sent."""
    answered: GraphQLHTTPResponse = {"data": result.data}
    if result.errors:
        answered["errors"] = [*shown(result.errors)]
    if result.extensions:
        answered["extensions"] = result.extensions
    return answered
