"""Cursors of streams: which stream, and how far it was read. Opaque to clients, and bound to their stream."""

import binascii
from base64 import urlsafe_b64decode
from enum import IntEnum
from struct import Struct
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
_LAYOUT = Struct(">BB16sQ")  # version, kind, the order or other thing (zeros for a feed), the place
_FEED = UUID(int=0)
_URLSAFE = bytes.maketrans(b"+/", b"-_")


def event_cursor(order_id: UUID, version: int) -> Cursor:
    """The place behind the event that made `version`: what `Order.eventCursor` gives, and `orderEvents` takes."""
    return stream_cursor(StreamKind.ORDER, order_id, version)


def stream_cursor(kind: StreamKind, order_id: UUID | None, place: int) -> Cursor:
    """A cursor for this place of this stream; no order for a feed."""
    packed = _LAYOUT.pack(_VERSION, kind, (order_id or _FEED).bytes, place)
    # As urlsafe_b64encode does, in half the time: each event of each watched order has one.
    return Cursor(binascii.b2a_base64(packed, newline=False).translate(_URLSAFE, b"=").decode())


def place_in(kind: StreamKind, order_id: UUID | None, cursor: str) -> int | None:
    """The place that the cursor means in this stream; None when it was not made for it, whatever it is."""
    try:
        packed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (ValueError, binascii.Error):
        return None
    if len(packed) != _LAYOUT.size:
        return None
    version, made_for, order, place = _LAYOUT.unpack(packed)
    if (version, made_for, order) != (_VERSION, kind, (order_id or _FEED).bytes):
        return None
    return int(place)
