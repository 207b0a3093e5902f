"""Frames: an answer in the form of a transport. All but the watcher's own id is made once for everybody."""

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

import orjson

_FINAL_TEXT = 0x81
_SHORT, _MEDIUM = 126, 65_536
_MEDIUM_HEAD, _LONG_HEAD = Struct(">BBH").pack, Struct(">BBQ").pack
_BEFORE, _BEHIND = b'{"type":"next","payload":', b',"id":'


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
    size = len(_BEFORE) + len(answer.body) + len(_BEHIND) + more
    if size < _SHORT:
        head = bytes((_FINAL_TEXT, size))
    elif size < _MEDIUM:
        head = _MEDIUM_HEAD(_FINAL_TEXT, _SHORT, size)
    else:
        head = _LONG_HEAD(_FINAL_TEXT, _SHORT + 1, size)
    return b"".join((head, _BEFORE, answer.body, _BEHIND))


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
