"""What follows from units that arrive, or will not: plain values in, plain values out."""

from domain.kernel.errors import InvalidInput

MOST_LINES = 100


def arrived(expected: int, units: int) -> int:
    """How many of the units that are expected came with these; the others are a surplus, which is a fact too."""
    return min(expected, units)


def checked_count(lines: int) -> int:
    """The same number of lines; raises InvalidInput when a request has none, or too many."""
    if not 1 <= lines <= MOST_LINES:
        raise InvalidInput(f"Name 1 to {MOST_LINES} lines.", path=("lines",))
    return lines
