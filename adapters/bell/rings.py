"""What goes over the channel: rings as a short text."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from uuid import UUID

from domain.kernel import log

CHANNEL = "waybill_rings"

# A feed has no order: its ring bears this id, and the position of its head.
FEED, STOCK_FEED = UUID(int=0), UUID(int=1)
FEEDS: Mapping[int, UUID] = {log.FEED: FEED, log.STOCK_FEED: STOCK_FEED}

# Rings may have been lost: look at everything. Sent instead of very many rings, and by a backend that reconnected.
GAP = "*"

LARGEST_MESSAGE_BYTES = 7_900  # PostgreSQL's NOTIFY takes 8,000
MOST_MESSAGES = 20
_RINGS_IN_A_MESSAGE = LARGEST_MESSAGE_BYTES // (32 + 1 + 19 + 1)
MOST_RINGS = MOST_MESSAGES * _RINGS_IN_A_MESSAGE


def to_messages(heads: Mapping[UUID, int]) -> Iterator[str]:
    """`<32 hex digits>:<sequence>`, separated by spaces, in messages that every broker takes; a gap for very many."""
    if len(heads) > MOST_RINGS:
        yield GAP
        return
    waiting = iter(heads.items())
    while some := list(islice(waiting, _RINGS_IN_A_MESSAGE)):
        yield " ".join([f"{order_id.hex}:{sequence}" for order_id, sequence in some])


# A word of a message, and nothing that is none.
_WORD = re.compile(r"([0-9a-f]{32}):([0-9]{1,19})(?!\S)|(\S+)")


def heads_in(message: str) -> dict[str, int] | None:
    """Where the logs end that have rung, by their ids as 32 hex digits, which is how listeners are found.

    None when any log may have grown: for a gap, and for a text that we do not understand.
    """
    heads: dict[str, int] = {}
    for name, sequence, strange in _WORD.findall(message):
        if strange:
            return None
        heads[name] = int(sequence)
    return heads
