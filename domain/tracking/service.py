"""Writes about tracking links: closing them, and counting what is tried, so that nobody guesses."""

from datetime import timedelta
from uuid import UUID

from tortoise.expressions import F

from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import UnitOfWork
from domain.tracking.errors import TooManyAttempts
from domain.tracking.models import AttemptKind, TrackingAttemptsRow, TrackingLinkRow

WITHIN = timedelta(hours=1)
MOST = {AttemptKind.PROOF: 5, AttemptKind.NEW_LINK: 3}


async def revoke_links(tx: UnitOfWork, order_id: UUID) -> int:
    """Close the links that open the order; how many did."""
    still_open = TrackingLinkRow.filter(order_id=order_id, revoked_at=None, expires_at__gt=tx.now)
    return await still_open.update(revoked_at=tx.now)


async def spend(tx: UnitOfWork, order_id: UUID, kind: AttemptKind) -> None:
    """Count an attempt with the order. Raises TooManyAttempts when there were enough within the hour."""
    counted = TrackingAttemptsRow.filter(order_id=order_id, kind=kind)
    fresh = TrackingAttemptsRow(id=new_id(), order_id=order_id, kind=kind, spent=0, since=tx.now)
    await TrackingAttemptsRow.bulk_create([fresh], ignore_conflicts=True)
    await counted.filter(since__lte=tx.now - WITHIN).update(spent=0, since=tx.now)
    if not await counted.filter(spent__lt=MOST[kind]).update(spent=F("spent") + 1):
        raise TooManyAttempts


async def give_back(order_id: UUID, kind: AttemptKind) -> None:
    """An attempt that was right counts no more."""
    await TrackingAttemptsRow.filter(order_id=order_id, kind=kind, spent__gt=0).update(spent=F("spent") - 1)
