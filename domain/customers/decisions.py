"""How customers are recognised."""

from email_validator import EmailNotValidError, validate_email

from domain.kernel.errors import InvalidInput, Path


def normal_email(text: str, *, path: Path = ()) -> str:
    """The one way in which an e-mail address is stored and looked up: composed, in Unicode, lower case.

    Raises InvalidInput when it is none (RFC 5321 and 6531; whether mail arrives there is not tried).
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as fault:
        raise InvalidInput(f"That is no e-mail address: {fault}", path=path) from fault
    return found.normalized.lower()
