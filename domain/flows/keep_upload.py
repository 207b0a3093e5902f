"""Keeping a file that was sent."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import UnitOfWork
from domain.uploads.models import UploadRow

KEPT_FOR = timedelta(days=7)
MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class KeepUpload:
    """A file, and what its sender calls it."""

    filename: str
    media_type: str
    content: bytes


async def keep_upload(tx: UnitOfWork, request: KeepUpload) -> UUID:
    """Keep the file for a week, for its sender alone; the upload's id."""
    tx.actor.require(Permission.ADJUST_STOCK)
    if not 1 <= len(request.filename) <= 200 or "\0" in request.filename:
        raise InvalidInput("A file's name has 1 to 200 characters.", path=("filename",))
    if not 1 <= len(request.content) <= MOST_BYTES:
        raise InvalidInput(f"A file has 1 to {MOST_BYTES:,} bytes.", path=("content",))
    row = UploadRow(
        id=new_id(),
        filename=request.filename,
        media_type=request.media_type[:100],
        content=request.content,
        size=len(request.content),
        sha256=hashlib.sha256(request.content).hexdigest(),
        created_by=tx.actor.principal,
        created_at=tx.now,
        expires_at=tx.now + KEPT_FOR,
    )
    await row.save(force_create=True)
    return row.id
