"""Cursors of streams: which stream, and how far it was read. Opaque to clients, and bound to their stream."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from struct import Struct
from typing import Self
from uuid import UUID

from schema.scalars import Cursor


class StreamKind(IntEnum):
    """Which sort of stream a cursor belongs to. The numbers are in clients' hands: never given to another sort."""

    ORDER = 1
    FEED = 2
    TRACKING = 3
    STOCK = 4
    IMPORT = 5


_VERSION = 1
# Version, kind, the order or other thing (zeros for a feed); and the place. The former is 18 bytes, which Base64 writes
# as 24 characters of their own: the cursors of a stream begin alike.
_STREAM, _PLACE = Struct(">BB16s"), Struct(">Q")
_FEED = UUID(int=0)


@dataclass(frozen=True, slots=True)
class StreamCursors:
    """The cursors of one stream: each event of each watched order has one, of which only the end is its own."""

    beginning: str

    @classmethod
    def of(cls, kind: StreamKind, order_id: UUID | None) -> Self:
        """Those of this stream; no order for a feed."""
        return cls(urlsafe_b64encode(_stream(kind, order_id)).decode())

    def at(self, place: int) -> Cursor:
        """The one behind this place."""
        return Cursor(self.beginning + _end(place))


def _stream(kind: StreamKind, order_id: UUID | None) -> bytes:
    return _STREAM.pack(_VERSION, kind, (order_id or _FEED).bytes)


@lru_cache(maxsize=10_000)
def _end(place: int) -> str:
    return urlsafe_b64encode(_PLACE.pack(place)).rstrip(b"=").decode()


def event_cursor(order_id: UUID, version: int) -> Cursor:
    """The place behind the event that made `version`: what `Order.eventCursor` gives, and `orderEvents` takes."""
    return stream_cursor(StreamKind.ORDER, order_id, version)


def stream_cursor(kind: StreamKind, order_id: UUID | None, place: int) -> Cursor:
    """A cursor for this place of this stream; no order for a feed."""
    return StreamCursors.of(kind, order_id).at(place)


def place_in(kind: StreamKind, order_id: UUID | None, cursor: str) -> int | None:
    """The place that the cursor means in this stream; None when it was not made for it, whatever it is."""
    try:
        packed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (ValueError, binascii.Error):
        return None
    stream, place = packed[: _STREAM.size], packed[_STREAM.size :]
    if stream != _stream(kind, order_id) or len(place) != _PLACE.size:
        return None
    return int(_PLACE.unpack(place)[0])
