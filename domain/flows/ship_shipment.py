"""Hand-over to the carrier: the units leave our stock."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.allocation.models import AllocationRow
from domain.flows.give_uncounted import give_uncounted
from domain.flows.roll_up import roll_up
from domain.flows.unpack_shipment import lock_shipment, units_in
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.actor import Permission
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.orders import service as orders
from domain.shipping.events import ShipmentShipped
from domain.shipping.lifecycle import SHIPMENT, ShipmentAction
from domain.shipping.models import ShipmentRow
from domain.stock import service as stock
from domain.stock.errors import InsufficientStock
from domain.stock.models import MovementCause


@dataclass(frozen=True)
class ShipShipment:
    """The carrier took it."""

    shipment_id: UUID
    expected_revision: int | None = None


async def ship_shipment(tx: UnitOfWork, request: ShipShipment) -> UUID:
    """Its units leave the location's stock, and no longer count as allocated; the shipment's id.

    Raises InsufficientStock where the books have fewer on hand than leave: count first, for one of the two is wrong.
    """
    tx.actor.require(Permission.FULFILL_ORDERS)
    order, shipment = await lock_shipment(tx, request.shipment_id, request.expected_revision)
    await hand_over(tx, shipment, is_on_hold=await orders.is_on_hold(order.id))
    await roll_up(tx, order)
    return shipment.id


async def hand_over(tx: UnitOfWork, shipment: ShipmentRow, *, is_on_hold: bool, is_fact: bool = False) -> None:
    """PACKED becomes SHIPPED, in the books of the order, the location and the stock. Its order is locked.

    A fact (the carrier has it) is booked even where it takes on hand below zero; a claim of ours is checked.
    """
    shipment.status = SHIPMENT.step(ShipmentAction.SHIP, shipment.status, shipment.facts(is_on_hold=is_on_hold))
    shipment.shipped_at = tx.now
    await shipment.save(update_fields=["status", "shipped_at"])
    units = await units_in(shipment.id)
    await orders.shift(units, "packed", "shipped")
    await give_uncounted(shipment.order_id)
    work = await FulfillmentOrderRow.get(id=shipment.fulfillment_order_id)
    work.units_packed -= sum(units.values())
    await work.save(update_fields=["units_packed"])
    await _leave_stock(tx, work, units, is_fact=is_fact)
    tx.record(ShipmentShipped(shipment.order_id, shipment.id))


async def _leave_stock(tx: UnitOfWork, work: FulfillmentOrderRow, units: Mapping[UUID, int], *, is_fact: bool) -> None:
    held = await AllocationRow.filter(requirement_id__in=list(units), location_id=work.location_id).order_by("id")
    assert {row.requirement_id for row in held} == set(units), "shipped what was never set aside"
    levels = {
        (level.variant_id, level.location_id): level
        for level in await stock.lock_levels({row.variant_id for row in held})
    }
    may_go_below_zero = is_fact or (await LocationRow.get(id=work.location_id)).allows_negative_on_hand
    movements = []
    for row in held:
        count, level = units[row.requirement_id], levels[row.variant_id, row.location_id]
        level.on_hand -= count
        if level.on_hand < 0 and not may_go_below_zero:
            raise InsufficientStock(row.sku, count, max(level.on_hand + count, 0))
        movements.append(
            stock.Movement(
                level.id,
                MovementCause.SHIPPED,
                on_hand=-count,
                allocated=-count,
                order_id=row.order_id,
            )
        )
    await add_all(AllocationRow, {row.id: {"quantity": -units[row.requirement_id]} for row in held})
    await stock.move(tx, movements)
