"""What can happen to one order, each as the flow that does it: the words that stages and the simulator are told in."""

from random import Random
from uuid import UUID

from domain.flows.cancel_order import CancelOrder, cancel_order
from domain.flows.confirm_order import ConfirmOrder, ExpireOrder, RejectOrder, confirm_order, expire_order, reject_order
from domain.flows.grant_refund import RecordRefund, record_refund
from domain.flows.hold_order import HoldOrder, ReleaseHold, hold_order, release_hold
from domain.flows.pack_shipment import PackLine, PackParcel, PackShipment, pack_shipment
from domain.flows.record_payment import RecordPayment, record_payment
from domain.flows.ship_shipment import ShipShipment, ship_shipment
from domain.flows.unpack_shipment import CancelShipment, cancel_shipment
from domain.flows.work_fulfillment_order import (
    RejectFulfillmentOrder,
    StartFulfillmentOrder,
    reject_fulfillment_order,
    start_fulfillment_order,
)
from domain.fulfillment.lifecycle import FulfillmentOrderStatus
from domain.fulfillment.models import FulfillmentOrderLineRow, FulfillmentOrderRow
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.orders.models import HoldKind, HoldRow
from domain.payments.lifecycle import PaymentStatus, RefundStatus
from domain.payments.models import PaymentRow, RefundRow
from domain.shipping.lifecycle import ShipmentStatus
from domain.shipping.models import ShipmentRow

CANCEL_REASONS = ("Ordered twice by mistake.", "Found it in a drawer after all.", "The delivery would come too late.")
HOLD_REASONS = {
    HoldKind.ADDRESS: "The carrier does not know this street.",
    HoldKind.FRAUD: "Three cards were tried within two minutes.",
    HoldKind.PAYMENT: "The bank asks us to wait for a confirmation.",
    HoldKind.CUSTOMER_REQUEST: "The buyer is away until Monday.",
    HoldKind.MANUAL: "Wait for the second order of the same household.",
}
CARRIERS = {
    "DE": ("dhl", "JD0146"),
    "NL": ("postnl", "3SLLWB"),
    "AT": ("post-at", "10421"),
    "GB": ("royal-mail", "QK7"),
    "JP": ("yamato", "4711"),
}
_UNDER_WAY = (FulfillmentOrderStatus.OPEN, FulfillmentOrderStatus.IN_PROGRESS)


async def confirm(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """The order may go on."""
    await confirm_order(tx, ConfirmOrder(order_id))


async def reject(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """We do not take the order."""
    await reject_order(tx, RejectOrder(order_id, "The card belongs to somebody else."))


async def expire(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """Nobody confirmed it."""
    await expire_order(tx, ExpireOrder(order_id))


async def cancel(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
    """The buyer changed their mind."""
    await cancel_order(tx, CancelOrder(order_id, rng.choice(CANCEL_REASONS)))


async def hold(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
    """There is a reason not to proceed."""
    kind = rng.choice(list(HOLD_REASONS))
    await hold_order(tx, HoldOrder(order_id, kind, HOLD_REASONS[kind]))


async def release(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """The reasons are gone."""
    for each in await HoldRow.filter(order_id=order_id, released_at__isnull=True).order_by("id"):
        await release_hold(tx, ReleaseHold(each.id))


async def pay(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
    """All the money that is expected came."""
    for each in await PaymentRow.filter(order_id=order_id, status=PaymentStatus.PENDING).order_by("id"):
        await record_payment(tx, RecordPayment(each.id, reference=f"PAY-{rng.randrange(16**8):08X}"))


async def pay_part(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
    """Half of the money came."""
    payment = await PaymentRow.filter(order_id=order_id, status=PaymentStatus.PENDING).order_by("id").first()
    if payment is not None:
        half = max(payment.expected_minor // 2, 1)
        await record_payment(tx, RecordPayment(payment.id, half, reference=f"PAY-{rng.randrange(16**8):08X}"))


async def refund(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
    """What is owed went back."""
    for each in await RefundRow.filter(order_id=order_id, status=RefundStatus.GRANTED).order_by("id"):
        await record_refund(tx, RecordRefund(each.id, reference=f"REF-{rng.randrange(16**8):08X}"))


async def start(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """The locations begin."""
    for each in await FulfillmentOrderRow.filter(order_id=order_id, status=FulfillmentOrderStatus.OPEN).order_by("id"):
        await start_fulfillment_order(tx, StartFulfillmentOrder(each.id))


async def refuse_work(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """The first location cannot do it; others are asked."""
    work = await FulfillmentOrderRow.filter(order_id=order_id, status__in=_UNDER_WAY).order_by("id").first()
    if work is not None:
        await reject_fulfillment_order(
            tx, RejectFulfillmentOrder(work.id, "The shelf is empty, whatever the books say.")
        )


async def pack(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
    """All that is left goes into parcels."""
    for work in await FulfillmentOrderRow.filter(order_id=order_id, status__in=_UNDER_WAY).order_by("id"):
        await pack_work(tx, work, rng)


async def pack_some(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
    """One unit goes into a parcel; the rest is for later."""
    work = await FulfillmentOrderRow.filter(order_id=order_id, status__in=_UNDER_WAY).order_by("-units_to_pack").first()
    if work is not None:
        line = await FulfillmentOrderLineRow.filter(fulfillment_order_id=work.id).order_by("id").first()
        await pack_work(tx, work, rng, (PackLine(line.sku, 1),) if line else ())


async def pack_work(tx: UnitOfWork, work: FulfillmentOrderRow, rng: Random, lines: tuple[PackLine, ...] = ()) -> UUID:
    """One parcel of these lines, or of all that is left; the shipment's id."""
    location = await LocationRow.get(id=work.location_id)
    carrier, prefix = CARRIERS[location.country_code]
    parcel = PackParcel(
        tracking_number=f"{prefix}{rng.randrange(10**12):012d}", weight_grams=rng.randrange(300, 8_000, 10), lines=lines
    )
    return await pack_shipment(tx, PackShipment(work.id, carrier, (parcel,), service="parcel"))


async def unpack(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """The parcels are opened again."""
    for each in await _shipments(order_id, ShipmentStatus.PACKED):
        await cancel_shipment(tx, CancelShipment(each.id))


async def ship(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """The carriers took what is packed."""
    for each in await _shipments(order_id, ShipmentStatus.PACKED):
        await ship_shipment(tx, ShipShipment(each.id))


async def _shipments(order_id: UUID, status: ShipmentStatus) -> list[ShipmentRow]:
    return await ShipmentRow.filter(order_id=order_id, status=status).order_by("id")
