"""SKUs and units as people name them who move goods about: looked up, and the lines of one SKU added up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.catalog.errors import UnknownSku
from domain.catalog.models import Composition, VariantRow
from domain.kernel.errors import InvalidInput, Path
from domain.kernel.quantities import checked_units

MOST_LINES = 100


@dataclass(frozen=True)
class SkuUnits:
    """Units of one SKU."""

    sku: str
    quantity: int


class NamesSku(Protocol):
    """A line of a request that is about one SKU."""

    @property
    def sku(self) -> str:
        """Which."""


def check_lines(lines: Sequence[NamesSku], *, at_least: int = 0) -> None:
    """Raises InvalidInput when there are too many lines, or fewer than `at_least`."""
    if not at_least <= len(lines) <= MOST_LINES:
        raise InvalidInput(f"Give {at_least} to {MOST_LINES} lines.", path=("lines",))


def added_up(lines: Sequence[SkuUnits]) -> dict[str, int]:
    """Units by SKU. Raises InvalidInput for what is no quantity."""
    units: Counter[str] = Counter()
    for n, each in enumerate(lines):
        path = ("lines", str(n), "quantity")
        units[each.sku] += checked_units(each.quantity, path=path)
        checked_units(units[each.sku], path=path)
    return dict(units)


def field_of(lines: Sequence[NamesSku], sku: str, *inside: str) -> Path:
    """The field of the input that first names the SKU."""
    return ("lines", str(next(n for n, each in enumerate(lines) if each.sku == sku)), *inside)


async def counted_variants(lines: Sequence[NamesSku]) -> Mapping[str, VariantRow]:
    """The variants by SKU, of which units are counted.

    Raises UnknownSku for one of which none are, and InvalidInput for a bundle, whose components are what is counted.
    """
    found = {row.sku: row for row in await VariantRow.filter(sku__in={each.sku for each in lines})}
    for n, each in enumerate(lines):
        path, variant = ("lines", str(n), "sku"), found.get(each.sku)
        if variant is None or not variant.is_stock_tracked:
            raise UnknownSku(each.sku, path=path)
        if variant.composition == Composition.BUNDLE:
            raise InvalidInput(f"{each.sku} is a bundle: stock is kept of its components.", path=path)
    return found
