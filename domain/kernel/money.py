"""Money: whole minor units of an ISO 4217 currency. Nothing here ever rounds a sum away."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.kernel.currencies import EXPONENTS
from domain.kernel.errors import InvalidInput, Path

LARGEST_MINOR = 10**15
_AMOUNT = re.compile(r"(-?)(0|[1-9]\d{0,15})(?:\.(\d{1,4}))?", re.ASCII)


def exponent(currency: str, *, path: Path = ()) -> int:
    """How many digits the minor unit has: 2 for EUR, 0 for JPY, 3 for BHD.

    Raises InvalidInput when it is no active ISO 4217 code.
    """
    if currency not in EXPONENTS:
        raise InvalidInput(f'"{currency}" is not an ISO 4217 currency code such as EUR.', path=path)
    return EXPONENTS[currency]


def format_minor(amount_minor: int, currency: str) -> str:
    """The amount with exactly the currency's digits: 1234 EUR is "12.34", 1234 JPY is "1234"."""
    digits = EXPONENTS[currency]
    text = str(abs(amount_minor)).rjust(digits + 1, "0")
    sign = "-" if amount_minor < 0 else ""
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


def parse_minor(amount: str, currency: str, *, path: Path = ()) -> int:
    """Minor units from a decimal text; "12.5 EUR" is 1250.

    Raises InvalidInput when it is no plain decimal, has more digits than the currency, or is beyond ±10^15 minor units.
    """
    digits = exponent(currency, path=path)
    found = _AMOUNT.fullmatch(amount)
    if not found:
        raise InvalidInput(f'"{amount[:40]}" is not an amount. Write it as a plain decimal such as "12.34".', path=path)
    sign, whole, fraction = found[1], found[2], found[3] or ""
    if len(fraction) > digits:
        raise InvalidInput(f"{currency} has {digits} decimal digits; {amount} has {len(fraction)}.", path=path)
    minor = int(whole + fraction.ljust(digits, "0"))
    if minor > LARGEST_MINOR:
        raise InvalidInput(f"{amount} {currency} is more than can be booked.", path=path)
    return -minor if sign else minor


@dataclass(frozen=True)
class Money:
    """An amount of one currency, in whole minor units."""

    amount_minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount_minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount_minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __str__(self) -> str:
        return f"{format_minor(self.amount_minor, self.currency)} {self.currency}"

    def _same(self, other: "Money") -> int:
        assert self.currency == other.currency, f"{self.currency} and {other.currency} cannot be added"
        return other.amount_minor


def split(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """`amount_minor` divided in proportion to `weights` by largest remainder (Hamilton); the parts sum to it exactly.

    Ties go to the earlier part; when all weights are 0 the first takes all. Negative amounts split like positive ones.
    """
    assert weights, "nothing to split over"
    assert all(weight >= 0 for weight in weights), "a negative weight"
    if len(weights) == 1:
        return [amount_minor]
    total = sum(weights)
    if total == 0:
        return [amount_minor] + [0] * (len(weights) - 1)
    size, sign = abs(amount_minor), -1 if amount_minor < 0 else 1
    parts = [size * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(size * weights[n] % total), n))
    for n in by_remainder[: size - sum(parts)]:
        parts[n] += 1
    return [sign * part for part in parts]


def share(remaining_minor: int, units: int, remaining_units: int) -> int:
    """What `units` take out of a line: remaining amount x units / remaining units, rounded half away from zero.

    Taken again and again until no unit remains, the shares sum to the first remaining amount, to the cent.
    """
    assert 0 <= units <= remaining_units, f"{units} of {remaining_units} units"
    if units == 0:
        return 0
    sign = -1 if remaining_minor < 0 else 1
    return sign * ((2 * abs(remaining_minor) * units + remaining_units) // (2 * remaining_units))
