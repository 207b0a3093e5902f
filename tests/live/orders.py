"""Orders to be watched, and flows that record facts about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from domain.channels.models import ChannelRow
from domain.customers.models import CustomerRow
from domain.kernel.actor import SYSTEM, Actor
from domain.kernel.bell import Bell, SilentBell
from domain.kernel.events import OrderFact
from domain.kernel.ids import new_id
from domain.kernel.runner import Runner
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders.events import OrderConfirmed, OrderHeld, OrderPlaced
from domain.orders.lifecycle import OrderStatus
from domain.orders.models import OrderOrigin, OrderRow

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def new_customer() -> UUID:
    """A customer."""
    row = await CustomerRow.create(created_at=NOON)
    return UUID(str(row.id))


async def new_order(customer_id: UUID | None = None, *, status: OrderStatus = OrderStatus.PENDING) -> UUID:
    """An order without any event yet."""
    channel, _ = await ChannelRow.get_or_create(
        code="web", defaults={"name": "Web", "currency": "EUR", "legal_entity": "Shop", "time_zone": "Europe/Berlin"}
    )
    order_id = new_id()
    await OrderRow.create(
        id=order_id,
        number=order_id.hex[-20:],
        channel_id=channel.id,
        origin=OrderOrigin.PLACED,
        customer_id=customer_id,
        status=status,
        currency="EUR",
        subtotal_minor=0,
        charges_minor=0,
        total_minor=0,
        placed_at=NOON,
        recorded_at=NOON,
        updated_at=NOON,
    )
    return order_id


@dataclass(frozen=True)
class Happened:
    """Facts, of one order or of several."""

    facts: tuple[OrderFact, ...]


async def record(tx: UnitOfWork, request: Happened) -> UUID:
    """Write the facts, under the locks of their orders."""
    orders = sorted({fact.order_id for fact in request.facts})
    await OrderRow.filter(id__in=orders).order_by("id").select_for_update()
    tx.record(*request.facts)
    return orders[0]


async def happen(*facts: OrderFact, bell: Bell | None = None, actor: Actor = SYSTEM) -> None:
    """The facts become true in one commit; nobody is told unless a bell is given."""
    await Runner(bell or SilentBell()).run(record, actor, Happened(facts))


def placed(order_id: UUID, count: int = 1) -> Sequence[OrderFact]:
    """Events that everybody may see who may see the order."""
    return [OrderPlaced(order_id)] * count


def confirmed(order_id: UUID) -> OrderFact:
    """Another event that everybody may see."""
    return OrderConfirmed(order_id)


def held(order_id: UUID) -> OrderFact:
    """An event for staff alone."""
    return OrderHeld(order_id, hold_id=new_id(), kind="FRAUD")
