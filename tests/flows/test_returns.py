"""Goods that come back: counted, decided upon, put where they were received, and worth what was paid."""

from uuid import UUID

import pytest

from domain.customers.models import CustomerRow
from domain.flows.place_orders import place_order
from domain.flows.placement import PlaceCustomer, PlaceLine, PlaceOrder
from domain.flows.receive_return import (
    CompleteReturn,
    DisposeReturn,
    ReceiveLine,
    ReceiveReturn,
    complete_return,
    dispose_return,
    receive_return,
)
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
from domain.kernel.actor import customer
from domain.kernel.errors import IllegalTransition, InvalidInput, NotFound
from domain.kernel.ids import new_id
from domain.payments.models import RefundRow
from domain.returns.errors import NotReturnable
from domain.returns.lifecycle import DispositionAction
from domain.returns.models import DispositionRow, ReturnLineRow, ReturnRow
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import (
    CHANNEL,
    Shop,
    column,
    deliver,
    dump,
    level,
    open_shop,
    order,
    pay,
    place,
    requirement,
    run,
)


async def delivered(units: int = 3, paid_minor: int = 1000) -> tuple[Shop, UUID]:
    """An order of three mugs for ten euros in all, paid and delivered."""
    shop = await open_shop({"MUG": (9,)})
    line = PlaceLine("MUG", units, discount_minor=units * 1000 - paid_minor)
    order_id = await run(place_order, PlaceOrder(CHANNEL, (line,)))
    await pay(order_id)
    await deliver(order_id)
    return shop, order_id


async def announce(order_id: UUID, units: int) -> UUID:
    it = await requirement(order_id, "MUG")
    return await run(request_return, RequestReturn(order_id, (RequestReturnLine(it.id, units),), "Too big."))


async def approved(order_id: UUID, units: int) -> UUID:
    rma = await announce(order_id, units)
    await run(approve_return, ApproveReturn(rma))
    return rma


async def receive(rma: UUID, place_id: UUID, units: int) -> None:
    line = await ReturnLineRow.get(rma_id=rma)
    await run(receive_return, ReceiveReturn(rma, place_id, (ReceiveLine(line.id, units),)))


async def test_partial_receipts_sum_to_what_the_line_cost_to_the_cent(database: Database) -> None:
    shop, order_id = await delivered()
    rma = await approved(order_id, 3)
    for _ in range(3):
        await receive(rma, shop.north, 1)
        await assert_books_balance()
    amounts = await column(RefundRow.all().order_by("id"), "amount_minor")
    assert amounts == [333, 334, 333]
    assert (await ReturnRow.get(id=rma)).status == "RECEIVED"
    found = await order(order_id)
    assert (found.return_status, found.canceled_minor) == ("RETURNED", 1000)


async def test_units_are_restocked_where_they_were_received(database: Database) -> None:
    shop, order_id = await delivered()
    rma = await approved(order_id, 3)
    await run(receive_return, ReceiveReturn(rma, shop.south))
    assert (await level("MUG", shop.north)).on_hand == 6
    it = await DispositionRow.get(rma_id=rma)
    await run(dispose_return, DisposeReturn(it.id, DispositionAction.DAMAGE, 2))
    shelf = await level("MUG", shop.south)
    assert (shelf.on_hand, shelf.damaged) == (2, 2)
    assert (await ReturnRow.get(id=rma)).units_undecided == 1
    rest = await DispositionRow.get(rma_id=rma, status="PENDING")
    await run(dispose_return, DisposeReturn(rest.id, DispositionAction.RESTOCK))
    assert (await ReturnRow.get(id=rma)).status == "COMPLETED"
    await run(dispose_return, DisposeReturn(it.id, DispositionAction.RESTOCK, 1))
    left = await DispositionRow.get(rma_id=rma, status="DAMAGED")
    await run(dispose_return, DisposeReturn(left.id, DispositionAction.DISPOSE))
    shelf = await level("MUG", shop.south)
    assert (shelf.on_hand, shelf.damaged) == (2, 0)
    assert (await level("MUG", shop.north)).on_hand == 6
    await assert_books_balance()


async def test_more_than_shipped_never_comes_back(database: Database) -> None:
    shop, order_id = await delivered()
    first = await announce(order_id, 2)
    before = await dump()
    with pytest.raises(NotReturnable) as refused:
        await announce(order_id, 2)
    assert (refused.value.requested, refused.value.returnable) == (2, 1)
    assert await dump() == before
    await run(cancel_return, CancelReturn(first))
    second = await approved(order_id, 3)
    await run(receive_return, ReceiveReturn(second, shop.north))
    before = await dump()
    with pytest.raises(NotReturnable):
        await run(receive_return, ReceiveReturn(first, shop.north))
    with pytest.raises(IllegalTransition):
        await run(complete_return, CompleteReturn(second))
    assert await dump() == before
    await assert_books_balance()


async def test_what_has_not_shipped_cannot_come_back(database: Database) -> None:
    await open_shop({"MUG": (9,)})
    order_id = await place({"MUG": 1})
    before = await dump()
    with pytest.raises(NotReturnable):
        await announce(order_id, 1)
    assert await dump() == before


async def test_goods_that_come_although_we_declined_are_received(database: Database) -> None:
    shop, order_id = await delivered()
    rma = await announce(order_id, 1)
    await run(decline_return, DeclineReturn(rma, "Too late."))
    await run(receive_return, ReceiveReturn(rma, shop.north))
    assert (await ReturnRow.get(id=rma)).status == "RECEIVED"
    assert (await RefundRow.get()).amount_minor == 333
    await assert_books_balance()


async def test_a_return_of_which_no_more_comes_is_completed_once_what_came_is_decided(database: Database) -> None:
    shop, order_id = await delivered()
    rma = await approved(order_id, 3)
    await receive(rma, shop.north, 1)
    before = await dump()
    with pytest.raises(IllegalTransition) as refused:
        await run(complete_return, CompleteReturn(rma))
    assert refused.value.reason_code == "UNITS_UNDECIDED"
    assert await dump() == before
    it = await DispositionRow.get(rma_id=rma)
    await run(dispose_return, DisposeReturn(it.id, DispositionAction.DISPOSE))
    await run(complete_return, CompleteReturn(rma))
    await announce(order_id, 2)
    await assert_books_balance()


async def test_a_receipt_of_more_than_was_announced_is_refused(database: Database) -> None:
    shop, order_id = await delivered()
    rma = await approved(order_id, 2)
    before = await dump()
    with pytest.raises(NotReturnable):
        await receive(rma, shop.north, 3)
    with pytest.raises(NotFound):
        await run(receive_return, ReceiveReturn(rma, new_id()))
    assert await dump() == before
    await receive(rma, shop.north, 2)
    before = await dump()
    with pytest.raises(InvalidInput):
        await run(receive_return, ReceiveReturn(rma, shop.north))
    assert await dump() == before


async def test_the_return_of_another_customer_looks_like_one_that_does_not_exist(database: Database) -> None:
    await open_shop({"MUG": (9,)})
    order_id = await place({"MUG": 1}, customer=PlaceCustomer(email="ann@example.com"))
    await place({"MUG": 1}, customer=PlaceCustomer(email="eve@example.com"))
    await deliver(order_id)
    rma, unknown = await announce(order_id, 1), new_id()
    eve = customer((await CustomerRow.get(email="eve@example.com")).id)
    told = []
    for each in (rma, unknown):
        with pytest.raises(NotFound) as refused:
            await run(cancel_return, CancelReturn(each), actor=eve)
        told.append(refused.value.message.replace(each.hex, "…"))
    assert told[0] == told[1]
    assert (await ReturnRow.get(id=rma)).status == "REQUESTED"
