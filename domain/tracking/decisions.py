"""What proves that the bearer of a link is the buyer: plain values in, plain values out."""

import hmac
from collections.abc import Sequence

LONGEST_PROOF = 254


def is_proof(given: str, known: Sequence[str]) -> bool:
    """Whether what is given is one of what is known of the buyer, however they write it: `sw1a 1aa` is `SW1A1AA`.

    It takes as long for a wrong one as for a right one, and all that is known is looked at.
    """
    sent = _plain(given)
    return any([hmac.compare_digest(sent, _plain(each)) for each in known]) and sent != b""  # noqa: C419 - not lazily


def _plain(text: str) -> bytes:
    """Letters and digits, and what stands in addresses of mail; no matter how they are spaced or how large they are."""
    kept = (sign for sign in text[:LONGEST_PROOF].casefold() if sign.isalnum() or sign in "@._+")
    return "".join(kept).encode("utf-8", "surrogatepass")
