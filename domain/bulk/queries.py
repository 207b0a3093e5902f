"""Who may see bulk runs."""

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.visibility import of_staff


def visible_bulk_runs(scope: Scope) -> Q:
    """Runs and their rows are for staff who may read stock."""
    return of_staff(scope, Permission.READ_STOCK)
