"""Who may see the places that hold and ship stock."""

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.visibility import EVERYTHING, NOTHING


def visible_locations(scope: Scope) -> Q:
    """Locations are for staff who may read stock or orders."""
    may_read = scope.may(Permission.READ_STOCK) or scope.may(Permission.READ_ORDERS)
    return EVERYTHING if scope.sees_everything and may_read else NOTHING
