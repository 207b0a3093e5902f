"""Tracking links: one order, open to whoever holds the link, for a while."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domain.kernel.actor import Permission
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.tracking.models import TrackingLinkRow

OPEN_FOR = timedelta(days=180)


def new_token() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What is stored of a token: its SHA-256. The token itself has too many random bits to be guessed from it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class OpenTrackingLink:
    """A link for the order's buyer. The caller makes the token, for nothing that is stored gives it back."""

    order_id: UUID
    token_hash: str


async def open_tracking_link(tx: UnitOfWork, request: OpenTrackingLink) -> UUID:
    """Let the token open the order for 180 days; the order's id."""
    tx.actor.require(Permission.READ_ORDERS)
    order = await orders.lock(tx, request.order_id)
    await TrackingLinkRow.create(
        id=new_id(),
        order_id=order.id,
        token_hash=request.token_hash,
        created_at=tx.now,
        expires_at=tx.now + OPEN_FOR,
    )
    return order.id
