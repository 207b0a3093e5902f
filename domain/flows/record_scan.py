"""What carriers saw: kept once, the latest counts, and a delivery is booked through to the order."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.queryset import QuerySet

from domain.flows.roll_up import roll_up
from domain.flows.ship_shipment import hand_over
from domain.kernel.actor import Permission
from domain.kernel.errors import Busy, InvalidInput, NotFound
from domain.kernel.events import OrderFact
from domain.kernel.sets import add_all, insert_new
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.events import OrderReopened
from domain.orders.lifecycle import ORDER, OrderAction, OrderStatus
from domain.orders.models import OrderRow, RequirementRow
from domain.shipping.decisions import is_later, outcome_after, proves_hand_over, shipment_action
from domain.shipping.events import ParcelScanned, ShipmentDelivered, ShipmentLost
from domain.shipping.lifecycle import SHIPMENT, ParcelOutcome, ShipmentAction, ShipmentStatus, TrackingStatus
from domain.shipping.models import ParcelLineRow, ParcelRow, ScanRow, ShipmentRow

CLOCK_DRIFT = timedelta(hours=1)
LONGEST_REFERENCE = 120
LONGEST_LABEL = 60


@dataclass(frozen=True)
class RecordScan:
    """What a carrier says it saw of a parcel, which is named by its id or by carrier and tracking number."""

    status: TrackingStatus
    occurred_at: datetime
    parcel_id: UUID | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    place: str | None = None
    description: str | None = None
    carrier_reference: str | None = None


async def record_scan(tx: UnitOfWork, request: RecordScan) -> UUID:
    """Keep the scan once; the parcel's id. Late, repeated and disordered scans end in the same state.

    Raises NotFound for an unknown parcel, InvalidInput for a time more than an hour ahead of ours.
    """
    tx.actor.require(Permission.RECORD_SCANS)
    if request.occurred_at > tx.now + CLOCK_DRIFT:
        raise InvalidInput("A scan cannot come from the future.", path=("occurredAt",))
    named, name = _named(request)
    order = await orders.lock_of(tx, named)
    # Only now, under the lock: its label may have been moved to another parcel.
    parcel = await named.select_related("shipment").get_or_none() if order else None
    if order is None or parcel is None:
        raise NotFound("parcel", name)
    if parcel.order_id != order.id:
        raise Busy
    if not await _keep(tx, parcel, request):
        return parcel.id
    if is_later(parcel.tracked_at, parcel.tracking_status, request.occurred_at, request.status):
        parcel.tracking_status, parcel.tracked_at = request.status, request.occurred_at
    tx.record(ParcelScanned(order.id, parcel.id, request.status, request.occurred_at.isoformat()))
    shipment: ShipmentRow = parcel.shipment
    is_news = shipment.status == ShipmentStatus.PACKED and proves_hand_over(request.status)
    if is_news:
        # The carrier has it: a fact, whatever our books or holds say.
        await hand_over(tx, shipment, is_on_hold=False, is_fact=True)
    outcome = outcome_after(parcel.outcome, request.status)
    if shipment.status != ShipmentStatus.CANCELED and outcome != parcel.outcome:
        is_news = True
        await _settle(tx, order, shipment, parcel, outcome)
    tx.change(parcel, "tracking_status", "tracked_at", "outcome")
    if is_news:  # most scans only say where the parcel is
        await roll_up(tx, order)
    else:
        tx.settle(order)
    return parcel.id


def _named(request: RecordScan) -> tuple[QuerySet[ParcelRow], str]:
    """The parcel that is meant, and what a refusal calls it."""
    if request.parcel_id is not None:
        return ParcelRow.filter(id=request.parcel_id), f"parcel_{request.parcel_id.hex}"
    if not request.carrier or not request.tracking_number:
        raise InvalidInput("Name the parcel by its id, or by carrier and tracking number.", path=("parcel",))
    name = f"{request.carrier[:60]} {request.tracking_number[:60]}"
    if max(len(request.carrier), len(request.tracking_number)) > LONGEST_LABEL:
        raise NotFound("parcel", name, path=("trackingNumber",))
    return ParcelRow.filter(carrier=request.carrier, tracking_number=request.tracking_number), name


async def _keep(tx: UnitOfWork, parcel: ParcelRow, request: RecordScan) -> bool:
    """Whether the scan is new. A scan without a name of the carrier's is named by what it says."""
    said = f"{request.status}|{request.occurred_at.timestamp()}|{request.place or ''}"
    named = request.carrier_reference or said
    if request.carrier_reference is None or len(named) > LONGEST_REFERENCE:
        named = hashlib.sha256(named.encode()).hexdigest()
    scan = ScanRow(
        parcel_id=parcel.id,
        order_id=parcel.order_id,
        status=request.status,
        occurred_at=request.occurred_at,
        recorded_at=tx.now,
        place=(request.place or "")[:120] or None,
        description=(request.description or "")[:300] or None,
        carrier_reference=named,
    )
    return bool(await insert_new([scan]))


async def _settle(
    tx: UnitOfWork, order: OrderRow, shipment: ShipmentRow, parcel: ParcelRow, outcome: ParcelOutcome
) -> None:
    found = int(outcome == ParcelOutcome.DELIVERED)
    missed = int(outcome == ParcelOutcome.LOST) - int(parcel.outcome == ParcelOutcome.LOST)
    inside = await ParcelLineRow.filter(parcel_id=parcel.id)
    units = {line.requirement_id: line.quantity for line in inside}
    await add_all(
        RequirementRow, {each: {"delivered": found * count, "lost": missed * count} for each, count in units.items()}
    )
    parcel.outcome = outcome
    others = ParcelRow.filter(shipment_id=shipment.id).exclude(id=parcel.id)
    action = shipment_action(shipment.status, [outcome, *[other.outcome for other in await others]])
    if action is not None:
        await _step(tx, order, shipment, action)


async def _step(tx: UnitOfWork, order: OrderRow, shipment: ShipmentRow, action: ShipmentAction) -> None:
    shipment.status = SHIPMENT.step(action, shipment.status, shipment.facts(is_on_hold=False))
    fact: type[OrderFact] = ShipmentLost
    if action != ShipmentAction.LOSE:
        shipment.delivered_at, fact = tx.now, ShipmentDelivered
    await shipment.save(update_fields=["status", "delivered_at"])
    if action == ShipmentAction.FIND and order.status == OrderStatus.COMPLETED:
        order.status = ORDER.step(OrderAction.REOPEN, order.status, order.facts(is_on_hold=False))
        tx.record(OrderReopened(order.id))
    tx.record(fact(order.id, shipment.id))  # type: ignore[call-arg]
