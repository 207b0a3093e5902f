"""Who asks, and what they may do: actors, permissions, roles, and the scope of what they can see."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from domain.kernel.errors import PermissionDenied, Unauthenticated


class ActorKind(StrEnum):
    """What sort of party asks."""

    ANONYMOUS = "ANONYMOUS"
    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"
    SYSTEM = "SYSTEM"
    TRACKING_LINK = "TRACKING_LINK"


class Permission(StrEnum):
    """A verb that an actor may be allowed. Which rows it applies to is the scope's matter."""

    READ_ORDERS = "READ_ORDERS"
    PLACE_ORDERS = "PLACE_ORDERS"
    MANAGE_ORDERS = "MANAGE_ORDERS"
    CANCEL_ORDERS = "CANCEL_ORDERS"
    FULFILL_ORDERS = "FULFILL_ORDERS"
    RECORD_SCANS = "RECORD_SCANS"
    RECORD_PAYMENTS = "RECORD_PAYMENTS"
    REFUND_PAYMENTS = "REFUND_PAYMENTS"
    REQUEST_RETURNS = "REQUEST_RETURNS"
    APPROVE_RETURNS = "APPROVE_RETURNS"
    RECEIVE_RETURNS = "RECEIVE_RETURNS"
    READ_CATALOG = "READ_CATALOG"
    MANAGE_CATALOG = "MANAGE_CATALOG"
    READ_STOCK = "READ_STOCK"
    ADJUST_STOCK = "ADJUST_STOCK"
    REVOKE_ACCESS = "REVOKE_ACCESS"


class Role(StrEnum):
    """A named set of permissions that a token carries."""

    ADMIN = "ADMIN"
    SUPPORT = "SUPPORT"
    WAREHOUSE = "WAREHOUSE"
    CUSTOMER = "CUSTOMER"


P = Permission
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.SUPPORT: frozenset(Permission) - {P.MANAGE_CATALOG, P.ADJUST_STOCK, P.REVOKE_ACCESS},
    Role.WAREHOUSE: frozenset(
        {
            P.READ_ORDERS,
            P.READ_CATALOG,
            P.READ_STOCK,
            P.FULFILL_ORDERS,
            P.RECORD_SCANS,
            P.RECEIVE_RETURNS,
            P.ADJUST_STOCK,
        }
    ),
    Role.CUSTOMER: frozenset({P.READ_ORDERS, P.PLACE_ORDERS, P.CANCEL_ORDERS, P.REQUEST_RETURNS, P.READ_CATALOG}),
}


@dataclass(frozen=True)
class Scope:
    """The complete authority of an actor: equal scopes see and may do exactly the same."""

    actor_kind: ActorKind
    permissions: frozenset[Permission] = frozenset()
    customer_id: UUID | None = None
    order_id: UUID | None = None

    @cached_property
    def kind(self) -> str:
        """The shape of what it sees: equal kinds ask the database in the same words (a read is compiled per kind)."""
        return f"{self.actor_kind}:{','.join(sorted(self.permissions))}"

    def may(self, permission: Permission) -> bool:
        """Whether the verb is allowed at all."""
        return permission in self.permissions

    @property
    def sees_everything(self) -> bool:
        """Whether rows of every customer are visible."""
        return self.actor_kind in (ActorKind.STAFF, ActorKind.SYSTEM)


@dataclass(frozen=True)
class Actor:
    """Who asks. `principal` is stable per party (`staff:…`, `customer:…`): keys and audit records name it."""

    principal: str
    scope: Scope
    roles: tuple[Role, ...] = ()

    def require(self, permission: Permission) -> None:
        """Raises Unauthenticated for the anonymous and PermissionDenied for everyone else who lacks it."""
        if self.scope.may(permission):
            return
        if self.scope.actor_kind is ActorKind.ANONYMOUS:
            raise Unauthenticated
        raise PermissionDenied(permission)


ANONYMOUS = Actor("anonymous", Scope(ActorKind.ANONYMOUS))
SYSTEM = Actor("system", Scope(ActorKind.SYSTEM, frozenset(Permission)))


def staff(subject: str, *roles: Role) -> Actor:
    """A member of staff with these roles."""
    granted = frozenset().union(*(PERMISSIONS[role] for role in roles))
    return Actor(f"staff:{subject}", Scope(ActorKind.STAFF, granted), roles)


def customer(customer_id: UUID) -> Actor:
    """A customer, who sees and touches their own orders only."""
    scope = Scope(ActorKind.CUSTOMER, PERMISSIONS[Role.CUSTOMER], customer_id=customer_id)
    return Actor(f"customer:{customer_id.hex}", scope, (Role.CUSTOMER,))


def tracking_link(order_id: UUID) -> Actor:
    """The bearer of a tracking link: anonymous, and sees one order through the tracking view only."""
    return Actor(f"tracking:{order_id.hex}", Scope(ActorKind.TRACKING_LINK, order_id=order_id))
