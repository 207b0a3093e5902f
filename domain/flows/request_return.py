"""Returns, until the goods arrive: requested, approved, declined, canceled."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from domain.catalog.models import VariantKind, VariantRow
from domain.flows.roll_up import roll_up
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import new_id
from domain.kernel.quantities import checked_units
from domain.kernel.unit_of_work import UnitOfWork
from domain.kernel.visibility import of_order
from domain.orders import service as orders
from domain.orders.decisions import checked_reason
from domain.orders.models import OrderRow, RequirementRow
from domain.returns.decisions import returnable
from domain.returns.errors import NotReturnable
from domain.returns.events import ReturnApproved, ReturnCanceled, ReturnDeclined, ReturnRequested
from domain.returns.lifecycle import RETURN, Resolution, ReturnAction, ReturnStatus
from domain.returns.models import ReturnLineRow, ReturnRow

_ANNOUNCED = (ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT, ReturnStatus.PARTIALLY_RECEIVED)
MOST_LINES = 500


@dataclass(frozen=True)
class RequestReturnLine:
    """Units of one requirement that are to come back."""

    requirement_id: UUID
    quantity: int


@dataclass(frozen=True)
class RequestReturn:
    """Goods of an order are to come back."""

    order_id: UUID
    lines: tuple[RequestReturnLine, ...]
    reason: str
    resolution: Resolution = Resolution.REFUND
    expected_revision: int | None = None


async def request_return(tx: UnitOfWork, request: RequestReturn) -> UUID:
    """Ask to send goods back; the return's id.

    Raises NotReturnable for more units than shipped and are not back or announced already.
    """
    tx.actor.require(Permission.REQUEST_RETURNS)
    checked_reason(request.reason, most=300)
    if not 1 <= len(request.lines) <= MOST_LINES:
        raise InvalidInput(f"A return has 1 to {MOST_LINES} lines.", path=("lines",))
    order = await orders.lock(tx, request.order_id, expected_revision=request.expected_revision)
    return await announce_return(tx, order, request)


async def announce_return(tx: UnitOfWork, order: OrderRow, request: RequestReturn) -> UUID:
    """Book that goods of the locked order are to come back; the return's id. Raises NotReturnable."""
    checked_reason(request.reason, most=300)
    wanted = await _wanted(order, request)
    count = await ReturnRow.filter(order_id=order.id).count()
    rma = ReturnRow(
        id=new_id(),
        order_id=order.id,
        number=f"R-{order.number}-{count + 1}",
        status=ReturnStatus.REQUESTED,
        resolution=request.resolution,
        reason=request.reason,
        units_awaited=sum(units for _, units in wanted),
        requested_at=tx.now,
    )
    await rma.save(force_create=True)
    await ReturnLineRow.bulk_create(
        ReturnLineRow(
            rma_id=rma.id,
            order_id=order.id,
            requirement_id=requirement.id,
            sku=requirement.sku,
            quantity=units,
            currency=order.currency,
        )
        for requirement, units in wanted
    )
    tx.record(ReturnRequested(order.id, rma.id))
    await roll_up(tx, order)
    return rma.id


async def _wanted(order: OrderRow, request: RequestReturn) -> list[tuple[RequirementRow, int]]:
    requirements = {each.id: (each, possible) for each, possible in await returnable_units(order)}
    asked: Counter[UUID] = Counter()
    for n, each in enumerate(request.lines):
        path = ("lines", str(n), "quantity")
        if each.requirement_id not in requirements:
            name = f"requirement_{each.requirement_id.hex}"
            raise NotFound("requirement", name, path=("lines", str(n), "requirement"))
        asked[each.requirement_id] += checked_units(each.quantity, path=path)
        it, possible = requirements[each.requirement_id]
        if asked[it.id] > possible:
            raise NotReturnable(it.sku, asked[it.id], possible, path=path)
    return [(requirements[requirement_id][0], units) for requirement_id, units in asked.items()]


async def returnable_units(order: OrderRow) -> list[tuple[RequirementRow, int]]:
    """The requirements of the locked order, and how many units of each may be announced for return now."""
    requirements = await orders.requirements_of(order.id)
    goods = await _goods(requirements)
    open_returns = [each.id for each in await ReturnRow.filter(order_id=order.id, status__in=_ANNOUNCED)]
    announced: Counter[UUID] = Counter()
    for line in await ReturnLineRow.filter(rma_id__in=open_returns) if open_returns else []:
        announced[line.requirement_id] += line.quantity - line.received
    # What no location sent cannot be sent back: a refund makes the buyer of a download good.
    return [
        (it, returnable(it.shipped, it.lost, it.returned, announced[it.id]) if it.id in goods else 0)
        for it in requirements
    ]


async def _goods(requirements: Iterable[RequirementRow]) -> set[UUID]:
    """Those that can be sent back: a download or a service cannot. What only history knows counts as goods."""
    wanted = list(requirements)
    found = await VariantRow.filter(id__in=[each.variant_id for each in wanted if each.variant_id])
    others = {variant.id for variant in found if variant.kind != VariantKind.PHYSICAL}
    return {each.id for each in wanted if each.variant_id not in others}


async def lock_return(
    tx: UnitOfWork, return_id: UUID, expected_revision: int | None = None
) -> tuple[OrderRow, ReturnRow]:
    """The return and its order, the order locked. Raises NotFound or StaleRevision."""
    found = await ReturnRow.get_or_none(of_order(tx.actor.scope, "order"), id=return_id)
    if found is None:
        raise NotFound("return", f"return_{return_id.hex}")
    order = await orders.lock(tx, found.order_id, expected_revision=expected_revision)
    return order, await ReturnRow.get(id=return_id)


@dataclass(frozen=True)
class ApproveReturn:
    """We take the goods back."""

    return_id: UUID
    expected_revision: int | None = None


async def approve_return(tx: UnitOfWork, request: ApproveReturn) -> UUID:
    """Agree to take the goods back; the return's id."""
    tx.actor.require(Permission.APPROVE_RETURNS)
    order, rma = await lock_return(tx, request.return_id, request.expected_revision)
    rma.status = RETURN.step(ReturnAction.APPROVE, rma.status, rma.facts)
    await rma.save(update_fields=["status"])
    tx.record(ReturnApproved(order.id, rma.id))
    await roll_up(tx, order)
    return rma.id


@dataclass(frozen=True)
class DeclineReturn:
    """We do not take the goods back."""

    return_id: UUID
    reason: str
    expected_revision: int | None = None


async def decline_return(tx: UnitOfWork, request: DeclineReturn) -> UUID:
    """Say no, and why; the return's id."""
    tx.actor.require(Permission.APPROVE_RETURNS)
    checked_reason(request.reason, most=300)
    order, rma = await lock_return(tx, request.return_id, request.expected_revision)
    rma.status = RETURN.step(ReturnAction.DECLINE, rma.status, rma.facts)
    rma.decline_reason = request.reason
    await rma.save(update_fields=["status", "decline_reason"])
    tx.record(ReturnDeclined(order.id, rma.id))
    await roll_up(tx, order)
    return rma.id


@dataclass(frozen=True)
class CancelReturn:
    """The buyer keeps the goods."""

    return_id: UUID
    expected_revision: int | None = None


async def cancel_return(tx: UnitOfWork, request: CancelReturn) -> UUID:
    """Call the return off; its id."""
    tx.actor.require(Permission.REQUEST_RETURNS)
    order, rma = await lock_return(tx, request.return_id, request.expected_revision)
    rma.status = RETURN.step(ReturnAction.CANCEL, rma.status, rma.facts)
    await rma.save(update_fields=["status"])
    tx.record(ReturnCanceled(order.id, rma.id))
    await roll_up(tx, order)
    return rma.id
