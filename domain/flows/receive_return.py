"""Goods that come back: received, decided upon, put where they belong, and their worth owed to the buyer."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.catalog.models import Traceability, VariantRow
from domain.flows.grant_refund import owe_back
from domain.flows.record_payment import expect_less
from domain.flows.request_return import lock_return
from domain.flows.roll_up import roll_up
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import new_id
from domain.kernel.quantities import checked_units
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.locations.queries import location_at
from domain.orders.models import OrderRow, RequirementRow
from domain.returns.decisions import goes_on_hand, receipt_action, returnable, worth
from domain.returns.errors import NotReturnable
from domain.returns.events import ReturnCompleted, ReturnDisposed, ReturnReceived
from domain.returns.lifecycle import (
    DISPOSITION,
    RETURN,
    DispositionAction,
    DispositionFacts,
    DispositionStatus,
    ReceiptStatus,
    Resolution,
    ReturnAction,
    ReturnStatus,
)
from domain.returns.models import DispositionRow, ReturnLineRow, ReturnRow
from domain.stock import service as stock
from domain.stock.decisions import LotUnits, check_lot_number
from domain.stock.errors import InsufficientStock
from domain.stock.models import LotRow, MovementCause

_CAUSES = {DispositionAction.RESTOCK: MovementCause.RESTOCKED, DispositionAction.DAMAGE: MovementCause.DAMAGED}


@dataclass(frozen=True)
class ReceiveLine:
    """Units of one return line that arrived."""

    return_line_id: UUID
    quantity: int


@dataclass(frozen=True)
class ReceiveReturn:
    """Goods arrived at a location. Without `lines`: all that is awaited."""

    return_id: UUID
    location_id: UUID
    lines: tuple[ReceiveLine, ...] = ()
    expected_revision: int | None = None


async def receive_return(tx: UnitOfWork, request: ReceiveReturn) -> UUID:
    """Book returned units in, each waiting for a decision, and owe the buyer what they are worth; the return's id.

    The worth is the units' share of what the line still holds, so that all partial refunds sum to what was paid.
    """
    tx.actor.require(Permission.RECEIVE_RETURNS)
    await location_at(request.location_id)
    order, rma = await lock_return(tx, request.return_id, request.expected_revision)
    lines = {line.id: line for line in await ReturnLineRow.filter(rma_id=rma.id).order_by("id")}
    arrived = _arrived(request, lines)
    total = sum(arrived.values())
    action = receipt_action(rma.units_awaited - total)
    if (action, rma.status) != (ReturnAction.RECEIVE_PART, ReturnStatus.PARTIALLY_RECEIVED):
        rma.status = RETURN.step(action, rma.status, rma.facts)
    rma.units_awaited, rma.units_undecided = rma.units_awaited - total, rma.units_undecided + total
    rma.received_at = tx.now
    await rma.save(update_fields=["status", "units_awaited", "units_undecided", "received_at"])
    owed = await _take_in(tx, rma, lines, arrived, request.location_id)
    tx.record(ReturnReceived(order.id, rma.id, total))
    if rma.resolution == Resolution.REFUND and owed:
        order.release(owed)
        granted = await owe_back(tx, order.id, owed, reason=f"Return {rma.number}", return_id=rma.id)
        await expect_less(tx, order.id, owed - granted)
    await roll_up(tx, order)
    return rma.id


def _arrived(request: ReceiveReturn, lines: dict[UUID, ReturnLineRow]) -> dict[UUID, int]:
    if not request.lines:
        awaited = {line.id: line.quantity - line.received for line in lines.values()}
        found = {line_id: units for line_id, units in awaited.items() if units}
    else:
        found = {}
        for n, each in enumerate(request.lines):
            path = ("lines", str(n), "quantity")
            line = lines.get(each.return_line_id)
            if line is None:
                name = f"return_line_{each.return_line_id.hex}"
                raise NotFound("return line", name, path=("lines", str(n), "returnLine"))
            found[line.id] = found.get(line.id, 0) + checked_units(each.quantity, path=path)
            if found[line.id] > line.quantity - line.received:
                raise NotReturnable(line.sku, found[line.id], line.quantity - line.received, path=path)
    if not found:
        raise InvalidInput("Nothing of this return is awaited any more.", path=("lines",))
    return found


async def _take_in(
    tx: UnitOfWork, rma: ReturnRow, lines: Mapping[UUID, ReturnLineRow], arrived: Mapping[UUID, int], location_id: UUID
) -> int:
    """Book what arrived; what it is worth."""
    found = await RequirementRow.filter(id__in=[lines[line_id].requirement_id for line_id in arrived])
    requirements = {each.id: each for each in found}
    values: dict[UUID, int] = {}
    for line_id, units in arrived.items():
        it = requirements[lines[line_id].requirement_id]
        possible = returnable(it.shipped, it.lost, it.returned, 0)
        if units > possible:
            raise NotReturnable(it.sku, units, possible, path=("lines",))
        values[line_id] = worth(it.gross_minor, it.released_minor, units, it.required - it.canceled - it.returned)
        it.returned, it.released_minor = it.returned + units, it.released_minor + values[line_id]
        disposition = DispositionRow(
            rma_id=rma.id,
            return_line_id=line_id,
            location_id=location_id,
            variant_id=it.variant_id,
            sku=it.sku,
            quantity=units,
            status=DispositionStatus.PENDING,
        )
        tx.add(disposition)
    back: dict[UUID, dict[str, int]] = {}
    for line_id, units in arrived.items():
        it_was = back.setdefault(lines[line_id].requirement_id, {"returned": 0, "released_minor": 0})
        it_was["returned"] += units
        it_was["released_minor"] += values[line_id]
    await add_all(RequirementRow, back)
    await add_all(
        ReturnLineRow, {each: {"received": units, "refund_minor": values[each]} for each, units in arrived.items()}
    )
    await ReturnLineRow.filter(id__in=list(arrived)).update(receipt_status=ReceiptStatus.RECEIVED)
    return sum(values.values())


@dataclass(frozen=True)
class DisposeReturn:
    """What becomes of received units. Without `quantity`: of all of them. `lot` is the number of their lot."""

    disposition_id: UUID
    action: DispositionAction
    quantity: int | None = None
    lot: str | None = None
    expected_revision: int | None = None


async def dispose_return(tx: UnitOfWork, request: DisposeReturn) -> UUID:
    """Restock, set aside as damaged, or write off; the return's id, completed when nothing is left to decide.

    Units go on hand at the location where they were received, and nowhere else.
    """
    tx.actor.require(Permission.RECEIVE_RETURNS)
    found = await DispositionRow.get_or_none(id=request.disposition_id)
    if found is None:
        raise NotFound("disposition", f"disposition_{request.disposition_id.hex}")
    order, rma = await lock_return(tx, found.rma_id, request.expected_revision)
    it = await DispositionRow.get(id=found.id)
    if request.action not in _CAUSES and request.action != DispositionAction.DISPOSE:
        raise InvalidInput("Units can be restocked, set aside as damaged, or disposed of here.", path=("action",))
    was = it.status
    status = DISPOSITION.step(request.action, was, DispositionFacts())
    units = it.quantity if request.quantity is None else checked_units(request.quantity, path=("quantity",))
    if units > it.quantity:
        raise InvalidInput(f"{it.quantity} units are there to decide on, not {units}.", path=("quantity",))
    await _split_off(it, units)
    it.status, it.quantity, it.decided_at = status, units, tx.now
    await it.save(update_fields=["status", "quantity", "decided_at"])
    await _put_away(tx, order, it, was, request)
    if was == DispositionStatus.PENDING:
        rma.units_undecided -= units
        await rma.save(update_fields=["units_undecided"])
    tx.record(ReturnDisposed(order.id, rma.id, status, units))
    await _complete_when_done(tx, order, rma)
    await roll_up(tx, order)
    return rma.id


async def _split_off(it: DispositionRow, units: int) -> None:
    """Keep the rest as a disposition of its own, undecided as it was."""
    if units == it.quantity:
        return
    await DispositionRow.create(
        id=new_id(),
        rma_id=it.rma_id,
        return_line_id=it.return_line_id,
        location_id=it.location_id,
        variant_id=it.variant_id,
        sku=it.sku,
        quantity=it.quantity - units,
        status=it.status,
        decided_at=it.decided_at,
    )


async def _put_away(
    tx: UnitOfWork, order: OrderRow, it: DispositionRow, was: DispositionStatus, request: DisposeReturn
) -> None:
    lots = await _lots(it, request.lot)
    if it.variant_id is None:
        return  # only history knows the SKU: there is no shelf for it
    on_hand, damaged = goes_on_hand(request.action)
    if was == DispositionStatus.DAMAGED:  # it already is on hand, as damaged
        on_hand, damaged = on_hand - 1, damaged - 1
    if not (on_hand or damaged):
        return
    level = await stock.level_at(tx, it.variant_id, it.sku, it.location_id)
    if on_hand < 0 and level.on_hand < it.quantity:
        location = await LocationRow.get(id=it.location_id)
        if not location.allows_negative_on_hand:
            raise InsufficientStock(it.sku, it.quantity, max(level.on_hand, 0), path=("quantity",))
    movement = stock.Movement(
        level.id,
        _CAUSES.get(request.action, MovementCause.ADJUSTED),
        on_hand=on_hand * it.quantity,
        damaged=damaged * it.quantity,
        order_id=order.id,
        lots=lots,
        lots_path=("lot",),
    )
    await stock.move(tx, [movement])


async def _lots(it: DispositionRow, number: str | None) -> tuple[LotUnits, ...]:
    """The lot that the units are of, where somebody said it, with the last day that any location knows of it."""
    if number is None:
        return ()
    check_lot_number(number, path=("lot",))
    if not await VariantRow.filter(id=it.variant_id, traceability=Traceability.LOT).exists():
        raise InvalidInput(f"Units of {it.sku} are not told apart by lot.", path=("lot",))
    known = LotRow.filter(level__variant_id=it.variant_id, number=number, expires_on__not_isnull=True)
    # The location's own says more than those elsewhere.
    days = {lot.level.location_id: lot.expires_on for lot in await known.order_by("id").select_related("level")}
    return (LotUnits(number, days.get(it.location_id, next(iter(days.values()), None)), it.quantity),)


@dataclass(frozen=True)
class CompleteReturn:
    """No more will come."""

    return_id: UUID
    expected_revision: int | None = None


async def complete_return(tx: UnitOfWork, request: CompleteReturn) -> UUID:
    """End the return though not all that was announced came; its id. What was received is decided upon first."""
    tx.actor.require(Permission.RECEIVE_RETURNS)
    order, rma = await lock_return(tx, request.return_id, request.expected_revision)
    await _complete(tx, order, rma)
    await roll_up(tx, order)
    return rma.id


async def _complete_when_done(tx: UnitOfWork, order: OrderRow, rma: ReturnRow) -> None:
    if rma.status == ReturnStatus.RECEIVED and not rma.units_undecided:
        await _complete(tx, order, rma)


async def _complete(tx: UnitOfWork, order: OrderRow, rma: ReturnRow) -> None:
    rma.status = RETURN.step(ReturnAction.COMPLETE, rma.status, rma.facts)
    rma.completed_at = tx.now
    await rma.save(update_fields=["status", "completed_at"])
    await ReturnLineRow.filter(rma_id=rma.id, received=0).update(receipt_status=ReceiptStatus.MISSING)
    tx.record(ReturnCompleted(order.id, rma.id))
