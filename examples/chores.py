"""What there is to do in a shop at any moment: whose turn it is, and for which order."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from tortoise.models import Model

from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.fulfillment.lifecycle import FulfillmentOrderStatus
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.actor import Actor
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders.lifecycle import FulfillmentStatus, OrderStatus, ReturnsStatus
from domain.orders.models import HoldRow, OrderRow
from domain.payments.lifecycle import PaymentStatus, RefundStatus
from domain.payments.models import PaymentRow, RefundRow
from domain.returns.lifecycle import DispositionAction, DispositionStatus, ReturnStatus
from domain.returns.models import DispositionRow, ReturnRow
from domain.shipping.lifecycle import ParcelOutcome, ShipmentStatus, TrackingStatus
from domain.shipping.models import ParcelRow, ShipmentRow
from domain.stock.models import StockLevelRow
from examples import journeys, steps
from examples.journeys import Act
from examples.shop.crew import CARRIER, SUPPORT, WAREHOUSE

T = TrackingStatus
# Of each kind of work the shop leaves some undone, so that there is always an order in every stage to look at.
LEFT_UNDONE = 3
RECEIVED_AT_ONCE = 48
NEXT_SCANS = {
    T.PRE_TRANSIT: (T.IN_TRANSIT,),
    T.IN_TRANSIT: (T.IN_TRANSIT, T.OUT_FOR_DELIVERY, T.OUT_FOR_DELIVERY, T.DELAYED),
    T.DELAYED: (T.IN_TRANSIT,),
    T.OUT_FOR_DELIVERY: (T.DELIVERED, T.DELIVERED, T.DELIVERED, T.ATTEMPTED_DELIVERY),
    T.ATTEMPTED_DELIVERY: (T.AVAILABLE_FOR_PICKUP, T.OUT_FOR_DELIVERY),
    T.AVAILABLE_FOR_PICKUP: (T.DELIVERED,),
}


@dataclass(frozen=True)
class Chore:
    """Who does what, how often in comparison, and how the order is found that waits for it."""

    actor: Actor
    act: Act
    weight: int
    find: Callable[[Random], Awaitable[UUID | None]]


def _waiting(
    rows: type[Model], *, is_held: bool = False, left: int = LEFT_UNDONE, order: str = "order_id", **where: Any
) -> Callable[[Random], Awaitable[UUID | None]]:
    """The order of some row that waits, none when only a few do; orders on hold wait on."""

    async def find(rng: Random) -> UUID | None:
        found: list[Any] = list(await rows.filter(**where).order_by("id").limit(200).values_list(order, flat=True))
        held: set[Any] = set(await HoldRow.filter(released_at__isnull=True).values_list("order_id", flat=True))
        waiting = [order_id for order_id in found if (order_id in held) is is_held]
        return rng.choice(waiting) if len(waiting) > left else None

    return find


def _orders(left: int, **where: Any) -> Callable[[Random], Awaitable[UUID | None]]:
    """Some order, of the latest two hundred of its kind."""

    async def find(rng: Random) -> UUID | None:
        latest = OrderRow.filter(**where).order_by("-placed_at", "-id").limit(200)
        found: list[Any] = list(await latest.values_list("id", flat=True))
        return rng.choice(found) if len(found) > left else None

    return find


async def move_on(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
    """The carrier sees each parcel of the order a little further on its way."""
    for parcel in await ParcelRow.filter(order_id=order_id, outcome=ParcelOutcome.OPEN).order_by("id"):
        status = rng.choice(NEXT_SCANS.get(parcel.tracking_status, (T.IN_TRANSIT,)))
        await journeys.see_parcel(tx, parcel, status, rng)


async def watch(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
    """The carrier sees a parcel that is on its way once more, and takes its time to deliver it."""
    parcel = await ParcelRow.filter(order_id=order_id, outcome=ParcelOutcome.OPEN).order_by("id").first()
    if parcel is not None:
        is_near = parcel.tracking_status == T.OUT_FOR_DELIVERY
        status = rng.choice(
            (T.OUT_FOR_DELIVERY,) * 5 + (T.DELIVERED,) if is_near else (T.IN_TRANSIT,) * 5 + (T.OUT_FOR_DELIVERY,)
        )
        await journeys.see_parcel(tx, parcel, status, rng)


async def receive_stock(tx: UnitOfWork, sku: str) -> UUID:
    """A delivery of the SKU arrives at the first location that keeps it; the level's id."""
    level = await StockLevelRow.filter(sku=sku).order_by("location__priority", "id").first()
    assert level is not None, "a SKU that is sold is kept somewhere"
    receipt = AdjustStock(sku, level.location_id, RECEIVED_AT_ONCE, note="Delivery", is_receipt=True)
    return await adjust_stock(tx, receipt)


CHORES = (
    Chore(SUPPORT, steps.confirm, 3, _orders(LEFT_UNDONE, status=OrderStatus.PENDING)),
    Chore(
        SUPPORT, steps.pay, 8, _waiting(PaymentRow, status=PaymentStatus.PENDING, order__status=OrderStatus.CONFIRMED)
    ),
    Chore(WAREHOUSE, steps.start, 8, _waiting(FulfillmentOrderRow, status=FulfillmentOrderStatus.OPEN)),
    Chore(WAREHOUSE, steps.pack, 8, _waiting(FulfillmentOrderRow, status=FulfillmentOrderStatus.IN_PROGRESS)),
    Chore(WAREHOUSE, steps.ship, 8, _waiting(ShipmentRow, status=ShipmentStatus.PACKED)),
    Chore(
        CARRIER,
        move_on,
        30,
        _waiting(ParcelRow, outcome=ParcelOutcome.OPEN, shipment__status=ShipmentStatus.SHIPPED, left=12),
    ),
    Chore(SUPPORT, steps.release, 1, _waiting(HoldRow, is_held=True, left=4, released_at__isnull=True)),
    Chore(
        SUPPORT,
        steps.hold,
        1,
        _orders(8, status=OrderStatus.CONFIRMED, fulfillment_status=FulfillmentStatus.UNFULFILLED),
    ),
    Chore(
        SUPPORT,
        steps.cancel,
        1,
        _orders(8, status=OrderStatus.CONFIRMED, fulfillment_status=FulfillmentStatus.UNFULFILLED),
    ),
    Chore(SUPPORT, journeys.ask_return, 1, _orders(8, status=OrderStatus.COMPLETED, return_status=ReturnsStatus.NONE)),
    Chore(SUPPORT, journeys.approve, 1, _waiting(ReturnRow, status=ReturnStatus.REQUESTED)),
    Chore(WAREHOUSE, journeys.receive, 1, _waiting(ReturnRow, status=ReturnStatus.APPROVED)),
    Chore(
        WAREHOUSE,
        journeys.decided(DispositionAction.RESTOCK),
        1,
        _waiting(
            DispositionRow, order="rma__order_id", status=DispositionStatus.PENDING, rma__status=ReturnStatus.RECEIVED
        ),
    ),
    Chore(SUPPORT, steps.refund, 1, _waiting(RefundRow, status=RefundStatus.GRANTED)),
)
