"""What money is refused for."""

from domain.kernel.errors import DomainError, Path
from domain.kernel.money import Money


class AmountTooLarge(DomainError):
    """More than there is to take or to give back."""

    code = "AMOUNT_TOO_LARGE"

    def __init__(self, requested: Money, possible: Money, *, path: Path = ("amount",)) -> None:
        super().__init__(f"At most {possible} is possible here, not {requested}.", path=path)
        self.requested_amount, self.possible_amount = requested, possible
