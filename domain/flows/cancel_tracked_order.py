"""Canceling an order by its tracking link."""

from dataclasses import dataclass
from uuid import UUID

from domain.flows.cancel_order import call_off
from domain.flows.tracked_order import lock_proven
from domain.kernel.unit_of_work import UnitOfWork

REASON = "Called off by the buyer, on the tracking page."


@dataclass(frozen=True)
class CancelTrackedOrder:
    """The buyer, who proves it, calls the whole order off."""

    proof: str
    reason: str = REASON


async def cancel_tracked_order(tx: UnitOfWork, request: CancelTrackedOrder) -> UUID:
    """Call the link's own order off, as its buyer may; its id.

    Raises ProofRefused, and IllegalTransition once a part of it is on its way.
    """
    order = await lock_proven(tx, request.proof)
    await call_off(tx, order, request.reason)
    return order.id
