"""An order in the hands of whoever holds its tracking link: what they change needs a second proof, which is counted."""

from dataclasses import dataclass
from uuid import UUID

from domain.customers.models import CustomerRow
from domain.kernel.actor import ActorKind
from domain.kernel.errors import Unauthenticated
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders.models import OrderAddressRow, OrderRow
from domain.tracking import service as tracking
from domain.tracking.decisions import is_proof
from domain.tracking.errors import ProofRefused
from domain.tracking.models import AttemptKind


@dataclass(frozen=True)
class Attempt:
    """The bearer of a tracking link is about to prove that they are the buyer, or has proved it again."""


async def spend_attempt(tx: UnitOfWork, _request: Attempt) -> UUID:
    """Count an attempt before it is looked at, in a commit of its own: a refusal undoes what stands beside it.

    Raises TooManyAttempts, and Unauthenticated for whoever holds no link.
    """
    order_id = tracked_id(tx)
    await tracking.spend(tx, order_id, AttemptKind.PROOF)
    return order_id


async def give_attempt_back(tx: UnitOfWork, _request: Attempt) -> UUID:
    """What was proved before, and is only asked again under its key, does not count."""
    order_id = tracked_id(tx)
    await tracking.give_back(order_id, AttemptKind.PROOF)
    return order_id


def tracked_id(tx: UnitOfWork) -> UUID:
    """The one order of the actor's link. Raises Unauthenticated."""
    scope = tx.actor.scope
    if scope.actor_kind is not ActorKind.TRACKING_LINK or scope.order_id is None:
        raise Unauthenticated
    return scope.order_id


async def lock_proven(tx: UnitOfWork, proof: str) -> OrderRow:
    """The link's own order, locked until the commit, for whoever proves to be its buyer; their attempt is given back.

    Raises ProofRefused.
    """
    order = await OrderRow.filter(id=tracked_id(tx)).select_for_update().get()
    if not is_proof(proof, await known_of_buyer(order)):
        raise ProofRefused
    await tracking.give_back(order.id, AttemptKind.PROOF)
    return order


async def known_of_buyer(order: OrderRow) -> list[str]:
    """What the buyer knows and the finder of a link does not: postal codes of the order, and its e-mail address."""
    codes = await OrderAddressRow.filter(order_id=order.id).values_list("postal_code", flat=True)
    buyer = await CustomerRow.get_or_none(id=order.customer_id) if order.customer_id else None
    return [str(code) for code in codes] + ([buyer.email] if buyer and buyer.email else [])
