"""Who may see what is on sale, and what is on sale at which price."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from domain.catalog.models import BackorderPolicy, VariantKind
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


def visible_components(scope: Scope) -> Q:
    """Components: with the bundle or kit that they are parts of."""
    return _on_sale(scope, Q(whole__is_active=True, whole__product__is_active=True))


def visible_substitutes(scope: Scope) -> Q:
    """Substitutes: with the variant in whose place they may be sent."""
    return _on_sale(scope, Q(variant__is_active=True, variant__product__is_active=True))


def _on_sale(scope: Scope, active: Q) -> Q:
    if not scope.may(Permission.READ_CATALOG):
        return NOTHING
    return EVERYTHING if scope.sees_everything else active


@dataclass(frozen=True)
class Offer:
    """A variant on sale, and what a unit of it costs in each channel, in minor units.

    With the parts of a bundle, in their order, and what may be sent in its place, the first to be tried first.
    """

    variant_id: UUID
    sku: str
    title: str
    kind: VariantKind
    is_stock_tracked: bool
    backorder_policy: BackorderPolicy
    available_from: datetime | None
    prices: dict[UUID, int] = field(default_factory=dict)
    parts: list["Part"] = field(default_factory=list)
    substitutes: list["Offer"] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """What a bundle consists of, and how many units of it; it need not be on sale alone."""

    offer: Offer
    units: int


_VARIANT = "{v}.id, {v}.sku, {v}.title, {v}.kind, {v}.is_stock_tracked, {v}.backorder_policy, {v}.available_from"
_OFFERS = f"""
    SELECT {_VARIANT.format(v="v")}, p.channel_id, p.amount_minor,
        NULL AS relation, NULL AS whole, CAST(NULL AS int) AS place, CAST(NULL AS int) AS units
    FROM variants v LEFT JOIN prices p ON p.variant_id = v.id
        AND p.channel_id IN (SELECT id FROM channels WHERE code {{1}})
    WHERE v.sku {{0}} AND v.is_active
    UNION ALL
    SELECT {_VARIANT.format(v="part")}, NULL, NULL, 'PART', whole.sku, c.position, c.units
    FROM variants whole JOIN components c ON c.whole_id = whole.id JOIN variants part ON part.id = c.part_id
    WHERE whole.sku {{0}} AND whole.composition = 'BUNDLE'
"""
# Of what was bought and of the parts of bundles that were.
_SUBSTITUTES = f"""
    UNION ALL
    SELECT {_VARIANT.format(v="other")}, NULL, NULL, 'SUBSTITUTE', wanted.sku, s.position, NULL
    FROM (SELECT id, sku FROM variants WHERE sku {{2}}
          UNION SELECT part.id, part.sku FROM variants whole JOIN components c ON c.whole_id = whole.id
              JOIN variants part ON part.id = c.part_id WHERE whole.sku {{2}} AND whole.composition = 'BUNDLE') wanted
    JOIN substitutes s ON s.variant_id = wanted.id JOIN variants other ON other.id = s.substitute_id
    WHERE other.is_active AND other.is_stock_tracked
"""


def offers(
    skus: Collection[str], channels: Collection[str], replaceable: Collection[str] = ()
) -> LookUp[dict[str, Offer]]:
    """What is on sale of these SKUs, with its prices in the channels of these codes; a bundle with its parts.

    Of the replaceable ones, also what may be sent in their place.
    """
    if replaceable:
        return LookUp(_OFFERS + _SUBSTITUTES, (skus, channels, replaceable), _offers)
    return LookUp(_OFFERS, (skus, channels), _offers)


@dataclass(frozen=True)
class Content:
    """Units of a SKU that a unit of a variant is sent as: one of itself, unless it is a bundle."""

    id: UUID
    sku: str
    units: int
    is_stock_tracked: bool
    available_from: datetime | None


async def contents_of(skus: Collection[str]) -> dict[str, list[Content]]:
    """What the variants on sale of these SKUs are sent as."""
    found: dict[str, list[Content]] = {}
    for row in await look_up(
        "SELECT v.sku AS whole, coalesce(part.id, v.id) AS id, coalesce(part.sku, v.sku) AS sku,"
        " coalesce(c.units, 1) AS units, coalesce(part.is_stock_tracked, v.is_stock_tracked) AS is_counted,"
        " CASE WHEN part.id IS NULL THEN v.available_from ELSE part.available_from END AS available_from"
        " FROM variants v LEFT JOIN components c ON c.whole_id = v.id AND v.composition = 'BUNDLE'"
        " LEFT JOIN variants part ON part.id = c.part_id WHERE v.sku {0} AND v.is_active ORDER BY v.sku, c.position",
        skus,
    ):
        since = _moment(row["available_from"])
        content = Content(row["id"], row["sku"], row["units"], bool(row["is_counted"]), since)
        found.setdefault(row["whole"], []).append(content)
    return found


def _offers(rows: list[Found]) -> dict[str, Offer]:
    found: dict[str, Offer] = {}
    related = [row for row in rows if row["relation"] is not None]
    for row in rows:
        if row["relation"] is None:
            offer = found.setdefault(row["sku"], _offer(row))
            if row["channel_id"] is not None:
                offer.prices[row["channel_id"]] = row["amount_minor"]
    parts: dict[str, Offer] = {}
    related.sort(key=lambda row: (row["relation"], row["place"]))  # parts first, for they have substitutes too
    for row in related:
        other = found.get(row["sku"]) or parts.setdefault(row["sku"], _offer(row))
        if row["relation"] == "PART":
            if whole := found.get(row["whole"]):
                whole.parts.append(Part(other, row["units"]))
        elif wanted := found.get(row["whole"]) or parts.get(row["whole"]):
            wanted.substitutes.append(other)
    return found


def _offer(row: Mapping[str, Any]) -> Offer:
    return Offer(
        row["id"],
        row["sku"],
        row["title"],
        VariantKind(row["kind"]),
        bool(row["is_stock_tracked"]),
        BackorderPolicy(row["backorder_policy"]),
        _moment(row["available_from"]),
    )


def _moment(told: Any) -> datetime | None:
    """SQLite, and JSON, give times as texts."""
    return datetime.fromisoformat(told) if isinstance(told, str) else told
