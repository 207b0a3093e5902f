"""Who may see what is waited for."""

from tortoise.expressions import Q

from domain.kernel.actor import Scope
from domain.kernel.visibility import of_order


def visible_backorders(scope: Scope) -> Q:
    """Backorders that still wait: all for staff, those of their own orders for customers."""
    return Q(of_order(scope, "order"), ended_at__isnull=True)
