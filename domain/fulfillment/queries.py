"""Who may see the work of locations, and what is told of it."""

from tortoise.expressions import Q

from domain.fulfillment.events import FULFILLMENT_ORDER_FACTS
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.actor import Permission, Scope
from domain.kernel.thing_feed import Things
from domain.kernel.visibility import of_staff

# What a feed of fulfillment orders tells.
WATCHED_WORK = Things(FULFILLMENT_ORDER_FACTS, FulfillmentOrderRow)


def visible_work(scope: Scope) -> Q:
    """Fulfillment orders and their lines: who does the work, and where, is for staff."""
    return of_staff(scope, Permission.READ_ORDERS)
