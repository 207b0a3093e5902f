"""How customers are recognised."""

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from domain.kernel.errors import InvalidInput, Path

_PLAIN = re.compile(r"([a-z0-9]+(?:[._-][a-z0-9]+)*)@([a-z0-9.-]+)", re.IGNORECASE | re.ASCII)
_LONGEST_NAME, _LONGEST = 64, 254
_KEPT_DOMAINS = 5_000


def normal_email(text: str, *, path: Path = ()) -> str:
    """The one way in which an e-mail address is stored and looked up: composed, in Unicode, lower case.

    Raises InvalidInput when it is none (RFC 5321 and 6531; whether mail arrives there is not tried).
    """
    try:
        plain = _PLAIN.fullmatch(text.strip()) if len(text) <= _LONGEST else None
        if plain and len(plain[1]) <= _LONGEST_NAME:
            return f"{plain[1].lower()}@{_normal_domain(plain[2])}"
        return _normal(text.strip())
    except EmailNotValidError as fault:
        raise InvalidInput(f"That is no e-mail address: {fault}", path=path) from fault


@lru_cache(_KEPT_DOMAINS)
def _normal_domain(domain: str) -> str:
    """Where most of the work is, and most people are at the same few."""
    return _normal(f"a@{domain}").removeprefix("a@")


def _normal(text: str) -> str:
    return validate_email(text, check_deliverability=False, test_environment=True).normalized.lower()
