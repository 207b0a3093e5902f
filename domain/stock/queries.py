"""Who may see stock, and what can be promised of it."""

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.visibility import of_staff
from domain.stock.decisions import COUNTERS, Counters, available_to_promise
from domain.stock.models import StockLevelRow


def visible_stock(scope: Scope) -> Q:
    """Levels and movements are for staff who may read stock."""
    return of_staff(scope, Permission.READ_STOCK)


def atp(level: StockLevelRow) -> int:
    """Units of the level that may still be promised; negative when facts took more than was free."""
    return available_to_promise(
        level.on_hand,
        level.allocated,
        level.reserved,
        level.waiting,
        level.damaged,
        level.quarantined,
        level.safety_stock,
    )


def counters_of(level: StockLevelRow) -> Counters:
    """The counters of the level, as a value."""
    return Counters(**{name: getattr(level, name) for name in COUNTERS})
