"""What whoever holds a tracking link is refused for."""

from domain.kernel.errors import DomainError, Path


class ProofRefused(DomainError):
    """The bearer of the link does not know what the buyer would know."""

    code = "PROOF_REFUSED"

    def __init__(self, *, path: Path = ("proof",)) -> None:
        super().__init__(
            "This is neither the postal code that the order goes to nor the e-mail address that it was bought with.",
            path=path,
        )


class TooManyAttempts(DomainError):
    """It was tried too often within the hour, rightly or wrongly: nothing was looked at."""

    code = "TOO_MANY_ATTEMPTS"
    retryable = True

    def __init__(self) -> None:
        super().__init__("This was tried too often. Please try again in an hour.")
