"""Who may see stock, what can be promised of it, and its ledger from one end to the other."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.visibility import of_staff
from domain.stock.decisions import COUNTERS, Counters
from domain.stock.models import StockLevelRow, StockMovementRow

PAGE_ROWS = 1000


def visible_stock(scope: Scope) -> Q:
    """Levels and movements are for staff who may read stock."""
    return of_staff(scope, Permission.READ_STOCK)


def atp(level: StockLevelRow) -> int:
    """Units of the level that may still be promised; negative when facts took more than was free."""
    return counters_of(level).atp


def counters_of(level: StockLevelRow) -> Counters:
    """The counters of the level, as a value."""
    return Counters(**{name: getattr(level, name) for name in COUNTERS})


async def ledger_pages(where: Q, until: datetime) -> AsyncIterator[Sequence[StockMovementRow]]:
    """The movements up to that moment that fulfil the condition, the oldest first: their number costs no memory.

    Each page is a statement of its own behind the last row of the one before: no transaction lasts. What was committed
    when it began is all there, for a movement never changes.
    """
    behind = Q()
    ordered = StockMovementRow.filter(where, occurred_at__lte=until).order_by("occurred_at", "id").limit(PAGE_ROWS)
    while page := await ordered.filter(behind):
        yield page
        if len(page) < PAGE_ROWS:
            return
        at, key = page[-1].occurred_at, page[-1].id
        # Said twice, for an OR alone finds no place in an index.
        behind = Q(Q(occurred_at__gt=at) | Q(id__gt=key), occurred_at__gte=at)
