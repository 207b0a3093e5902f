"""The verb that repairs stock which does not add up."""

from typing import Annotated

import strawberry

from domain.flows.check_stock import CheckStock, check_stock
from domain.flows.reconcile_stock import reconcile_stock
from domain.kernel.actor import Permission
from domain.kernel.errors import DomainError
from domain.stock.models import StockMovementRow
from resolvers.mutations.deed import ASKED, Info
from schema.consistency import StockReconcilePayload, shown
from schema.errors import user_errors
from schema.inputs.consistency import StockReconcileInput
from schema.inputs.intentions import check_texts


@strawberry.type
class ConsistencyMutations:
    """Verbs about stock that does not add up."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Repair stock that does not add up, of at most 100 levels at once: documents decide what is "
        "allocated, reserved, waiting and incoming, the ledger decides the rest. Each repaired level gets a movement "
        "RECONCILED with what its ledger lacked and a note of what its counters were set to. Nothing else is written."
    )
    async def stock_reconcile(self, info: Info, input: Annotated[StockReconcileInput, ASKED]) -> StockReconcilePayload:
        return await _reconciled(info, input)


async def _reconciled(info: Info, given: StockReconcileInput) -> StockReconcilePayload:
    if info.context.answered is not None:
        return info.context.answered  # type: ignore[no-any-return]
    try:
        check_texts(given)
        request = given.request()
        outcome = await info.context.run(reconcile_stock, request, key=given.idempotency_key, dry_run=given.dry_run)
    except DomainError as refusal:
        return StockReconcilePayload(errors=user_errors(refusal), replayed=False)
    payload = StockReconcilePayload(errors=[], replayed=outcome.replayed)
    payload.repaired = await StockMovementRow.filter(subject_id=outcome.value).count()
    if info.context.actor.scope.may(Permission.READ_STOCK):
        scope = CheckStock(request.sku, request.location_id, request.after_id, request.most_levels)
        payload.consistency = shown(await check_stock(info.context.actor, scope))
    return payload
