"""The ledger read from one end to the other: page by page, so that its length costs time and no memory."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from tortoise.expressions import Q

from domain.stock.models import StockMovementRow

PAGE_ROWS = 1000


async def pages(where: Q, until: datetime) -> AsyncIterator[Sequence[StockMovementRow]]:
    """The movements up to that moment that fulfil the condition, the oldest first.

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
