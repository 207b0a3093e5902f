"""Frames: an answer in the form of a transport. All but the watcher's own id is made once for everybody."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import orjson

_FINAL_TEXT = 0x81
_SHORT, _MEDIUM = 126, 65_536


class Answer(NamedTuple):
    """What one event is answered with: the body of a response, and the cursor behind it; none if it is not whole."""

    body: bytes
    cursor: str | None


@dataclass(frozen=True, eq=False)
class Encoding:
    """How answers are written on a transport: `head` makes what all share, before a tail of so many bytes."""

    head: Callable[[Answer, int], bytes]
    tail: Callable[[str], bytes]


def _frame(answer: Answer, more: int) -> bytes:
    # The id comes last, so that everything before it is the same for all whose ids are equally long.
    body = b'{"type":"next","payload":%b,"id":' % answer.body
    size = len(body) + more
    if size < _SHORT:
        return bytes((_FINAL_TEXT, size)) + body
    if size < _MEDIUM:
        return b"%c\x7e%b%b" % (_FINAL_TEXT, size.to_bytes(2, "big"), body)
    return b"%c\x7f%b%b" % (_FINAL_TEXT, size.to_bytes(8, "big"), body)


def _event(answer: Answer, _more: int) -> bytes:
    return b"event: next\ndata: %b\n\n" % answer.body


def _event_with_cursor(answer: Answer, _more: int) -> bytes:
    # Never `retry:`, which other clients of the protocol refuse.
    identity = b"id: %b\n" % answer.cursor.encode() if answer.cursor else b""
    return identity + _event(answer, 0)


def _quoted(named: str) -> bytes:
    return orjson.dumps(named) + b"}"


def _nothing(_named: str) -> bytes:
    return b""


# A whole websocket frame of graphql-transport-ws.
FRAME = Encoding(_frame, _quoted)
# Server-sent events: of graphql-sse, and for an EventSource, which keeps the id of the last.
EVENT, EVENT_WITH_CURSOR = Encoding(_event, _nothing), Encoding(_event_with_cursor, _nothing)
