"""Writes to fulfillment orders."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import F

from domain.fulfillment.events import FulfillmentOrderOpened
from domain.fulfillment.lifecycle import FulfillmentOrderStatus
from domain.fulfillment.models import DeliveryMethod, FulfillmentOrderLineRow, FulfillmentOrderRow
from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import UnitOfWork


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


async def call_off_lines(fulfillment_order_id: UUID) -> None:
    """What is not packed of its lines is called off."""
    lines = FulfillmentOrderLineRow.filter(fulfillment_order_id=fulfillment_order_id)
    await lines.update(canceled=F("quantity") - F("packed"))
