"""Numbers for people: of an order, and of whatever else is spoken of on the phone."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_number() -> str:
    """12 signs that cannot be mistaken for one another, 58 random bits."""
    drawn, signs = secrets.randbelow(len(ALPHABET) ** 12), ""
    for _ in range(12):
        drawn, n = divmod(drawn, len(ALPHABET))
        signs += ALPHABET[n]
    return f"{signs[:4]}-{signs[4:8]}-{signs[8:]}"
