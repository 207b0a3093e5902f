"""Who may see customers, and which of them we know."""

from collections.abc import Collection
from uuid import UUID

from tortoise.expressions import Q

from domain.kernel.actor import ActorKind, Permission, Scope
from domain.kernel.lookups import look_up
from domain.kernel.visibility import EVERYTHING, NOTHING


def visible_customers(scope: Scope) -> Q:
    """Customers: all for staff who may read orders, themselves for customers."""
    if not scope.may(Permission.READ_ORDERS):
        return NOTHING
    if scope.sees_everything:
        return EVERYTHING
    return Q(id=scope.customer_id) if scope.actor_kind is ActorKind.CUSTOMER else NOTHING


async def known_customers(ids: Collection[UUID], emails: Collection[str]) -> dict[UUID | str, UUID]:
    """The ids of those we know, by id and by e-mail address in its normal form."""
    found: dict[UUID | str, UUID] = {}
    if ids:
        found |= {row["id"]: row["id"] for row in await look_up("SELECT id FROM customers WHERE id {0}", ids)}
    if emails:
        known = await look_up("SELECT id, email FROM customers WHERE email {0}", emails)
        found |= {row["email"]: row["id"] for row in known}
    return found
