"""Who may see returns, their lines, and what became of what came back; and what is told of them."""

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.thing_feed import Things
from domain.kernel.visibility import of_order, of_staff
from domain.returns.events import RETURN_FACTS
from domain.returns.models import ReturnRow

# What a feed of returns tells.
WATCHED_RETURNS = Things(RETURN_FACTS, ReturnRow)


def visible_returns(scope: Scope) -> Q:
    """Returns and their lines: with their order."""
    return of_order(scope, "order")


def visible_dispositions(scope: Scope) -> Q:
    """What becomes of returned units is for staff."""
    return of_staff(scope, Permission.READ_ORDERS)
