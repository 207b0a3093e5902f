"""Who may see sales channels."""

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.visibility import EVERYTHING, NOTHING


def visible_channels(scope: Scope) -> Q:
    """Channels: all, for whoever may read the catalog. Customers order in them, and see where they did."""
    return EVERYTHING if scope.may(Permission.READ_CATALOG) else NOTHING
