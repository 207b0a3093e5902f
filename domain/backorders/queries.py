"""Who may see what is waited for."""

from tortoise.expressions import Q

from domain.kernel.actor import Scope
from domain.kernel.visibility import of_order


def visible_backorders(scope: Scope) -> Q:
    """Backorders: all for staff, those of their own orders for customers."""
    return of_order(scope, "order")
