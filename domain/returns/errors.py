"""What a return is refused for."""

from domain.kernel.errors import DomainError, Path


class NotReturnable(DomainError):
    """More units than can come back: what shipped, less what came back or is on its way back."""

    code = "NOT_RETURNABLE"

    def __init__(self, sku: str, requested: int, returnable: int, *, path: Path = ()) -> None:
        super().__init__(f"{returnable} units of {sku} can be returned, not {requested}.", path=path)
        self.sku, self.requested, self.returnable = sku, requested, returnable
