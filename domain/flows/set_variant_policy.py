"""Whether a variant is sold beyond what can be promised, and from when on it is sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.catalog.models import BackorderPolicy
from domain.flows.keep_variants import lock_variant
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.quantities import MOST_UNITS
from domain.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class SetVariantPolicy:
    """What becomes of orders for more than can be promised: `limit` is the most units that may wait in all."""

    sku: str
    backorder_policy: BackorderPolicy
    backorder_limit: int | None = None
    available_from: datetime | None = None


async def set_variant_policy(tx: UnitOfWork, request: SetVariantPolicy) -> UUID:
    """Refuse, backorder or preorder what cannot be promised; the variant's id.

    Who waits already keeps waiting, also beyond a lower limit, and keeps the promised date; they are served as soon as
    the variant may be sent. Raises UnknownSku, or InvalidInput for what contradicts itself.
    """
    tx.actor.require(Permission.MANAGE_CATALOG)
    _check(request)
    variant, levels = await lock_variant(request.sku)
    if request.backorder_policy is not BackorderPolicy.DENY and not variant.is_stock_tracked:
        raise InvalidInput("Only what stock is kept of can be waited for.", path=("backorderPolicy",))
    variant.backorder_policy = request.backorder_policy
    variant.backorder_limit = request.backorder_limit
    variant.available_from = request.available_from
    await variant.save(update_fields=["backorder_policy", "backorder_limit", "available_from"])
    released_at = max(request.available_from or tx.now, tx.now)
    for level in levels:
        if level.waiting:
            tx.later("fill_backorders", {"level_id": level.id.hex}, after=released_at - tx.now)
    return variant.id


def _check(request: SetVariantPolicy) -> None:
    policy = request.backorder_policy
    if (policy is BackorderPolicy.PREORDER) != (request.available_from is not None):
        said = "What is preordered has a day from which it is sent, and nothing else has one."
        raise InvalidInput(said, path=("availableFrom",))
    if request.backorder_limit is None:
        return
    if policy is BackorderPolicy.DENY:
        raise InvalidInput("Where nothing may wait there is no limit to set.", path=("backorderLimit",))
    if not 0 <= request.backorder_limit <= MOST_UNITS:
        raise InvalidInput(f"A limit is 0 to {MOST_UNITS:,} units.", path=("backorderLimit",))
