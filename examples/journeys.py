"""What carriers see of a parcel on its way, and what comes back by the same way."""

from collections.abc import Awaitable, Callable
from random import Random
from uuid import UUID

from domain.flows.receive_return import (
    CompleteReturn,
    DisposeReturn,
    ReceiveLine,
    ReceiveReturn,
    complete_return,
    dispose_return,
    receive_return,
)
from domain.flows.record_scan import RecordScan, record_scan
from domain.flows.request_return import (
    ApproveReturn,
    CancelReturn,
    DeclineReturn,
    RequestReturn,
    RequestReturnLine,
    approve_return,
    cancel_return,
    decline_return,
    request_return,
)
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders.models import OrderAddressRow, RequirementRow
from domain.returns.lifecycle import DispositionAction, DispositionStatus, ReturnStatus
from domain.returns.models import DispositionRow, ReturnLineRow, ReturnRow
from domain.shipping.lifecycle import ParcelOutcome, TrackingStatus
from domain.shipping.models import ParcelRow

T = TrackingStatus
Act = Callable[[UnitOfWork, UUID, Random], Awaitable[None]]

RETURN_REASONS = ("It was a present that was there already.", "Larger than it looked.", "Arrived with a dent.")
HUBS = ("Hannover", "Venlo", "Daventry", "Nagoya", "Köln", "Linz")
SAID = {
    T.PRE_TRANSIT: "The label was printed.",
    T.IN_TRANSIT: "Sorted, and on its way to the next depot.",
    T.OUT_FOR_DELIVERY: "In the van.",
    T.AVAILABLE_FOR_PICKUP: "Waits at the parcel shop for seven days.",
    T.ATTEMPTED_DELIVERY: "Nobody was at home.",
    T.DELAYED: "Held up by the weather.",
    T.DELIVERED: "Handed over at the door.",
    T.RETURN_TO_SENDER: "The recipient has moved.",
    T.FAILURE: "The label cannot be read.",
    T.LOST: "Cannot be found.",
    T.UNKNOWN: "A message that we do not understand.",
}


def seen(status: TrackingStatus) -> Act:
    """The carrier saw every parcel that is still on its way."""

    async def see(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
        for parcel in await _on_the_way(order_id):
            await see_parcel(tx, parcel, status, rng)

    return see


def first_seen(status: TrackingStatus) -> Act:
    """The carrier saw the first of the parcels."""

    async def see(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
        for parcel in (await _on_the_way(order_id))[:1]:
            await see_parcel(tx, parcel, status, rng)

    return see


async def see_parcel(tx: UnitOfWork, parcel: ParcelRow, status: TrackingStatus, rng: Random) -> UUID:
    """One scan, now, at a hub or where it goes; the parcel's id."""
    address = await OrderAddressRow.filter(order_id=parcel.order_id).order_by("id").first()
    between = status in (T.IN_TRANSIT, T.DELAYED, T.LOST) or address is None
    place = rng.choice(HUBS) if between or address is None else address.city
    return await record_scan(tx, RecordScan(status, tx.now, parcel.id, place=place, description=SAID[status]))


async def _on_the_way(order_id: UUID) -> list[ParcelRow]:
    return await ParcelRow.filter(order_id=order_id, outcome=ParcelOutcome.OPEN).order_by("id")


async def ask_return(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
    """The buyer wants to send the first line back."""
    it = await RequirementRow.filter(order_id=order_id, is_stocked=True, delivered__gt=0).order_by("id").first()
    if it is not None:
        line = RequestReturnLine(it.id, it.delivered)
        await request_return(tx, RequestReturn(order_id, (line,), rng.choice(RETURN_REASONS)))


async def ask_return_of_all(tx: UnitOfWork, order_id: UUID, rng: Random) -> None:
    """The buyer wants to send everything back."""
    goods = await RequirementRow.filter(order_id=order_id, is_stocked=True, delivered__gt=0).order_by("id")
    lines = tuple(RequestReturnLine(it.id, it.delivered) for it in goods)
    await request_return(tx, RequestReturn(order_id, lines, rng.choice(RETURN_REASONS)))


async def approve(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """We take the goods back."""
    await approve_return(tx, ApproveReturn(await _return_of(order_id)))


async def decline(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """We do not take the goods back."""
    await decline_return(tx, DeclineReturn(await _return_of(order_id), "Opened food cannot come back."))


async def keep_goods(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """The buyer keeps the goods after all."""
    await cancel_return(tx, CancelReturn(await _return_of(order_id)))


async def receive(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """All that is awaited arrived where it came from."""
    await receive_return(tx, ReceiveReturn(await _return_of(order_id), await _home_of(order_id)))


async def receive_some(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """One unit arrived."""
    rma_id = await _return_of(order_id)
    line = await ReturnLineRow.filter(rma_id=rma_id).order_by("id").first()
    assert line is not None, "a return has lines"
    await receive_return(tx, ReceiveReturn(rma_id, await _home_of(order_id), (ReceiveLine(line.id, 1),)))


async def give_up(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
    """No more will come."""
    await complete_return(tx, CompleteReturn(await _return_of(order_id)))


def decided(action: DispositionAction, quantity: int | None = None) -> Act:
    """This becomes of what is undecided: of so many units, or of all."""

    async def decide(tx: UnitOfWork, order_id: UUID, _rng: Random) -> None:
        rma_id = await _return_of(order_id)
        for each in await DispositionRow.filter(rma_id=rma_id, status=DispositionStatus.PENDING).order_by("id"):
            await dispose_return(tx, DisposeReturn(each.id, action, quantity))

    return decide


async def _return_of(order_id: UUID) -> UUID:
    rma = await ReturnRow.filter(order_id=order_id).exclude(status=ReturnStatus.COMPLETED).order_by("-id").first()
    assert rma is not None, "no return is open"
    return rma.id


async def _home_of(order_id: UUID) -> UUID:
    work = await FulfillmentOrderRow.filter(order_id=order_id).order_by("id").first()
    assert work is not None, "nothing was ever sent"
    return work.location_id
