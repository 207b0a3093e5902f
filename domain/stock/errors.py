"""What stock is refused for."""

from collections.abc import Sequence
from datetime import datetime

from domain.kernel.errors import DomainError, Path


class InsufficientStock(DomainError):
    """Fewer units can be promised than were asked for."""

    code = "INSUFFICIENT_STOCK"

    def __init__(self, sku: str, requested: int, available: int, *, path: Path = ()) -> None:
        super().__init__(f"Only {available} of {requested} units of {sku} are available.", path=path)
        self.sku, self.requested, self.available = sku, requested, available


class StaleStock(DomainError):
    """The counter is not what the caller expected: look again, then decide again."""

    code = "STALE_STOCK"

    def __init__(self, sku: str, expected: int, actual: int, *, path: Path = ()) -> None:
        super().__init__(f"{sku} has {actual} units on hand, not {expected}. Look again before you set it.", path=path)
        self.sku, self.expected, self.actual = sku, expected, actual


class NotSetAside(DomainError):
    """Fewer units are damaged, or in quarantine, than were to leave that state."""

    code = "NOT_SET_ASIDE"

    def __init__(self, sku: str, requested: int, state: str, there: int, *, path: Path = ()) -> None:
        super().__init__(f"{there} units of {sku} are {state}, not {requested}.", path=path)
        self.sku, self.requested, self.state, self.there = sku, requested, state, there


class StaleSnapshot(DomainError):
    """The location's stock was told as of a later moment already."""

    code = "STALE_SNAPSHOT"

    def __init__(self, as_of: datetime, latest: datetime, *, path: Path = ()) -> None:
        super().__init__("A snapshot of a later moment has been applied there already.", path=path)
        self.as_of, self.latest = as_of, latest


class SerialNumbersKnown(DomainError):
    """A serial number names one unit, and these name others already."""

    code = "SERIAL_NUMBERS_KNOWN"

    def __init__(self, sku: str, numbers: Sequence[str], *, path: Path = ()) -> None:
        shown = ", ".join(numbers[:5]) + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
        super().__init__(f"Units of {sku} with these numbers are known already: {shown}.", path=path)
        self.sku, self.numbers = sku, list(numbers)
