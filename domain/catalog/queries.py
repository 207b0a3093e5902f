"""Who may see what is on sale, and what is on sale at which price."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from tortoise.expressions import Q

from domain.catalog.models import VariantKind
from domain.kernel.actor import Permission, Scope
from domain.kernel.lookups import Found, LookUp, look_up
from domain.kernel.visibility import EVERYTHING, NOTHING


def visible_products(scope: Scope) -> Q:
    """Products: all for staff, those on sale for customers."""
    return _on_sale(scope, Q(is_active=True))


def visible_variants(scope: Scope) -> Q:
    """Variants: all for staff, those on sale of products on sale for customers."""
    return _on_sale(scope, Q(is_active=True, product__is_active=True))


def visible_prices(scope: Scope) -> Q:
    """Prices: with their variant."""
    return _on_sale(scope, Q(variant__is_active=True, variant__product__is_active=True))


def _on_sale(scope: Scope, active: Q) -> Q:
    if not scope.may(Permission.READ_CATALOG):
        return NOTHING
    return EVERYTHING if scope.sees_everything else active


@dataclass(frozen=True)
class Offer:
    """A variant on sale, and what a unit of it costs in each channel, in minor units."""

    variant_id: UUID
    sku: str
    title: str
    kind: VariantKind
    is_stock_tracked: bool
    prices: dict[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """Units of a SKU that a unit of a variant consists of: one of itself, unless it is a bundle."""

    id: UUID
    sku: str
    units: int
    is_stock_tracked: bool


async def parts_of(skus: Collection[str]) -> dict[str, list[Part]]:
    """What the variants on sale of these SKUs consist of."""
    found: dict[str, list[Part]] = {}
    for row in await look_up(
        "SELECT v.sku AS whole, coalesce(part.id, v.id) AS id, coalesce(part.sku, v.sku) AS sku,"
        " coalesce(c.units, 1) AS units, coalesce(part.is_stock_tracked, v.is_stock_tracked) AS is_counted"
        " FROM variants v LEFT JOIN components c ON c.whole_id = v.id AND v.composition = 'BUNDLE'"
        " LEFT JOIN variants part ON part.id = c.part_id WHERE v.sku {0} AND v.is_active ORDER BY v.sku, c.position",
        skus,
    ):
        part = Part(row["id"], row["sku"], row["units"], bool(row["is_counted"]))
        found.setdefault(row["whole"], []).append(part)
    return found


def offers(skus: Collection[str], channels: Collection[str]) -> LookUp[dict[str, Offer]]:
    """What is on sale of these SKUs, with its prices in the channels of these codes."""
    sql = (
        "SELECT v.id, v.sku, v.title, v.kind, v.is_stock_tracked, p.channel_id, p.amount_minor"
        " FROM variants v LEFT JOIN prices p ON p.variant_id = v.id"
        " AND p.channel_id IN (SELECT id FROM channels WHERE code {1}) WHERE v.sku {0} AND v.is_active"
    )
    return LookUp(sql, (skus, channels), _offers)


def _offers(rows: list[Found]) -> dict[str, Offer]:
    found: dict[str, Offer] = {}
    for row in rows:
        offer = found.get(row["sku"])
        if offer is None:
            kind, is_tracked = VariantKind(row["kind"]), bool(row["is_stock_tracked"])
            offer = found[row["sku"]] = Offer(row["id"], row["sku"], row["title"], kind, is_tracked)
        if row["channel_id"] is not None:
            offer.prices[row["channel_id"]] = row["amount_minor"]
    return found
