"""What Lantern & Leaf has on sale: `products.json`, read into requests for the domain."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from domain.catalog.models import VariantKind
from domain.flows.keep_catalog import CreateProduct, NewPrice, NewVariant
from domain.kernel.money import parse_minor
from examples.shop.places import CHANNELS

_CURRENCIES = {channel.code: channel.currency for channel in CHANNELS}
_FOOD = ("coffee", "tea")
_MEASURES = ("weight_grams", "length_mm", "width_mm", "height_mm")


@dataclass(frozen=True)
class Offer:
    """A sellable unit: its prices by channel in minor units, and how many units each location opens with."""

    sku: str
    title: str
    family: str
    kind: VariantKind
    prices: dict[str, int]
    stock: dict[str, int]

    @property
    def is_food(self) -> bool:
        """Whether the lower rate of tax is on it."""
        return self.family in _FOOD


@cache
def products() -> tuple[CreateProduct, ...]:
    """Every product with its variants, as the shop enters them."""
    return tuple(
        CreateProduct(
            handle=product["handle"],
            title=product["title"],
            description=product["description"],
            variants=tuple(_variant(variant) for variant in product["variants"]),
        )
        for product in _file()
    )


@cache
def offers() -> tuple[Offer, ...]:
    """Every sellable unit."""
    return tuple(
        Offer(
            sku=variant["sku"],
            title=variant["title"],
            family=product["family"],
            kind=VariantKind(variant.get("kind", VariantKind.PHYSICAL)),
            prices=_prices(variant),
            stock=variant.get("stock", {}),
        )
        for product in _file()
        for variant in product["variants"]
    )


@cache
def _file() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(files("examples.shop").joinpath("products.json").read_text("utf-8"))
    return found


def _prices(variant: dict[str, Any]) -> dict[str, int]:
    return {channel: parse_minor(price, _CURRENCIES[channel]) for channel, price in variant["prices"].items()}


def _variant(variant: dict[str, Any]) -> NewVariant:
    return NewVariant(
        sku=variant["sku"],
        title=variant["title"],
        kind=VariantKind(variant.get("kind", VariantKind.PHYSICAL)),
        prices=tuple(NewPrice(channel, amount) for channel, amount in _prices(variant).items()),
        **{name: variant.get(name) for name in _MEASURES},
    )
