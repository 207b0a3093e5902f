"""Who may see what is on sale."""

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
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
