"""Goods that come back: counted, decided upon, put where they were received, and worth what was paid."""

from uuid import UUID

import pytest

from domain.customers.models import CustomerRow
from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.grant_refund import GrantRefund, RecordRefund, grant_refund, record_refund
from domain.flows.import_orders import import_orders
from domain.flows.imported import (
    ImportBatch,
    ImportChannel,
    ImportedLine,
    ImportedOrder,
    ImportedPayment,
    ImportedShipment,
)
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
from domain.orders.models import OrderRow
from domain.payments.models import PaymentRow, RefundRow
from domain.returns.errors import NotReturnable
from domain.returns.lifecycle import DispositionAction
from domain.returns.models import DispositionRow, ReturnLineRow, ReturnRow
from domain.stock.errors import InsufficientStock
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import (
    CHANNEL,
    NOON,
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


async def test_goods_of_an_imported_order_come_back_and_downloads_do_not(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    lines = (
        ImportedLine("MUG", "Mug", 2, 1000, 2000),
        ImportedLine("EBOOK", "E-book", 1, 999, 999),
        ImportedLine("OLDMUG", "A mug that is in no catalog", 1, 500, 500),
    )
    remembered = ImportedOrder(
        "I-1",
        NOON,
        "EUR",
        lines=lines,
        payments=(ImportedPayment("card", 3499),),
        shipment=ImportedShipment("dhl", NOON, NOON),
    )
    channel = ImportChannel(CHANNEL, "Web", "EUR", "Acme GmbH", "Europe/Berlin")
    await run(import_orders, ImportBatch(channel, (remembered,)))
    order_id = (await OrderRow.get(external_reference="I-1")).id
    download = RequestReturnLine((await requirement(order_id, "EBOOK")).id, 1)
    before = await dump()
    with pytest.raises(NotReturnable) as refused:
        await run(request_return, RequestReturn(order_id, (download,), "Too long."))
    assert (refused.value.sku, refused.value.requested, refused.value.returnable) == ("EBOOK", 1, 0)
    assert await dump() == before
    mug, unknown = await requirement(order_id, "MUG"), await requirement(order_id, "OLDMUG")
    goods = (RequestReturnLine(mug.id, 1), RequestReturnLine(unknown.id, 1))
    rma = await run(request_return, RequestReturn(order_id, goods, "Too big."))
    await run(approve_return, ApproveReturn(rma))
    await run(receive_return, ReceiveReturn(rma, shop.north))
    assert await column(RefundRow.all(), "amount_minor") == [1500]
    for it in await DispositionRow.filter(rma_id=rma):
        await run(dispose_return, DisposeReturn(it.id, DispositionAction.RESTOCK))
    assert (await level("MUG", shop.north)).on_hand == 6
    assert (await ReturnRow.get(id=rma)).status == "COMPLETED"


async def test_damaged_units_that_are_not_on_hand_any_more_cannot_be_disposed_of(database: Database) -> None:
    shop, order_id = await delivered()
    rma = await approved(order_id, 3)
    await run(receive_return, ReceiveReturn(rma, shop.south))
    it = await DispositionRow.get(rma_id=rma)
    await run(dispose_return, DisposeReturn(it.id, DispositionAction.DAMAGE))
    await run(adjust_stock, AdjustStock("MUG", shop.south, -2))
    before = await dump()
    with pytest.raises(InsufficientStock) as refused:
        await run(dispose_return, DisposeReturn(it.id, DispositionAction.DISPOSE))
    assert (refused.value.sku, refused.value.requested, refused.value.available) == ("MUG", 3, 1)
    assert await dump() == before
    await run(dispose_return, DisposeReturn(it.id, DispositionAction.DISPOSE, 1))
    shelf = await level("MUG", shop.south)
    assert (shelf.on_hand, shelf.damaged) == (0, 2)
    await assert_books_balance(is_oversold=True)


async def test_who_has_not_paid_yet_owes_less_for_what_came_back(database: Database) -> None:
    shop = await open_shop({"MUG": (9,)})
    order_id = await place({"MUG": 3})
    await deliver(order_id)
    rma = await approved(order_id, 1)
    await run(receive_return, ReceiveReturn(rma, shop.north))
    assert await PaymentRow.all().values_list("status", "expected_minor") == [("PENDING", 2000)]
    assert await RefundRow.all().count() == 0
    assert (await order(order_id)).canceled_minor == 1000
    await pay(order_id)
    assert (await order(order_id)).charge_status == "FULL"
    await assert_books_balance()


async def test_an_order_is_fully_paid_again_when_a_refund_out_of_goodwill_has_gone_back(database: Database) -> None:
    _, order_id = await delivered()
    await run(grant_refund, GrantRefund(order_id, 400, "EUR", "Sorry."))
    granted = await order(order_id)
    assert (granted.canceled_minor, granted.charge_status) == (400, "OVERCHARGED")
    await run(record_refund, RecordRefund((await RefundRow.get()).id))
    assert (await order(order_id)).charge_status == "FULL"
    await assert_books_balance()
