"""Checking that stock adds up: every counter against its ledger and against the documents that hold its units."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.catalog.errors import UnknownSku
from domain.flows.stock_witnesses import Difference, disagreeing, disagreeing_requirements
from domain.kernel.actor import Actor, Permission
from domain.kernel.database import database_now, snapshot
from domain.kernel.errors import InvalidInput
from domain.stock.models import StockLevelRow

MOST_LEVELS = 10_000
MOST_DIFFERENCES = 100


@dataclass(frozen=True)
class CheckStock:
    """Which levels to check: of a SKU, at a location, or all; at most so many, behind the one named."""

    sku: str | None = None
    location_id: UUID | None = None
    after_id: UUID | None = None
    most_levels: int = MOST_LEVELS


@dataclass(frozen=True)
class StockCheck:
    """What a check found at one moment. `last_id` is the level to go on behind; None when all were checked.

    Of more than `MOST_DIFFERENCES` the first are shown.
    """

    checked_at: datetime
    levels: int
    count: int
    differences: list[Difference]
    last_id: UUID | None


async def check_stock(actor: Actor, request: CheckStock) -> StockCheck:
    """What is wrong with these levels, of one moment, so that what others are doing meanwhile is no false alarm.

    The first part of a check of everything also looks at the orders that wait. Nothing is locked, nothing is written.
    """
    actor.require(Permission.READ_STOCK)
    check_scope(request)
    async with snapshot() as connection:
        now = await database_now(connection)
        level_ids, last_id = await levels_to_check(request)
        found = [each for level in await disagreeing(level_ids) for each in level.differences]
        if (request.sku, request.location_id, request.after_id) == (None, None, None):
            found += await disagreeing_requirements()
    return StockCheck(now, len(level_ids), len(found), found[:MOST_DIFFERENCES], last_id)


def check_scope(request: CheckStock) -> None:
    """Raises InvalidInput for more levels than are looked at together."""
    if not 1 <= request.most_levels <= MOST_LEVELS:
        raise InvalidInput(f"From 1 to {MOST_LEVELS:,} levels are checked at once.", path=("levels",))


async def levels_to_check(request: CheckStock) -> tuple[list[UUID], UUID | None]:
    """The levels, and the last of them where there are more. Raises UnknownSku for one that nobody counts."""
    rows = StockLevelRow.all()
    if request.sku is not None:
        rows = rows.filter(sku=request.sku)
        if not await rows.exists():
            raise UnknownSku(request.sku, path=("sku",))
    if request.location_id is not None:
        rows = rows.filter(location_id=request.location_id)
    if request.after_id is not None:
        rows = rows.filter(id__gt=request.after_id)
    found = await rows.order_by("id").limit(request.most_levels + 1).values_list("id")
    level_ids = [level_id for (level_id,) in found[: request.most_levels]]
    return level_ids, level_ids[-1] if len(found) > request.most_levels else None
