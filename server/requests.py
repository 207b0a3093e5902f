"""GraphQL requests by POST: their body, read within its bounds, and what must be in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from server.answers import BAD_REQUEST, LIMIT, Refused
from server.bodies import CLOSE

JSON_TYPES = frozenset({"application/json", "application/json;charset=utf-8", 'application/json;charset="utf-8"'})
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "query": (str,),
    "variables": (dict, type(None)),
    "operationName": (str, type(None)),
    "extensions": (dict, type(None)),
}


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of a request that decide how it is answered."""

    content_type: str = ""
    content_length: str = ""
    accept: str = ""
    authorization: str | None = None

    @classmethod
    def of(cls, scope: Scope) -> "Headers":
        found: dict[str, str] = {}
        for name, value in scope["headers"]:
            if (known := _HEADERS.get(name)) is not None and known not in found:
                found[known] = value.decode("latin-1")
        return cls(**found)

    @property
    def takes_json(self) -> bool:
        """Whether plain JSON is what is wanted: not a stream of events or parts."""
        return not self.takes_events and "multipart/" not in self.accept

    @property
    def takes_events(self) -> bool:
        """Whether server-sent events are wanted."""
        return "text/event-stream" in self.accept


_HEADERS = {
    b"content-type": "content_type",
    b"content-length": "content_length",
    b"accept": "accept",
    b"authorization": "authorization",
}


async def fields_of(headers: Headers, receive: Receive, longest: int) -> dict[str, Any]:
    """The fields of a request. Raises Refused for what is none, ClientDisconnect when the client goes meanwhile."""
    try:
        parsed = orjson.loads(await _body(headers, receive, longest))
    except orjson.JSONDecodeError:
        raise Refused(400, BAD_REQUEST, "The body is not JSON in UTF-8.") from None
    if isinstance(parsed, list):
        raise Refused(400, BAD_REQUEST, "One operation at a time: batches are not served.")
    if not isinstance(parsed, dict):
        raise Refused(400, BAD_REQUEST, "The body must be a JSON object with a `query`.")
    if wrong := wrong_field(parsed):
        raise Refused(400, BAD_REQUEST, wrong)
    fields: dict[str, Any] = parsed
    return fields


async def _body(headers: Headers, receive: Receive, longest: int) -> bytes:
    """The body, read no further than it may be long."""
    content_type = headers.content_type
    if content_type != "application/json" and content_type.lower().replace(" ", "") not in JSON_TYPES:
        raise Refused(415, BAD_REQUEST, "Send operations as application/json.")
    if headers.content_length.isdecimal() and int(headers.content_length) > longest:
        raise _too_long(longest)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > longest:
            raise _too_long(longest)
        if not message.get("more_body", False):
            return bytes(body)


def _too_long(longest: int) -> Refused:
    return Refused(413, LIMIT, f"The body is longer than {longest} bytes.", CLOSE)


def wrong_field(request: Mapping[str, Any]) -> str | None:
    """What is wrong with the fields of a request, by HTTP or by socket; None when nothing is."""
    if not isinstance(request.get("query"), str):
        return "`query` must be a text."
    for name, types in _FIELDS.items():
        if name in request and not isinstance(request[name], types):
            return f"`{name}` is of the wrong type."
    return None
