"""Canceling a shipment before hand-over: its units are to pack again."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from domain.flows.roll_up import roll_up
from domain.fulfillment import service as fulfillment
from domain.fulfillment.events import FulfillmentOrderReopened
from domain.fulfillment.lifecycle import FULFILLMENT_ORDER, FulfillmentOrderAction, FulfillmentOrderStatus
from domain.fulfillment.models import FulfillmentOrderLineRow, FulfillmentOrderRow
from domain.kernel.actor import Permission
from domain.kernel.errors import NotFound
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.orders.models import OrderRow
from domain.shipping.events import ShipmentCanceled
from domain.shipping.lifecycle import SHIPMENT, ShipmentAction
from domain.shipping.models import ParcelLineRow, ParcelRow, ShipmentRow


@dataclass(frozen=True)
class CancelShipment:
    """Unpack it."""

    shipment_id: UUID
    expected_revision: int | None = None


async def lock_shipment(
    tx: UnitOfWork, shipment_id: UUID, expected_revision: int | None = None
) -> tuple[OrderRow, ShipmentRow]:
    """The shipment and its order, the order locked. Raises NotFound or StaleRevision."""
    found = await ShipmentRow.get_or_none(id=shipment_id)
    if found is None:
        raise NotFound("shipment", f"shipment_{shipment_id.hex}")
    order = await orders.lock(tx, found.order_id, expected_revision=expected_revision)
    return order, await ShipmentRow.get(id=shipment_id)


async def cancel_shipment(tx: UnitOfWork, request: CancelShipment) -> UUID:
    """Its units are to pack again; the shipment's id."""
    tx.actor.require(Permission.FULFILL_ORDERS)
    order, shipment = await lock_shipment(tx, request.shipment_id, request.expected_revision)
    await unpack(tx, shipment)
    await roll_up(tx, order)
    return shipment.id


async def units_in(shipment_id: UUID) -> dict[UUID, int]:
    """Units in all its parcels, by requirement."""
    found: Counter[UUID] = Counter()
    for line in await ParcelLineRow.filter(shipment_id=shipment_id):
        found[line.requirement_id] += line.quantity
    return dict(found)


async def unpack(tx: UnitOfWork, shipment: ShipmentRow) -> None:
    """Cancel it, put its units back among those to pack, and reopen its work. Its order is locked."""
    shipment.status = SHIPMENT.step(ShipmentAction.CANCEL, shipment.status, shipment.facts(is_on_hold=False))
    await shipment.save(update_fields=["status"])
    tx.record(ShipmentCanceled(shipment.order_id, shipment.id))
    # Its labels may be used again for the same goods, packed anew.
    await ParcelRow.filter(shipment_id=shipment.id).update(tracking_number=None, tracking_url=None)
    inside = await units_in(shipment.id)
    await orders.shift(inside, "packed", "allocated")
    work = await FulfillmentOrderRow.get(id=shipment.fulfillment_order_id)
    lines = [line for line in await fulfillment.lines_of(work.id) if line.requirement_id in inside]
    await add_all(FulfillmentOrderLineRow, {line.id: {"packed": -inside[line.requirement_id]} for line in lines})
    units = sum(inside.values())
    work.units_packed, work.units_to_pack = work.units_packed - units, work.units_to_pack + units
    if work.status == FulfillmentOrderStatus.CLOSED:
        work.status = FULFILLMENT_ORDER.step(FulfillmentOrderAction.REOPEN, work.status, work.facts(is_on_hold=False))
        work.closed_at = None
        tx.record(FulfillmentOrderReopened(shipment.order_id, work.id))
    await work.save(update_fields=["status", "closed_at", "units_packed", "units_to_pack"])
