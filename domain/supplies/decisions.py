"""What follows from units that arrive, or will not: plain values in, plain values out."""

from domain.kernel.errors import InvalidInput, Path

MOST_LINES = 100
MOST_UNITS = 1_000_000


def arrived(expected: int, units: int) -> int:
    """How many of the units that are expected came with these; the others are a surplus, which is a fact too."""
    return min(expected, units)


def checked_units(units: int, *, least: int = 1, path: Path) -> int:
    """The same units; raises InvalidInput when they are fewer than `least`, or more than 1,000,000."""
    if not least <= units <= MOST_UNITS:
        raise InvalidInput(f"A quantity is a whole number from {least} to {MOST_UNITS:,}, not {units}.", path=path)
    return units


def checked_count(lines: int) -> int:
    """The same number of lines; raises InvalidInput when a request has none, or too many."""
    if not 1 <= lines <= MOST_LINES:
        raise InvalidInput(f"Name 1 to {MOST_LINES} lines.", path=("lines",))
    return lines
