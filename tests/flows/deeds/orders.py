"""Orders, from the basket to the door and back."""

from uuid import UUID

from hypothesis import strategies as st

from domain.flows.cancel_order import CancelOrder, cancel_order
from domain.flows.confirm_order import ConfirmOrder, ExpireOrder, RejectOrder, confirm_order, expire_order, reject_order
from domain.flows.pack_shipment import PackLine, PackParcel, PackShipment, pack_shipment
from domain.flows.place_orders import place_all, place_order
from domain.flows.placement import Component, PlaceLine, PlaceOrder
from domain.flows.receive_return import DisposeReturn, ReceiveReturn, dispose_return, receive_return
from domain.flows.record_scan import RecordScan, record_scan
from domain.flows.request_return import (
    ApproveReturn,
    RequestReturn,
    RequestReturnLine,
    approve_return,
    request_return,
)
from domain.flows.ship_shipment import ShipShipment, ship_shipment
from domain.flows.unpack_shipment import CancelShipment, cancel_shipment
from domain.flows.work_fulfillment_order import RejectFulfillmentOrder, reject_fulfillment_order
from domain.fulfillment.models import FulfillmentOrderRow
from domain.orders.models import OrderRow, RequirementRow
from domain.returns.lifecycle import DispositionAction, DispositionStatus
from domain.returns.models import DispositionRow, ReturnRow
from domain.shipping.lifecycle import TrackingStatus
from domain.shipping.models import ParcelLineRow, ParcelRow, ShipmentRow
from tests.domain.shop import CARRIER, CHANNEL, NOON, order_for, run
from tests.flows.deeds.deed import Deed, Draw, World, skus, units

SCANS = (TrackingStatus.IN_TRANSIT, TrackingStatus.DELIVERED, TrackingStatus.LOST)
ENDS = (DispositionAction.RESTOCK, DispositionAction.DAMAGE, DispositionAction.DISPOSE)


async def place_singles(world: World, draw: Draw) -> None:
    wanted = draw(st.dictionaries(skus, units, min_size=1, max_size=2))
    await run(place_order, order_for(wanted, is_confirmed=draw(st.integers(0, 3)) > 0))


async def place_two_lines_of_one_sku(world: World, draw: Draw) -> None:
    sku = draw(skus)
    lines = tuple(PlaceLine(sku, draw(units)) for _ in range(2))
    await run(place_order, PlaceOrder(CHANNEL, lines))


async def place_a_bundle(world: World, draw: Draw) -> None:
    parts = (Component("MUG", draw(st.integers(1, 2))), Component("TEE", 1))
    lines = (PlaceLine("CAP", draw(st.integers(1, 2)), components=parts), PlaceLine("MUG", 1))
    await run(place_order, PlaceOrder(CHANNEL, lines))


async def place_several_at_once(world: World, draw: Draw) -> None:
    wanted = draw(st.lists(st.tuples(skus, units), min_size=2, max_size=4))
    await run(place_all, [order_for({sku: count}) for sku, count in wanted])


async def confirm(world: World, draw: Draw) -> None:
    await run(confirm_order, ConfirmOrder(await world.one(draw, OrderRow, status="PENDING")))


async def reject(world: World, draw: Draw) -> None:
    await run(reject_order, RejectOrder(await world.one(draw, OrderRow, status="PENDING"), "No."))


async def expire(world: World, draw: Draw) -> None:
    await run(expire_order, ExpireOrder(await world.one(draw, OrderRow, status="PENDING")))


async def cancel(world: World, draw: Draw) -> None:
    await run(cancel_order, CancelOrder(await world.one(draw, OrderRow), "No."))


async def pack(world: World, draw: Draw) -> None:
    work = await world.one(draw, FulfillmentOrderRow, units_to_pack__gt=0)
    lines = (PackLine(draw(skus), 1),) if draw(st.booleans()) else ()
    await run(pack_shipment, PackShipment(work, CARRIER, (PackParcel(lines=lines),)))


async def unpack(world: World, draw: Draw) -> None:
    await run(cancel_shipment, CancelShipment(await world.one(draw, ShipmentRow, status="PACKED")))


async def ship(world: World, draw: Draw) -> None:
    shipment = await world.one(draw, ShipmentRow, status="PACKED")
    await run(ship_shipment, ShipShipment(shipment))
    await _left(world, shipment)


async def _left(world: World, shipment_id: UUID) -> None:
    for sku, place, count in await _inside(shipment_id):
        world.came(sku, place, -count)


async def _inside(shipment_id: UUID) -> list[tuple[str, UUID, int]]:
    shipment = await ShipmentRow.get(id=shipment_id)
    work = await FulfillmentOrderRow.get(id=shipment.fulfillment_order_id)
    lines = await ParcelLineRow.filter(shipment_id=shipment_id)
    return [(line.sku, work.location_id, line.quantity) for line in lines]


async def reject_work(world: World, draw: Draw) -> None:
    work = await world.one(draw, FulfillmentOrderRow, status__in=["OPEN", "IN_PROGRESS"])
    await run(reject_fulfillment_order, RejectFulfillmentOrder(work, "Not on the shelf."))


async def scan(world: World, draw: Draw) -> None:
    """A carrier who saw a parcel has it: what nobody handed over by our books is booked as handed over."""
    parcel = await ParcelRow.get(id=await world.one(draw, ParcelRow))
    was = await ShipmentRow.get(id=parcel.shipment_id)
    await run(record_scan, RecordScan(draw(st.sampled_from(SCANS)), NOON, parcel_id=parcel.id))
    if was.shipped_at is None and (await ShipmentRow.get(id=was.id)).shipped_at:
        await _left(world, was.id)


async def announce_return(world: World, draw: Draw) -> None:
    it = await RequirementRow.get(id=await world.one(draw, RequirementRow, shipped__gt=0, is_stocked=True))
    line = RequestReturnLine(it.id, draw(st.integers(1, 3)))
    rma = await run(request_return, RequestReturn(it.order_id, (line,), "Too big."))
    await run(approve_return, ApproveReturn(rma))


async def take_return_in(world: World, draw: Draw) -> None:
    rma = await world.one(draw, ReturnRow, units_awaited__gt=0)
    await run(receive_return, ReceiveReturn(rma, world.place(draw)))


async def dispose(world: World, draw: Draw) -> None:
    it = await DispositionRow.get(id=await world.one(draw, DispositionRow))
    action, count = draw(st.sampled_from(ENDS)), draw(st.integers(1, it.quantity))
    await run(dispose_return, DisposeReturn(it.id, action, count))
    was_there = it.status in (DispositionStatus.DAMAGED, DispositionStatus.QUARANTINED)
    is_there = action != DispositionAction.DISPOSE
    world.came(it.sku, it.location_id, count * (is_there - was_there))


DEEDS = (
    Deed(place_singles, weight=6),
    Deed(place_two_lines_of_one_sku),
    Deed(place_a_bundle),
    Deed(place_several_at_once),
    Deed(confirm),
    Deed(reject),
    Deed(expire),
    Deed(cancel),
    Deed(pack, weight=6),
    Deed(unpack),
    Deed(ship, weight=6, is_fact=True),
    Deed(reject_work),
    Deed(scan, is_fact=True),
    Deed(announce_return, weight=3),
    Deed(take_return_in, weight=3),
    Deed(dispose, weight=4, is_fact=True),
)
