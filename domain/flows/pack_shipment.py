"""Packing: units of a fulfillment order go into the parcels of a shipment."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.flows.roll_up import roll_up
from domain.flows.work_fulfillment_order import begin, lock_work
from domain.fulfillment import service as fulfillment
from domain.fulfillment.errors import NotPackable
from domain.fulfillment.events import FulfillmentOrderClosed
from domain.fulfillment.lifecycle import FULFILLMENT_ORDER, FulfillmentOrderAction, FulfillmentOrderStatus
from domain.fulfillment.models import FulfillmentOrderLineRow, FulfillmentOrderRow
from domain.kernel.errors import IllegalTransition, InvalidInput
from domain.kernel.ids import new_id
from domain.kernel.quantities import checked_units
from domain.kernel.sets import add_all, insert
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders import service as orders
from domain.shipping.errors import TrackingNumberTaken
from domain.shipping.events import ShipmentPacked
from domain.shipping.lifecycle import ShipmentStatus
from domain.shipping.models import ParcelLineRow, ParcelRow, ShipmentRow

MOST_PARCELS = 100


@dataclass(frozen=True)
class PackLine:
    """Units of a SKU in one parcel."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class PackParcel:
    """One box. Without `lines` it takes all that is left to pack."""

    tracking_number: str | None = None
    tracking_url: str | None = None
    weight_grams: int | None = None
    lines: tuple[PackLine, ...] = ()


@dataclass(frozen=True)
class PackShipment:
    """Parcels for one carrier."""

    fulfillment_order_id: UUID
    carrier: str
    parcels: tuple[PackParcel, ...]
    service: str | None = None
    expected_revision: int | None = None


async def pack_shipment(tx: UnitOfWork, request: PackShipment) -> UUID:
    """Close the parcels; the shipment's id. Work that was not begun begins; work with nothing left to pack is closed.

    Raises NotPackable for more units than are left, TrackingNumberTaken, or IllegalTransition (also while on hold).
    """
    order, work = await lock_work(tx, request.fulfillment_order_id, request.expected_revision)
    _check(request)
    if work.status == FulfillmentOrderStatus.OPEN:
        await begin(tx, order, work)
    if work.status != FulfillmentOrderStatus.IN_PROGRESS:
        reason = f"Packing needs the fulfillment order to be OPEN or IN_PROGRESS; it is {work.status}."
        raise IllegalTransition("fulfillment order", "PACK", work.status, "WRONG_STATUS", reason)
    if await orders.is_on_hold(order.id):
        reason = "The order is on hold: release the hold first."
        raise IllegalTransition("fulfillment order", "PACK", work.status, "ON_HOLD", reason)
    lines = await fulfillment.lines_of(work.id)
    contents = share_out(request.parcels, lines)
    await _check_tracking_numbers(request)
    shipment = await _write(tx, work, request, contents, {line.id: line for line in lines})
    await _book(work, lines, contents)
    tx.record(ShipmentPacked(order.id, shipment.id))
    await _close_when_done(tx, work)
    await roll_up(tx, order)
    return shipment.id


def _check(request: PackShipment) -> None:
    if not 1 <= len(request.parcels) <= MOST_PARCELS:
        raise InvalidInput(f"A shipment has 1 to {MOST_PARCELS} parcels.", path=("parcels",))
    if not 1 <= len(request.carrier.strip()) <= len(request.carrier) <= 60:
        raise InvalidInput("Name the carrier in 1 to 60 characters.", path=("carrier",))
    if len(request.service or "") > 60:
        raise InvalidInput("A carrier's product has at most 60 characters.", path=("service",))
    for n, parcel in enumerate(request.parcels):
        if len(parcel.tracking_url or "") > 300:
            raise InvalidInput("An address has at most 300 characters.", path=("parcels", str(n), "trackingUrl"))
        if parcel.tracking_number is not None and not 1 <= len(parcel.tracking_number) <= 60:
            raise InvalidInput("A tracking number has 1 to 60 characters.", path=("parcels", str(n), "trackingNumber"))
        if parcel.weight_grams is not None and not 0 <= parcel.weight_grams <= 10_000_000:
            raise InvalidInput("A weight is 0 to 10,000,000 grams.", path=("parcels", str(n), "weightGrams"))


def share_out(parcels: Sequence[PackParcel], lines: Sequence[FulfillmentOrderLineRow]) -> list[dict[UUID, int]]:
    """For each parcel, units per fulfillment order line; a parcel without lines takes all that is left.

    Raises NotPackable when a parcel asks for more of a SKU than is left.
    """
    left = {line.id: line.quantity - line.packed - line.canceled for line in lines}
    contents = []
    for n, parcel in enumerate(parcels):
        inside: Counter[UUID] = Counter()
        wanted = parcel.lines or tuple(PackLine(line.sku, left[line.id]) for line in lines if left[line.id])
        if not wanted:
            raise InvalidInput("Nothing is left to pack into this parcel.", path=("parcels", str(n)))
        for m, each in enumerate(wanted):
            path = ("parcels", str(n), "lines", str(m), "quantity")
            units = checked_units(each.quantity, path=path)
            mine = [line for line in lines if line.sku == each.sku]
            if units > (possible := sum(left[line.id] for line in mine)):
                raise NotPackable(each.sku, units, possible, path=path)
            for line in mine:
                taken = min(units, left[line.id])
                inside[line.id] += taken
                left[line.id], units = left[line.id] - taken, units - taken
        contents.append({line_id: units for line_id, units in inside.items() if units})
    return contents


async def _check_tracking_numbers(request: PackShipment) -> None:
    numbers = [parcel.tracking_number for parcel in request.parcels if parcel.tracking_number]
    known = await ParcelRow.filter(carrier=request.carrier, tracking_number__in=numbers)
    taken = {parcel.tracking_number for parcel in known}
    for n, parcel in enumerate(request.parcels):
        number = parcel.tracking_number
        if number and (number in taken or numbers.count(number) > 1):
            raise TrackingNumberTaken(request.carrier, number, path=("parcels", str(n), "trackingNumber"))


async def _write(
    tx: UnitOfWork,
    work: FulfillmentOrderRow,
    request: PackShipment,
    contents: list[dict[UUID, int]],
    lines: Mapping[UUID, FulfillmentOrderLineRow],
) -> ShipmentRow:
    shipment = ShipmentRow(
        id=new_id(),
        order_id=work.order_id,
        fulfillment_order_id=work.id,
        location_id=work.location_id,
        status=ShipmentStatus.PACKED,
        carrier=request.carrier,
        service=request.service,
        created_at=tx.now,
    )
    await _insert(shipment, request, contents, lines)
    return shipment


async def _insert(
    shipment: ShipmentRow,
    request: PackShipment,
    contents: list[dict[UUID, int]],
    lines: Mapping[UUID, FulfillmentOrderLineRow],
) -> None:
    rows, inside = list[ParcelRow](), list[ParcelLineRow]()
    for n, (parcel, units_by_line) in enumerate(zip(request.parcels, contents, strict=True), 1):
        row = ParcelRow(
            id=new_id(),
            shipment_id=shipment.id,
            order_id=shipment.order_id,
            position=n,
            carrier=request.carrier,
            tracking_number=parcel.tracking_number,
            tracking_url=parcel.tracking_url,
            weight_grams=parcel.weight_grams,
        )
        rows.append(row)
        inside += [
            ParcelLineRow(
                parcel_id=row.id,
                shipment_id=shipment.id,
                order_id=shipment.order_id,
                requirement_id=lines[line_id].requirement_id,
                sku=lines[line_id].sku,
                quantity=units,
            )
            for line_id, units in units_by_line.items()
        ]
    await insert([shipment, *rows, *inside])


async def _book(
    work: FulfillmentOrderRow,
    lines: Sequence[FulfillmentOrderLineRow],
    contents: list[dict[UUID, int]],
) -> None:
    packed: Counter[UUID] = Counter()
    for inside in contents:
        packed.update(inside)
    await add_all(FulfillmentOrderLineRow, {line_id: {"packed": units} for line_id, units in packed.items()})
    # A line is the only one of its requirement in this work.
    await orders.shift(
        {line.requirement_id: packed[line.id] for line in lines if packed[line.id]}, "allocated", "packed"
    )
    total = sum(packed.values())
    work.units_to_pack, work.units_packed = work.units_to_pack - total, work.units_packed + total
    await work.save(update_fields=["units_to_pack", "units_packed"])


async def _close_when_done(tx: UnitOfWork, work: FulfillmentOrderRow) -> None:
    if work.units_to_pack:
        return
    work.status = FULFILLMENT_ORDER.step(FulfillmentOrderAction.CLOSE, work.status, work.facts(is_on_hold=False))
    work.closed_at = tx.now
    await work.save(update_fields=["status", "closed_at"])
    tx.record(FulfillmentOrderClosed(work.order_id, work.id))
