"""Placing orders: each is checked, priced, set aside in stock and written whole, or refused whole."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from domain.allocation.decisions import hand_out
from domain.allocation.models import AllocationRow
from domain.flows.draft_order import Draft, draft_order
from domain.flows.listing import load_listing
from domain.flows.placement import PlaceCustomer, PlaceOrder, check
from domain.flows.shelf import Shelf
from domain.flows.take_reservation import Taking
from domain.fulfillment import service as fulfillment
from domain.kernel.actor import Permission
from domain.kernel.errors import DomainError
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import Asked, Together, UnitOfWork
from domain.orders.events import OrderCompleted, OrderConfirmed, OrderPlaced
from domain.orders.models import OrderRow
from domain.payments.events import PaymentExpected
from domain.stock import service as stock
from domain.stock.models import MovementCause

PENDING_FOR = timedelta(days=3)


async def place_orders(tx: UnitOfWork, asked: Sequence[Asked[PlaceOrder]]) -> list[UUID | DomainError]:
    """Place orders that arrive together: for each, its id or its refusal; a refused one leaves no trace.

    Units of all their lines are set aside at locations that have them; a confirmed order's locations get their work.
    """
    outcomes: dict[int, UUID | DomainError] = {}
    drafts: dict[int, Draft] = {}
    sound = dict(_checked(asked, outcomes))
    listing = await load_listing(list(sound.values()))
    for n, each in sound.items():
        try:
            drafts[n] = draft_order(each, tx.now, listing)
        except DomainError as refusal:
            outcomes[n] = refusal
    taking = await Taking.begin((asked[n] for n in drafts), drafts.values())
    shelf = await Shelf.lock(tx, drafts.values())
    for n, draft in list(drafts.items()):
        try:
            # Again, for a name is taken by an order that is taken: one that is refused leaves it to the next.
            listing.check_reference(draft.order.channel_id, asked[n].request)
            shelf.promise(draft, held=taking.held_for(tx, asked[n], draft))
            taking.take(asked[n], draft, shelf.free)
            outcomes[n] = draft.order.id
            listing.references.add((draft.order.channel_id, draft.order.external_reference or ""))
        except DomainError as refusal:
            outcomes[n] = refusal
            del drafts[n]
    tx.add(*listing.new_customers(_buyers(drafts, asked)))
    for n, draft in drafts.items():
        tx.begin(draft.order, asked[n].actor)
    await taking.hand_over(tx, shelf.levels)
    await _write(tx, list(drafts.values()), shelf, taking)
    return [outcomes[n] for n in range(len(asked))]


def weight(request: PlaceOrder) -> int:
    """How much there is to write: its lines, and of a bundle what the request says that it is sent as.

    What the catalog says of bundles nobody has read yet: it is at most a hundred parts a line.
    """
    return sum(len(line.components) or 1 for line in request.lines)


place_order = Together("place_order", place_orders, weigh=weight)


async def place_all(tx: UnitOfWork, requests: Sequence[PlaceOrder]) -> list[UUID | DomainError]:
    """Place orders that one actor brings: for each, its id or its refusal."""
    tx.actor.require(Permission.PLACE_ORDERS)
    return await place_orders(tx, [Asked(tx.actor, request) for request in requests])


def _checked(
    asked: Sequence[Asked[PlaceOrder]], outcomes: dict[int, UUID | DomainError]
) -> Iterable[tuple[int, Asked[PlaceOrder]]]:
    """Those that can be right; of the others, what is wrong. What is far too large is never looked up."""
    for n, each in enumerate(asked):
        try:
            each.actor.require(Permission.PLACE_ORDERS)
            check(each.request)
            yield n, each
        except DomainError as refusal:
            outcomes[n] = refusal


def _buyers(drafts: Mapping[int, Draft], asked: Sequence[Asked[PlaceOrder]]) -> dict[UUID, PlaceCustomer]:
    """Who buys, each as the first order that is taken names them."""
    found: dict[UUID, PlaceCustomer] = {}
    for n, draft in drafts.items():
        if draft.order.customer_id:
            found.setdefault(draft.order.customer_id, asked[n].request.customer or PlaceCustomer())
    return found


async def _write(tx: UnitOfWork, drafts: list[Draft], shelf: Shelf, taking: Taking) -> None:
    allocations = {draft.order.id: _allocations(draft) for draft in drafts}
    for draft in drafts:
        tx.add(*draft.lines, *draft.requirements, *draft.charges, *draft.addresses, *allocations[draft.order.id])
        if draft.payment:
            tx.add(draft.payment)
    for draft in drafts:
        tx.record(OrderPlaced(draft.order.id))
        if draft.payment:
            tx.record(PaymentExpected(draft.order.id, draft.payment.id))
        if draft.is_confirmed:
            tx.record(OrderConfirmed(draft.order.id))
            if draft.order.completed_at:
                tx.record(OrderCompleted(draft.order.id))
        else:
            tx.later("expire_order", {"order_id": draft.order.id.hex}, after=PENDING_FOR)
    confirmed = [draft for draft in drafts if draft.is_confirmed]
    fulfillment.open_orders(
        tx, [work_of(draft.order, row) for draft in confirmed for row in allocations[draft.order.id]]
    )
    taken = [row for rows in allocations.values() for row in rows]
    movements = [movement_of(row, shelf.levels[row.location_id, row.sku].level_id) for row in taken]
    movements = taking.beyond(movements)
    if waiting := [row for draft in drafts for row in draft.waiting]:
        movements += await shelf.room.enter(tx, waiting)
        tx.add(*waiting)
        await stock.move(tx, movements)
    else:
        stock.move_free(tx, movements, shelf.levels.values())


def _allocations(draft: Draft) -> list[AllocationRow]:
    """The plan's units, given to the requirements of each SKU in their order."""
    stocked = {each.id: each for each in draft.stocked}
    wanted = [(each.id, each.sku, each.allocated) for each in draft.stocked]
    return [
        AllocationRow(
            id=new_id(),
            requirement_id=requirement_id,
            order_id=draft.order.id,
            location_id=location_id,
            variant_id=stocked[requirement_id].variant_id,
            sku=stocked[requirement_id].sku,
            quantity=units,
        )
        for requirement_id, location_id, units in hand_out(draft.plan.takes, wanted)
    ]


def work_of(order: OrderRow, allocation: AllocationRow) -> fulfillment.Work:
    """What a location is to pack for an allocation."""
    return fulfillment.Work(
        order.id, order.number, allocation.location_id, allocation.requirement_id, allocation.sku, allocation.quantity
    )


def movement_of(allocation: AllocationRow, level_id: UUID) -> stock.Movement:
    """What setting the units of an allocation aside moves on its level."""
    return stock.Movement(
        level_id, MovementCause.ALLOCATED, allocated=allocation.quantity, order_id=allocation.order_id
    )
