"""Who may see what, as conditions over columns: the pieces that every concept's `visible(scope)` is made of."""

from typing import Any

from tortoise.expressions import Q

from domain.kernel.actor import ActorKind, Permission, Scope

EVERYTHING = Q()
NOTHING = Q(id__isnull=True)


def of_order(scope: Scope, parent: str | None = None) -> Q:
    """Rows of orders that the scope may see; `parent` is the foreign key to the order, none on the order itself.

    Staff see all orders, customers their own. A tracking link sees its order through the tracking view alone.
    """
    if not scope.may(Permission.READ_ORDERS):
        return NOTHING
    if scope.sees_everything:
        return EVERYTHING
    path = f"{parent}__customer_id" if parent else "customer_id"
    own: dict[str, Any] = {path: scope.customer_id}
    return Q(**own) if scope.actor_kind is ActorKind.CUSTOMER else NOTHING


def of_staff(scope: Scope, permission: Permission) -> Q:
    """Rows that only members of staff with the permission may see."""
    return EVERYTHING if scope.sees_everything and scope.may(permission) else NOTHING
