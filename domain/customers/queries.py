"""Who may see customers, and which of them we know."""

from collections.abc import Collection
from uuid import UUID

from tortoise.expressions import Q

from domain.kernel.actor import ActorKind, Permission, Scope
from domain.kernel.lookups import Found, LookUp
from domain.kernel.visibility import EVERYTHING, NOTHING


def visible_customers(scope: Scope) -> Q:
    """Customers: all for staff who may read orders, themselves for customers."""
    if not scope.may(Permission.READ_ORDERS):
        return NOTHING
    if scope.sees_everything:
        return EVERYTHING
    return Q(id=scope.customer_id) if scope.actor_kind is ActorKind.CUSTOMER else NOTHING


def known_customers(ids: Collection[UUID], emails: Collection[str]) -> LookUp[dict[UUID | str, UUID]]:
    """The ids of those of these we know, by id and by e-mail address in its normal form."""
    return LookUp("SELECT id, email FROM customers WHERE id {0} OR email {1}", (ids, emails), _customers)


def _customers(rows: list[Found]) -> dict[UUID | str, UUID]:
    return {name: row["id"] for row in rows for name in (row["id"], row["email"])}
