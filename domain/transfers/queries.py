"""Who may see transfers."""

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.visibility import of_staff


def visible_transfers(scope: Scope) -> Q:
    """Transfers and their lines are for staff who may read stock."""
    return of_staff(scope, Permission.READ_STOCK)
