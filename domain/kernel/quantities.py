"""Quantities: whole units, and how many at most."""

from domain.kernel.errors import InvalidInput, Path

MOST_UNITS = 1_000_000


def checked_units(units: int, *, least: int = 1, path: Path) -> int:
    """The same units; raises InvalidInput when they are fewer than `least`, or more than 1,000,000."""
    if not least <= units <= MOST_UNITS:
        raise InvalidInput(f"A quantity is a whole number from {least} to {MOST_UNITS:,}, not {units}.", path=path)
    return units
