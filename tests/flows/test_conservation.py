"""Conservation: whatever people do, in whatever order, the books balance after every step."""

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise.models import Model

from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.cancel_order import CancelOrder, cancel_order
from domain.flows.confirm_order import ConfirmOrder, ExpireOrder, RejectOrder, confirm_order, expire_order, reject_order
from domain.flows.grant_refund import GrantRefund, RecordRefund, grant_refund, record_refund
from domain.flows.hold_order import HoldOrder, ReleaseHold, hold_order, release_hold
from domain.flows.pack_shipment import PackLine, PackParcel, PackShipment, pack_shipment
from domain.flows.place_orders import place_all
from domain.flows.receive_return import DisposeReturn, ReceiveLine, ReceiveReturn, dispose_return, receive_return
from domain.flows.record_payment import RecordPayment, record_payment
from domain.flows.record_scan import RecordScan, record_scan
from domain.flows.request_return import (
    ApproveReturn,
    RequestReturn,
    RequestReturnLine,
    approve_return,
    request_return,
)
from domain.flows.ship_shipment import ShipShipment, ship_shipment
from domain.flows.unpack_shipment import CancelShipment, cancel_shipment
from domain.flows.work_fulfillment_order import RejectFulfillmentOrder, reject_fulfillment_order
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.errors import DomainError
from domain.orders.models import HoldKind, HoldRow, OrderRow, RequirementRow
from domain.payments.models import PaymentRow, RefundRow
from domain.returns.lifecycle import DispositionAction
from domain.returns.models import DispositionRow, ReturnLineRow, ReturnRow
from domain.shipping.lifecycle import TrackingStatus
from domain.shipping.models import ParcelRow, ShipmentRow
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import CARRIER, NOON, Shop, column, forget_everything, open_shop, order_for, run

SKUS = ("MUG", "TEE", "EBOOK", "FITTING")
SCANS = (TrackingStatus.IN_TRANSIT, TrackingStatus.DELIVERED, TrackingStatus.DELIVERED, TrackingStatus.LOST)
DECIDED = (DispositionAction.RESTOCK, DispositionAction.DAMAGE, DispositionAction.DISPOSE)


class Day:
    """A day in the shop: one thing after another, chosen by chance, most of it sensible, some of it not."""

    def __init__(self, chance: random.Random, shop: Shop) -> None:
        self.chance, self.shop = chance, shop

    async def one(self, model: type[Model], **where: Any) -> UUID:
        """Some row's id."""
        found: Sequence[Any] = await column(model.filter(**where).order_by("id"), "id")
        if not found:
            raise LookupError
        # The latest most of the time, so that orders get somewhere.
        return self.chance.choice(found[-4:] if self.chance.random() < 0.8 else found)

    def units(self) -> int:
        return self.chance.randint(1, 4)

    async def place(self) -> object:
        requests = [
            order_for(
                {sku: self.units() for sku in self.chance.sample(SKUS, self.chance.randint(1, 3))},
                is_confirmed=self.chance.random() < 0.7,
            )
            for _ in range(self.chance.randint(1, 3))
        ]
        return await run(place_all, requests)

    async def receive_stock(self) -> object:
        sku, place_id = self.chance.choice(SKUS[:2]), self.chance.choice(self.shop.places)
        return await run(adjust_stock, AdjustStock(sku, place_id, self.units(), is_receipt=True))

    async def decide(self) -> object:
        order_id = await self.one(OrderRow)
        flow, request = self.chance.choice(
            [
                (confirm_order, ConfirmOrder(order_id)),
                (confirm_order, ConfirmOrder(order_id)),
                (reject_order, RejectOrder(order_id, "No.")),
                (cancel_order, CancelOrder(order_id, "No.")),
                (expire_order, ExpireOrder(order_id)),
                (hold_order, HoldOrder(order_id, HoldKind.FRAUD, "Look.")),
            ]
        )
        return await run(flow, request)  # type: ignore[arg-type]

    async def release(self) -> object:
        return await run(release_hold, ReleaseHold(await self.one(HoldRow, released_at=None)))

    async def pack(self) -> object:
        work = await self.one(FulfillmentOrderRow)
        some = (PackParcel(lines=(PackLine(self.chance.choice(SKUS[:2]), self.chance.randint(1, 2)),)),)
        return await run(
            pack_shipment, PackShipment(work, CARRIER, some if self.chance.random() < 0.5 else (PackParcel(),))
        )

    async def reject_work(self) -> object:
        return await run(reject_fulfillment_order, RejectFulfillmentOrder(await self.one(FulfillmentOrderRow), "Gone."))

    async def ship(self) -> object:
        return await run(ship_shipment, ShipShipment(await self.one(ShipmentRow)))

    async def unpack(self) -> object:
        return await run(cancel_shipment, CancelShipment(await self.one(ShipmentRow)))

    async def scan(self) -> object:
        return await run(record_scan, RecordScan(self.chance.choice(SCANS), NOON, parcel_id=await self.one(ParcelRow)))

    async def pay(self) -> object:
        payment = await self.one(PaymentRow)
        part = self.chance.choice([None, None, 1, 777, 1000])
        return await run(record_payment, RecordPayment(payment, part))

    async def refund(self) -> object:
        request = GrantRefund(await self.one(OrderRow), self.chance.choice([1, 333, 1000, 5000]), "EUR", "Sorry.")
        return await run(grant_refund, request)

    async def give_back(self) -> object:
        return await run(record_refund, RecordRefund(await self.one(RefundRow)))

    async def ask_for_return(self) -> object:
        it = await RequirementRow.get(id=await self.one(RequirementRow, shipped__gt=0, is_stocked=True))
        rma = await run(
            request_return, RequestReturn(it.order_id, (RequestReturnLine(it.id, self.chance.randint(1, 3)),), "Big.")
        )
        return await run(approve_return, ApproveReturn(rma))

    async def receive(self) -> object:
        rma = await self.one(ReturnRow)
        line = await ReturnLineRow.filter(rma_id=rma).first()
        some = (ReceiveLine(line.id, 1),) if line and self.chance.random() < 0.6 else ()
        return await run(receive_return, ReceiveReturn(rma, self.chance.choice(self.shop.places), some))

    async def dispose(self) -> object:
        it = await self.one(DispositionRow)
        return await run(
            dispose_return, DisposeReturn(it, self.chance.choice(DECIDED), self.chance.choice([None, 1, 2]))
        )

    def deeds(self) -> list[Callable[[], Awaitable[object]]]:
        often = [self.place, self.pack, self.ship, self.scan, self.scan, self.pay, self.receive_stock]
        often += [self.ask_for_return, self.receive, self.dispose]
        return [
            *often,
            *often,
            self.decide,
            self.decide,
            self.release,
            self.reject_work,
            self.unpack,
            self.refund,
            self.give_back,
        ]

    async def act(self) -> str:
        """One deed; its name when it was done, with a question mark when it was refused or there was nothing to do."""
        deed = self.chance.choice(self.deeds())
        try:
            await deed()
        except (DomainError, LookupError):
            return f"{deed.__name__}?"
        return deed.__name__


async def live_through(seed: int, steps: int) -> set[str]:
    """What was done and what was refused in so many steps; the books are checked along the way and at the end."""
    shop = await open_shop({"MUG": (6, 4, 2), "TEE": (3, 3, 3)})
    day, done = Day(random.Random(seed), shop), set()
    for step in range(steps):
        done.add(await day.act())
        if step % 10 == 9:
            await assert_books_balance()
    await assert_books_balance()
    return done


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_the_books_balance_through_hundreds_of_deeds_on_sqlite(sqlite_database: Database, seed: int) -> None:
    await forget_everything()
    assert {"place", "pack", "scan", "pay"} <= await live_through(seed, 150)


async def test_the_books_balance_through_a_hundred_deeds_on_postgresql(postgres_database: Database) -> None:
    await live_through(4, 120)
