"""Who may see payments, what happened to them, and refunds."""

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.visibility import of_order, of_staff


def visible_payments(scope: Scope) -> Q:
    """Payments and refunds: with their order."""
    return of_order(scope, "order")


def visible_transactions(scope: Scope) -> Q:
    """Transactions name who recorded them, so they are for staff."""
    return of_staff(scope, Permission.READ_ORDERS)
