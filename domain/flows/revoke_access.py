"""Taking a person's access away: a token is believed until it expires, unless somebody says otherwise."""

from dataclasses import dataclass
from uuid import UUID

from domain.access import service as access
from domain.kernel.actor import Permission
from domain.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class RevokeAccess:
    """A member of staff has left, a token has leaked: what `principal` has been issued until now opens nothing."""

    principal: str


async def revoke_access(tx: UnitOfWork, request: RevokeAccess) -> UUID:
    """Believe nothing any more that the principal was issued before now. What they are issued afterwards counts."""
    tx.actor.require(Permission.REVOKE_ACCESS)
    return await access.revoke(tx, request.principal)
