"""Who may see shipments and what belongs to them."""

from tortoise.expressions import Q

from domain.kernel.actor import Scope
from domain.kernel.visibility import of_order


def visible_shipments(scope: Scope) -> Q:
    """Shipments, parcels, their contents and their scans: with their order."""
    return of_order(scope, "order")
