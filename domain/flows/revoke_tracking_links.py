"""Closing the tracking links of an order: one was forwarded to whom it was not meant for."""

from dataclasses import dataclass
from uuid import UUID

from domain.kernel.actor import Permission
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.tracking import service as tracking
from domain.tracking.events import TrackingLinksRevoked


@dataclass(frozen=True)
class RevokeTrackingLinks:
    """No link that was made until now opens the order any more."""

    order_id: UUID


async def revoke_tracking_links(tx: UnitOfWork, request: RevokeTrackingLinks) -> UUID:
    """Close every tracking link of the order that is open; its id. New ones may be made. Done again it changes nothing.

    Raises NotFound.
    """
    tx.actor.require(Permission.MANAGE_ORDERS)
    order = await orders.lock(tx, request.order_id)
    if links := await tracking.revoke_links(tx, order.id):
        tx.record(TrackingLinksRevoked(order.id, links))
    return order.id
