"""Writes to fulfillment orders."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import F

from domain.fulfillment.events import (
    FulfillmentOrderCanceled,
    FulfillmentOrderClosed,
    FulfillmentOrderOpened,
    FulfillmentOrderStarted,
)
from domain.fulfillment.lifecycle import FULFILLMENT_ORDER, FulfillmentOrderAction, FulfillmentOrderStatus
from domain.fulfillment.models import DeliveryMethod, FulfillmentOrderLineRow, FulfillmentOrderRow
from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork

OPEN_WORK = (FulfillmentOrderStatus.SCHEDULED, FulfillmentOrderStatus.OPEN, FulfillmentOrderStatus.IN_PROGRESS)


@dataclass(frozen=True)
class Work:
    """Units of one requirement that a location is to pack for an order."""

    order_id: UUID
    order_number: str
    location_id: UUID
    requirement_id: UUID
    sku: str
    units: int


def open_orders(tx: UnitOfWork, work: Sequence[Work], *, begun: int = 0) -> None:
    """One open fulfillment order per order and location; `begun` counts those that the order already had."""
    by_place: dict[tuple[UUID, UUID], list[Work]] = defaultdict(list)
    for each in work:
        by_place[each.order_id, each.location_id].append(each)
    serial: dict[UUID, int] = defaultdict(lambda: begun)
    rows, lines = [], []
    for (order_id, location_id), parts in by_place.items():
        serial[order_id] += 1
        row = FulfillmentOrderRow(
            id=new_id(),
            order_id=order_id,
            location_id=location_id,
            number=f"{parts[0].order_number}-{serial[order_id]}",
            status=FulfillmentOrderStatus.OPEN,
            delivery_method=DeliveryMethod.SHIP,
            units_to_pack=sum(part.units for part in parts),
            created_at=tx.now,
        )
        rows.append(row)
        lines += [
            FulfillmentOrderLineRow(
                fulfillment_order_id=row.id,
                order_id=order_id,
                requirement_id=part.requirement_id,
                sku=part.sku,
                quantity=part.units,
            )
            for part in parts
        ]
        tx.record(FulfillmentOrderOpened(order_id, row.id))
    tx.add(*rows, *lines)


async def order_of(fulfillment_order_id: UUID) -> UUID:
    """The order that it is part of; raises NotFound when there is none."""
    found = await FulfillmentOrderRow.get_or_none(id=fulfillment_order_id)
    if found is None:
        raise NotFound("fulfillment order", f"fulfillment_order_{fulfillment_order_id.hex}")
    return found.order_id


async def lines_of(fulfillment_order_id: UUID) -> list[FulfillmentOrderLineRow]:
    """Its lines, in the order of their keys."""
    return await FulfillmentOrderLineRow.filter(fulfillment_order_id=fulfillment_order_id).order_by("id")


async def call_off_units(tx: UnitOfWork, location_id: UUID, units: Mapping[UUID, int]) -> None:
    """Take so many units of each requirement out of the location's open work, the latest work first.

    Work without anything left to pack ends: closed when some of it was packed, else canceled. Its order is locked.
    """
    lines = FulfillmentOrderLineRow.filter(
        requirement_id__in=list(units),
        fulfillment_order__location_id=location_id,
        fulfillment_order__status__in=OPEN_WORK,
    )
    left, less, gone = dict(units), dict[UUID, dict[str, int]](), Counter[UUID]()
    for line in await lines.order_by("-id"):
        taken = min(line.quantity - line.packed - line.canceled, left[line.requirement_id])
        if taken:
            left[line.requirement_id] -= taken
            gone[line.fulfillment_order_id] += taken
            less[line.id] = {"canceled": taken}
    assert not any(left.values()), f"more was taken out of work than is in it: {units}"
    await add_all(FulfillmentOrderLineRow, less)
    for work in await FulfillmentOrderRow.filter(id__in=list(gone)).order_by("id"):
        work.units_to_pack -= gone[work.id]
        if not work.units_to_pack:
            await _end(tx, work)
        await work.save(update_fields=["status", "units_to_pack", "closed_at"])


async def _end(tx: UnitOfWork, work: FulfillmentOrderRow) -> None:
    """There is nothing more to do."""

    def step(action: FulfillmentOrderAction) -> None:
        work.status = FULFILLMENT_ORDER.step(action, work.status, work.facts(is_on_hold=False))

    if not await FulfillmentOrderLineRow.filter(fulfillment_order_id=work.id, packed__gt=0).exists():
        step(FulfillmentOrderAction.CANCEL)
        tx.record(FulfillmentOrderCanceled(work.order_id, work.id))
        return
    if work.status == FulfillmentOrderStatus.OPEN:  # a shipment was unpacked, and others were not
        step(FulfillmentOrderAction.START)
        tx.record(FulfillmentOrderStarted(work.order_id, work.id))
    step(FulfillmentOrderAction.CLOSE)
    work.closed_at = tx.now
    tx.record(FulfillmentOrderClosed(work.order_id, work.id))


async def call_off_lines(fulfillment_order_id: UUID) -> None:
    """What is not packed of its lines is called off."""
    lines = FulfillmentOrderLineRow.filter(fulfillment_order_id=fulfillment_order_id)
    await lines.update(canceled=F("quantity") - F("packed"))
