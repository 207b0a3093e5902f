"""Who may see orders and what belongs to them, and how far their units are."""

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.visibility import of_order, of_staff


def visible_orders(scope: Scope) -> Q:
    """Orders: all for staff, their own for customers."""
    return of_order(scope)


def visible_parts(scope: Scope) -> Q:
    """Lines, requirements, charges and addresses: with their order."""
    return of_order(scope, "order")


def visible_holds(scope: Scope) -> Q:
    """Holds and their reasons are for staff."""
    return of_staff(scope, Permission.READ_ORDERS)
