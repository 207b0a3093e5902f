"""What stock is refused for."""

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
