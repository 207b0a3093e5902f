"""Who may see imports, and which of them are left."""

from datetime import datetime, timedelta

from tortoise.expressions import Q

from domain.imports.lifecycle import ImportStatus
from domain.imports.models import ImportRow
from domain.kernel.actor import Permission, Scope
from domain.kernel.visibility import of_staff

# A batch, which is told of when it is over, takes seconds; a statement of it may wait for a minute.
SILENT_FOR = timedelta(minutes=10)


def visible_imports(scope: Scope) -> Q:
    """Imports are for staff who may read orders."""
    return of_staff(scope, Permission.READ_ORDERS)


def left_imports(now: datetime) -> Q:
    """Those that run as far as anybody knows, and of which nothing was heard for ten minutes."""
    return Q(status=ImportStatus.RUNNING, heard_of_at__lte=now - SILENT_FOR)


async def is_any_left(now: datetime) -> bool:
    """Whether there is one of them."""
    return await ImportRow.filter(left_imports(now)).exists()
