"""Who may see customers."""

from tortoise.expressions import Q

from domain.kernel.actor import ActorKind, Permission, Scope
from domain.kernel.visibility import EVERYTHING, NOTHING


def visible_customers(scope: Scope) -> Q:
    """Customers: all for staff who may read orders, themselves for customers."""
    if not scope.may(Permission.READ_ORDERS):
        return NOTHING
    if scope.sees_everything:
        return EVERYTHING
    return Q(id=scope.customer_id) if scope.actor_kind is ActorKind.CUSTOMER else NOTHING
