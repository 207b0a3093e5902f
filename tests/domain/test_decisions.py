"""Rules of orders, shipping, returns and stock."""

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import InvalidInput
from domain.kernel.money import LARGEST_MINOR
from domain.kernel.quantities import checked_units
from domain.orders.decisions import (
    LineAmounts,
    Units,
    authorize_status,
    charge_status,
    fulfillment_status,
    price_line,
    returns_status,
    spread_over_requirements,
)
from domain.returns.decisions import goes_on_hand, receipt_action, returnable, worth
from domain.returns.lifecycle import DispositionAction, ReturnAction
from domain.shipping.decisions import outcome_after, proves_hand_over, shipment_action
from domain.shipping.lifecycle import ParcelOutcome, ShipmentAction, ShipmentStatus, TrackingStatus
from domain.stock.decisions import available_to_promise

scans = st.lists(st.sampled_from(TrackingStatus), min_size=1, max_size=8)


@given(scans, st.randoms(use_true_random=False), st.data())
def test_a_parcel_ends_the_same_whatever_the_order_and_number_of_copies_of_its_scans(
    told: list[TrackingStatus], chance: object, data: st.DataObject
) -> None:
    copies = told + data.draw(st.lists(st.sampled_from(told), max_size=5))
    chance.shuffle(copies)  # type: ignore[attr-defined]
    ends = [functools.reduce(outcome_after, order, ParcelOutcome.OPEN) for order in (told, copies)]
    assert ends[0] == ends[1]
    if TrackingStatus.DELIVERED in told:
        assert ends[0] == ParcelOutcome.DELIVERED
    else:
        assert (ends[0] == ParcelOutcome.LOST) == (TrackingStatus.LOST in told)


def test_a_carrier_has_what_it_has_seen_on_its_way() -> None:
    assert [each for each in TrackingStatus if not proves_hand_over(each)] == ["PRE_TRANSIT", "UNKNOWN"]


DELIVERED, LOST, OPEN = ParcelOutcome.DELIVERED, ParcelOutcome.LOST, ParcelOutcome.OPEN


@pytest.mark.parametrize(
    ("status", "parcels", "action"),
    [
        ("SHIPPED", [DELIVERED, DELIVERED], ShipmentAction.DELIVER),
        ("SHIPPED", [DELIVERED, OPEN], None),
        ("SHIPPED", [DELIVERED, LOST], None),
        ("SHIPPED", [LOST, LOST], ShipmentAction.LOSE),
        ("SHIPPED", [LOST, OPEN], None),
        ("LOST", [DELIVERED], ShipmentAction.FIND),
        ("LOST", [LOST], None),
        ("DELIVERED", [DELIVERED], None),
        ("PACKED", [DELIVERED], None),
    ],
)
def test_a_shipment_arrived_or_is_lost_when_all_its_parcels_are(
    status: str, parcels: list[ParcelOutcome], action: ShipmentAction | None
) -> None:
    assert shipment_action(ShipmentStatus(status), parcels) == action


def units(
    required: int,
    *,
    canceled: int = 0,
    packed: int = 0,
    shipped: int = 0,
    delivered: int = 0,
    lost: int = 0,
    back: int = 0,
) -> Units:
    return Units(required, canceled, 0, packed, shipped, delivered, lost, back)


@pytest.mark.parametrize(
    ("parts", "work_began", "status"),
    [
        (units(3), False, "UNFULFILLED"),
        (units(3), True, "IN_PROGRESS"),
        (units(3, packed=1), False, "IN_PROGRESS"),
        (units(3, shipped=1), True, "PARTIALLY_SHIPPED"),
        (units(3, shipped=3), True, "SHIPPED"),
        (units(3, canceled=1, shipped=2), True, "SHIPPED"),
        (units(3, shipped=3, lost=1), True, "SHIPPED"),
        (units(3, shipped=3, delivered=1), True, "PARTIALLY_DELIVERED"),
        (units(3, shipped=3, delivered=3), True, "DELIVERED"),
        (units(3, shipped=3, delivered=2, lost=1), True, "DELIVERED"),
        (units(3, canceled=1, shipped=2, delivered=2), True, "DELIVERED"),
        (units(3, canceled=3), False, "UNFULFILLED"),
    ],
)
def test_how_far_the_goods_are_follows_from_their_units(parts: Units, work_began: bool, status: str) -> None:
    assert fulfillment_status(parts, work_began=work_began) == status


@pytest.mark.parametrize(
    ("parts", "is_open"),
    [
        (units(2), True),
        (units(2, shipped=2, delivered=1), True),
        (units(2, shipped=2, delivered=1, lost=1), False),
        (units(2, canceled=1, shipped=1, delivered=1), False),
        (units(2, canceled=2), False),
    ],
)
def test_work_is_open_while_a_unit_is_neither_delivered_nor_lost_nor_canceled(parts: Units, is_open: bool) -> None:
    assert parts.has_open_work is is_open


@pytest.mark.parametrize(
    ("owed", "paid", "charge", "authorize"),
    [
        (100, 0, "NONE", "NONE"),
        (100, 1, "PARTIAL", "PARTIAL"),
        (100, 99, "PARTIAL", "PARTIAL"),
        (100, 100, "FULL", "FULL"),
        (100, 101, "OVERCHARGED", "FULL"),
        (0, 0, "NONE", "NONE"),
        (0, 1, "OVERCHARGED", "FULL"),
        (100, -1, "NONE", "NONE"),
    ],
)
def test_how_far_the_money_is_follows_from_what_is_owed(owed: int, paid: int, charge: str, authorize: str) -> None:
    assert charge_status(owed, paid) == charge
    assert authorize_status(owed, paid) == authorize


@pytest.mark.parametrize(
    ("parts", "is_requested", "is_under_way", "status"),
    [
        (units(2, shipped=2), False, False, "NONE"),
        (units(2, shipped=2), True, False, "REQUESTED"),
        (units(2, shipped=2), True, True, "IN_PROGRESS"),
        (units(2, shipped=2, back=1), True, True, "PARTIALLY_RETURNED"),
        (units(2, shipped=2, back=2), False, False, "RETURNED"),
        (units(2, shipped=1, back=1), False, False, "RETURNED"),
    ],
)
def test_how_far_goods_have_come_back_follows_from_units_and_returns(
    parts: Units, is_requested: bool, is_under_way: bool, status: str
) -> None:
    assert returns_status(parts, is_requested=is_requested, is_under_way=is_under_way) == status


def test_a_line_costs_its_units_less_its_discount_and_holds_its_tax() -> None:
    amounts = price_line(3, 1999, 97, 942, path=())
    assert amounts == LineAmounts(1999, discount_minor=97, net_minor=4958, tax_minor=942, gross_minor=5900)


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "tax"),
    [(1, -1, 0, 0), (1, 100, 101, 0), (1, 100, -1, 0), (1, 100, 50, 51), (1, 100, 0, -1), (2, LARGEST_MINOR, 0, 0)],
)
def test_amounts_that_cannot_be_are_refused(quantity: int, price: int, discount: int, tax: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        price_line(quantity, price, discount, tax, path=("lines", "0"))
    assert refused.value.path[:2] == ("lines", "0")


def test_a_quantity_is_one_to_a_million() -> None:
    assert [checked_units(each, path=()) for each in (1, 1_000_000)] == [1, 1_000_000]
    for wrong in (0, -1, 1_000_001):
        with pytest.raises(InvalidInput):
            checked_units(wrong, path=())


@given(st.integers(0, 10**9), st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_a_bundle_costs_what_its_parts_cost_together(gross: int, parts: list[int]) -> None:
    assert sum(spread_over_requirements(gross, parts)) == gross


@given(st.integers(0, 10**9), st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_whatever_the_receipts_the_worth_of_all_units_is_what_was_paid(gross: int, receipts: list[int]) -> None:
    released, remaining = 0, sum(receipts)
    for arrived in receipts:
        released += worth(gross, released, arrived, remaining)
        remaining -= arrived
    assert released == gross


def test_what_shipped_can_come_back_once() -> None:
    assert returnable(shipped=5, lost=1, returned=1, announced=1) == 2
    assert returnable(shipped=2, lost=0, returned=2, announced=3) == 0


def test_a_receipt_ends_the_wait_when_nothing_is_awaited_any_more() -> None:
    assert [receipt_action(left) for left in (0, 1)] == [ReturnAction.RECEIVE, ReturnAction.RECEIVE_PART]


def test_only_what_can_be_sold_or_repaired_goes_on_hand() -> None:
    on_hand = {each: goes_on_hand(each) for each in DispositionAction}
    assert on_hand.pop(DispositionAction.RESTOCK) == (1, 0)
    assert on_hand.pop(DispositionAction.DAMAGE) == (1, 1)
    assert set(on_hand.values()) == {(0, 0)}


def test_atp_is_what_is_on_hand_less_all_that_is_held() -> None:
    assert available_to_promise(10, 1, 1, 1, 1, 1, 1) == 4
    assert available_to_promise(1, 3) == -2
