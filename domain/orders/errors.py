"""What an order is refused for."""

from domain.kernel.errors import DomainError, Path


class ExternalReferenceTaken(DomainError):
    """The channel already gave us an order by that name."""

    code = "EXTERNAL_REFERENCE_TAKEN"

    def __init__(self, channel: str, reference: str) -> None:
        super().__init__(
            f'The channel {channel} already has an order "{reference}". Load that order, or use another reference.',
            path=("externalReference",),
        )
        self.channel, self.reference = channel, reference


class WrongCurrency(DomainError):
    """An amount is in another currency than the one asked for."""

    code = "WRONG_CURRENCY"

    def __init__(self, expected: str, given: str, *, path: Path = ()) -> None:
        super().__init__(f"Amounts here are in {expected}, not in {given}.", path=path)
        self.expected_currency, self.given_currency = expected, given
