"""How much may wait, until when, and who is served first: plain values in, plain values out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# Who is served first: columns of a backorder, the key last, so that nobody shares a place. Another order is served
# by naming other columns here, such as ("created_at", "id") for whoever bought first.
SERVED_FIRST = ("promised_at", "id")
# What is promised where nobody knows of an arrival.
PROMISED_WITHIN = timedelta(days=14)


@dataclass(frozen=True)
class Arrival:
    """Units that a supplier confirmed, and when they should come."""

    expected_at: datetime
    units: int


def promise(units: int, waiting: int, arrivals: Sequence[Arrival], now: datetime) -> datetime:
    """When units will be there that wait behind `waiting` others: with the first arrival that covers all of them.

    An arrival that is late is promised for now; where none covers them, it is two weeks from now.
    """
    left = units + waiting
    for arrival in sorted(arrivals, key=lambda each: each.expected_at):
        left -= arrival.units
        if left <= 0:
            return max(arrival.expected_at, now)
    return now + PROMISED_WITHIN


def may_wait(limit: int | None, waiting: int) -> int | None:
    """Units that may still be sold without stock, where `waiting` are already; None for any number."""
    return None if limit is None else max(limit - waiting, 0)


def share(units: int, ahead: int, to_hand_out: int) -> int:
    """How many of `units` that wait are due: of what there is to hand out, those `ahead` are served first."""
    return max(min(units, to_hand_out - ahead), 0)


def served(waiting: Sequence[int], to_hand_out: int) -> int:
    """How many of these that wait, first in the line first, are due anything of what there is to hand out."""
    ahead = 0
    for n, units in enumerate(waiting):
        if not share(units, ahead, to_hand_out):
            return n
        ahead += units
    return len(waiting)
