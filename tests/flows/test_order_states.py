"""Every state of an order against every decision about it: what is refused changes nothing at all."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from domain.flows.cancel_order import CancelOrder, cancel_order
from domain.flows.confirm_order import ConfirmOrder, ExpireOrder, RejectOrder, confirm_order, expire_order, reject_order
from domain.flows.hold_order import HoldOrder, ReleaseHold, hold_order, release_hold
from domain.flows.pack_shipment import PackParcel, PackShipment, pack_shipment
from domain.flows.ship_shipment import ShipShipment, ship_shipment
from domain.flows.work_fulfillment_order import StartFulfillmentOrder, start_fulfillment_order
from domain.kernel.errors import DomainError, IllegalTransition, NotFound, StaleRevision
from domain.kernel.ids import new_id
from domain.orders.models import HoldKind, HoldRow
from domain.payments.models import PaymentRow, RefundRow
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import CARRIER, deliver, dump, level, open_shop, order, pack, pay, place, requirement, run, works


async def pending(order_id: UUID) -> None:
    """It waits for a decision, as it was placed."""


async def confirmed(order_id: UUID) -> None:
    await run(confirm_order, ConfirmOrder(order_id))


async def packed(order_id: UUID) -> None:
    await confirmed(order_id)
    [work] = await works(order_id)
    await pack(work, {"MUG": 1})


async def partly_shipped(order_id: UUID) -> None:
    await confirmed(order_id)
    [work] = await works(order_id)
    await run(ship_shipment, ShipShipment(await pack(work, {"MUG": 1})))


async def completed(order_id: UUID) -> None:
    await confirmed(order_id)
    await deliver(order_id)


async def canceled(order_id: UUID) -> None:
    await run(cancel_order, CancelOrder(order_id, "Changed my mind."))


async def rejected(order_id: UUID) -> None:
    await run(reject_order, RejectOrder(order_id, "Fraud."))


async def expired(order_id: UUID) -> None:
    await run(expire_order, ExpireOrder(order_id))


State = Callable[[UUID], Awaitable[None]]
STATES: tuple[State, ...] = (pending, confirmed, packed, partly_shipped, completed, canceled, rejected, expired)
# Status after, or the code of the rule that refuses; "=" for nothing to do. A column per state, as above.
REFUSED = {"WRONG": "WRONG_STATUS", "SHIPPED": "UNITS_SHIPPED"}
OUTCOMES = {
    "confirm": "CONFIRMED WRONG WRONG WRONG WRONG WRONG WRONG WRONG",
    "reject": "REJECTED WRONG WRONG WRONG WRONG WRONG WRONG WRONG",
    "cancel": "CANCELED CANCELED CANCELED SHIPPED WRONG WRONG WRONG WRONG",
    "expire": "EXPIRED = = = = = = =",
    "hold": "PENDING CONFIRMED CONFIRMED CONFIRMED WRONG WRONG WRONG WRONG",
}
CELLS = [
    pytest.param(action, state, outcome, id=f"{action} {state.__name__}")
    for action, row in OUTCOMES.items()
    for state, outcome in zip(STATES, row.split(), strict=True)
]


async def decide(action: str, order_id: UUID) -> None:
    match action:
        case "confirm":
            await run(confirm_order, ConfirmOrder(order_id))
        case "reject":
            await run(reject_order, RejectOrder(order_id, "Fraud."))
        case "cancel":
            await run(cancel_order, CancelOrder(order_id, "Changed my mind."))
        case "expire":
            await run(expire_order, ExpireOrder(order_id))
        case "hold":
            await run(hold_order, HoldOrder(order_id, HoldKind.FRAUD, "Look at it."))


@pytest.mark.parametrize(("action", "state", "outcome"), CELLS)
async def test_a_decision_leads_on_or_is_refused_and_changes_nothing(
    database: Database, action: str, state: State, outcome: str
) -> None:
    shop = await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 2}, is_confirmed=False)
    await pay(order_id)
    await state(order_id)
    before, status = await dump(), (await order(order_id)).status
    if outcome in REFUSED:
        with pytest.raises(IllegalTransition) as refused:
            await decide(action, order_id)
        assert (refused.value.reason_code, refused.value.status) == (REFUSED[outcome], status)
        assert await dump() == before
        return
    await decide(action, order_id)
    if outcome == "=":
        assert await dump() == before
        return
    assert (await order(order_id)).status == outcome
    if outcome in ("CANCELED", "REJECTED", "EXPIRED"):
        assert (await level("MUG", shop.north)).allocated == 0
        assert (await requirement(order_id, "MUG")).canceled == 2
        assert await RefundRow.filter(order_id=order_id).values_list("amount_minor", "status") == [(2000, "GRANTED")]
        ended = await order(order_id)
        assert (ended.canceled_minor, ended.charge_status) == (2000, "OVERCHARGED")
    await assert_books_balance()


async def test_an_order_called_off_before_it_was_paid_expects_no_money_and_owes_none(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 2})
    await canceled(order_id)
    assert await PaymentRow.filter(order_id=order_id).values_list("status", "captured_minor") == [("CANCELED", 0)]
    assert await RefundRow.all().count() == 0


async def held_for_fraud(order_id: UUID) -> UUID:
    await run(hold_order, HoldOrder(order_id, HoldKind.FRAUD, "Look at it."))
    return (await HoldRow.get(order_id=order_id, released_at=None)).id


async def refused_code(act: Awaitable[object]) -> str:
    with pytest.raises(DomainError) as refused:
        await act
    return getattr(refused.value, "reason_code", refused.value.code)


async def test_a_hold_stops_confirming_starting_packing_and_shipping_and_keeps_the_stock(database: Database) -> None:
    shop = await open_shop({"MUG": (9,)})
    waiting, working = await place({"MUG": 1}, is_confirmed=False), await place({"MUG": 2})
    [work] = await works(working)
    shipment = await pack(work, {"MUG": 1})
    holds = [await held_for_fraud(each) for each in (waiting, working)]
    other = await place({"MUG": 1})
    await held_for_fraud(other)
    before = await dump()
    assert await refused_code(run(confirm_order, ConfirmOrder(waiting))) == "ON_HOLD"
    [fresh] = await works(other)
    assert await refused_code(run(start_fulfillment_order, StartFulfillmentOrder(fresh))) == "ON_HOLD"
    assert await refused_code(run(pack_shipment, PackShipment(work, CARRIER, (PackParcel(),)))) == "ON_HOLD"
    assert await refused_code(run(ship_shipment, ShipShipment(shipment))) == "ON_HOLD"
    assert await dump() == before
    assert (await level("MUG", shop.north)).allocated == 4
    for hold in holds:
        await run(release_hold, ReleaseHold(hold))
    await run(confirm_order, ConfirmOrder(waiting))
    await run(ship_shipment, ShipShipment(shipment))
    await assert_books_balance()


async def test_a_hold_is_released_once_and_another_one_still_stands(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 1}, is_confirmed=False)
    first = await held_for_fraud(order_id)
    await run(hold_order, HoldOrder(order_id, HoldKind.ADDRESS, "No number."))
    await run(release_hold, ReleaseHold(first))
    before = await dump()
    assert await refused_code(run(release_hold, ReleaseHold(first))) == "WRONG_STATUS"
    assert await refused_code(run(confirm_order, ConfirmOrder(order_id))) == "ON_HOLD"
    assert await dump() == before


async def test_an_edit_made_upon_a_stale_view_is_refused_and_a_scan_does_not_make_it_stale(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 1})
    seen = (await order(order_id)).revision
    await run(hold_order, HoldOrder(order_id, HoldKind.FRAUD, "Look.", expected_revision=seen))
    before = await dump()
    with pytest.raises(StaleRevision) as refused:
        await run(cancel_order, CancelOrder(order_id, "Sorry.", expected_revision=seen))
    assert (refused.value.expected, refused.value.actual) == (seen, seen + 1)
    assert await dump() == before


async def test_what_does_not_exist_cannot_be_decided_upon(database: Database) -> None:
    await open_shop()
    for act in (
        run(cancel_order, CancelOrder(new_id(), "Sorry.")),
        run(ship_shipment, ShipShipment(new_id())),
        run(release_hold, ReleaseHold(new_id())),
        run(start_fulfillment_order, StartFulfillmentOrder(new_id())),
    ):
        with pytest.raises(NotFound):
            await act
