"""Asking for a new tracking link, by whoever knows an order's number and where it goes."""

from dataclasses import dataclass

from domain.flows.tracked_order import known_of_buyer
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders.models import OrderRow
from domain.tracking import service as tracking
from domain.tracking.decisions import is_proof
from domain.tracking.errors import TooManyAttempts
from domain.tracking.events import TrackingLinkRequested
from domain.tracking.models import AttemptKind

LONGEST_NUMBER = 20


@dataclass(frozen=True)
class RequestTrackingLink:
    """The link is lost, or its time is over."""

    number: str
    proof: str


async def request_tracking_link(tx: UnitOfWork, request: RequestTrackingLink) -> None:
    """Have a new link sent to the buyer, if the two belong together; three times an hour at most for one order.

    Open to everybody, so it gives nothing: not whether there is such an order, nor whether the proof was right.
    """
    number = request.number.strip().upper()[:LONGEST_NUMBER]
    order = await OrderRow.filter(number=number).select_for_update().get_or_none()
    if order is None:
        return
    try:
        await tracking.spend(tx, order.id, AttemptKind.NEW_LINK)
    except TooManyAttempts:
        return
    if is_proof(request.proof, await known_of_buyer(order)):
        tx.record(TrackingLinkRequested(order.id))
        tx.later("send_tracking_link", {"order_id": str(order.id)})
