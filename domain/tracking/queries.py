"""What a tracking link opens: one order, for the bearer of the link and nobody else."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q

from domain.kernel.actor import ActorKind, Scope
from domain.kernel.visibility import NOTHING
from domain.tracking.models import TrackingLinkRow


async def links_revoked_since(moment: datetime) -> Sequence[tuple[UUID, datetime]]:
    """Links that were revoked since, and when each was."""
    rows = TrackingLinkRow.filter(revoked_at__gte=moment)
    found: Sequence[tuple[UUID, datetime]] = await rows.values_list("id", "revoked_at")
    return found


def tracked_order(scope: Scope) -> Q:
    """The link's own order."""
    return Q(id=scope.order_id) if scope.actor_kind is ActorKind.TRACKING_LINK else NOTHING


def tracked_parts(scope: Scope) -> Q:
    """What belongs to the link's own order."""
    return Q(order_id=scope.order_id) if scope.actor_kind is ActorKind.TRACKING_LINK else NOTHING


def tracked_waits(scope: Scope) -> Q:
    """What the link's own order still waits for."""
    return Q(tracked_parts(scope), ended_at__isnull=True)
