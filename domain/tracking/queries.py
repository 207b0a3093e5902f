"""What a tracking link opens: one order, for the bearer of the link and nobody else."""

from tortoise.expressions import Q

from domain.kernel.actor import ActorKind, Scope
from domain.kernel.visibility import NOTHING


def tracked_order(scope: Scope) -> Q:
    """The link's own order."""
    return Q(id=scope.order_id) if scope.actor_kind is ActorKind.TRACKING_LINK else NOTHING


def tracked_parts(scope: Scope) -> Q:
    """What belongs to the link's own order."""
    return Q(order_id=scope.order_id) if scope.actor_kind is ActorKind.TRACKING_LINK else NOTHING


def tracked_waits(scope: Scope) -> Q:
    """What the link's own order still waits for."""
    return Q(tracked_parts(scope), ended_at__isnull=True)
