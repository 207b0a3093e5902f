"""Uploads come, are found again by whoever may use them, and are forgotten."""

from datetime import datetime
from uuid import UUID

from domain.kernel.errors import NotFound
from domain.kernel.ids import global_id
from domain.kernel.unit_of_work import UnitOfWork
from domain.uploads.models import UploadRow


async def own_upload(tx: UnitOfWork, upload_id: UUID) -> UploadRow:
    """The upload that the actor sent. Raises NotFound where it is another's or gone: the two look the same."""
    own = UploadRow.filter(id=upload_id, created_by=tx.actor.principal, is_forgotten=False, expires_at__gt=tx.now)
    found = await own.get_or_none()
    if found is None:
        raise NotFound("upload", global_id("upload", upload_id))
    return found


async def sweep(now: datetime) -> int:
    """Forget the bytes of uploads that are past their time; of how many."""
    return await UploadRow.filter(expires_at__lt=now, is_forgotten=False).update(content=b"", is_forgotten=True)
