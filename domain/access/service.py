"""Writes about access."""

from uuid import UUID

from domain.access.models import RevokedAccessRow
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import UnitOfWork


async def revoke(tx: UnitOfWork, principal: str) -> UUID:
    """Nothing that the principal was issued before now is believed any more; the id of what says so."""
    fresh = RevokedAccessRow(id=new_id(), principal=principal, not_before=tx.now)
    await RevokedAccessRow.bulk_create([fresh], ignore_conflicts=True)
    await RevokedAccessRow.filter(principal=principal, not_before__lt=tx.now).update(not_before=tx.now)
    row = await RevokedAccessRow.get(principal=principal)
    return UUID(str(row.id))
