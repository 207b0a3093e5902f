"""What the work of a location is refused for."""

from domain.kernel.errors import DomainError, Path


class NotPackable(DomainError):
    """More units than are left to pack."""

    code = "NOT_PACKABLE"

    def __init__(self, sku: str, requested: int, left: int, *, path: Path = ()) -> None:
        super().__init__(f"{left} units of {sku} are left to pack here, not {requested}.", path=path)
        self.sku, self.requested, self.left = sku, requested, left
