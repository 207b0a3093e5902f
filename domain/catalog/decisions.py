"""What may be sent: plain values in, plain values out."""

from datetime import datetime


def is_released(available_from: datetime | None, now: datetime) -> bool:
    """Whether units of a variant may leave: one that is preordered waits for its day, however many there are."""
    return available_from is None or available_from <= now
