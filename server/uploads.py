"""`POST /uploads?filename=…`: a file that mutations work on, kept for a week for whoever sent it."""

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from domain.flows.keep_upload import MOST_BYTES, KeepUpload, keep_upload
from domain.kernel.errors import DomainError, PermissionDenied, Unauthenticated
from domain.kernel.ids import global_id
from domain.kernel.runner import Runner
from server.answers import BAD_REQUEST, LIMIT, TIMEOUT, code_of, refused
from server.auth import Authenticator

LONGEST_SECONDS = 120.0
MEDIA_TYPES = frozenset({"text/csv", "application/csv", "text/plain", "application/octet-stream"})
_STATUS = {Unauthenticated: 401, PermissionDenied: 403}


class Uploads:
    """Takes a file as the body of a request, and answers with its id: 201 and `{"id": "upload_…", "size": …}`."""

    def __init__(self, runner: Runner, authenticator: Authenticator) -> None:
        self._runner, self._authenticator = runner, authenticator

    async def __call__(self, request: Request) -> Response:
        identity = await self._authenticator.identify(request.headers.get("authorization"))
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in MEDIA_TYPES:
            # No form of a foreign page can send this one.
            return refused(415, BAD_REQUEST, "Send the file itself as the body, as text/csv.")
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                content = await _body(request)
        except TimeoutError:
            return refused(408, TIMEOUT, f"The file did not arrive within {LONGEST_SECONDS:g} seconds.")
        except ClientDisconnect:
            return Response(status_code=400)
        if content is None:
            message = f"A file has at most {MOST_BYTES:,} bytes. Split it."
            return refused(413, LIMIT, message, [("Connection", "close")])
        try:
            asked = KeepUpload(request.query_params.get("filename", ""), media_type, content)
            kept = await self._runner.run(keep_upload, identity.actor, asked)
        except DomainError as refusal:
            return refused(_STATUS.get(type(refusal), 400), code_of(refusal), refusal.message)
        return JSONResponse({"id": global_id("upload", kept.value), "size": len(content)}, 201)


async def _body(request: Request) -> bytes | None:
    """The body, read no further than it may be long; None when it is longer."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MOST_BYTES:
        return None
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)
