"""Whose access was revoked."""

from collections.abc import Sequence
from datetime import datetime

from domain.access.models import RevokedAccessRow


async def revoked_since(moment: datetime | None) -> Sequence[tuple[str, datetime]]:
    """Each principal whose access was revoked since, or ever, and from when on what they are issued is believed."""
    rows = RevokedAccessRow.all() if moment is None else RevokedAccessRow.filter(not_before__gte=moment)
    found: Sequence[tuple[str, datetime]] = await rows.values_list("principal", "not_before")
    return found
