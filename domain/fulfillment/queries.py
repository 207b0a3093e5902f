"""Who may see the work of locations."""

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.visibility import of_staff


def visible_work(scope: Scope) -> Q:
    """Fulfillment orders and their lines: who does the work, and where, is for staff."""
    return of_staff(scope, Permission.READ_ORDERS)
