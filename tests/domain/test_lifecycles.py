"""Every lifecycle: all states, all actions, compared with what the design says, written out."""

import dataclasses
import itertools
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest

from domain.assemblies.lifecycle import ASSEMBLY, AssemblyFacts
from domain.fulfillment.lifecycle import FULFILLMENT_ORDER, FulfillmentOrderFacts
from domain.imports.lifecycle import IMPORT, ImportFacts
from domain.kernel.actor import ANONYMOUS, Actor, Permission, Role, Scope, customer, staff, tracking_link
from domain.kernel.errors import IllegalTransition
from domain.kernel.ids import new_id
from domain.kernel.lifecycle import ActionState, Lifecycle, Transition
from domain.orders.lifecycle import ORDER, FulfillmentStatus, OrderFacts, OrderStatus
from domain.payments.lifecycle import PAYMENT, REFUND, PaymentFacts, RefundFacts
from domain.reservations.lifecycle import RESERVATION, ReservationFacts
from domain.returns.lifecycle import DISPOSITION, RETURN, DispositionFacts, ReturnFacts
from domain.shipping.lifecycle import SHIPMENT, ShipmentFacts, ShipmentStatus
from domain.supplies.lifecycle import SUPPLY, SupplyFacts
from domain.transfers.lifecycle import TRANSFER, TransferFacts


@dataclass(frozen=True)
class Expected:
    """A lifecycle as the design has it: `arrows` by action, facts that block nothing, and the states it begins in."""

    lifecycle: Lifecycle[Any, Any, Any]
    free: Any
    begins: str
    arrows: dict[str, str]
    free_for: dict[str, Any] = field(default_factory=dict)  # where `free` stands against the action

    def cells(self) -> dict[tuple[str, str], str]:
        found = {}
        for action, arrows in self.arrows.items():
            for arrow in arrows.split(", "):
                sources, target = arrow.split(" → ")
                found.update({(action, source): target for source in sources.split("|")})
        return found


EXPECTED = {
    "order": Expected(
        ORDER,
        OrderFacts(False, FulfillmentStatus.UNFULFILLED),
        "DRAFT",
        {
            "SUBMIT": "DRAFT → PENDING",
            "CONFIRM": "PENDING → CONFIRMED",
            "REJECT": "PENDING → REJECTED",
            "CANCEL": "DRAFT|PENDING|CONFIRMED → CANCELED",
            "EXPIRE": "PENDING → EXPIRED",
            "COMPLETE": "CONFIRMED → COMPLETED",
            "REOPEN": "COMPLETED → CONFIRMED",
        },
    ),
    "fulfillment order": Expected(
        FULFILLMENT_ORDER,
        FulfillmentOrderFacts(False, 0, 0),
        "SCHEDULED|OPEN",
        {
            "RELEASE": "SCHEDULED → OPEN",
            "START": "OPEN → IN_PROGRESS",
            "CLOSE": "IN_PROGRESS → CLOSED",
            "REJECT": "OPEN|IN_PROGRESS → REJECTED",
            "CANCEL": "SCHEDULED|OPEN|IN_PROGRESS → CANCELED",
            "REOPEN": "CLOSED → OPEN",
        },
    ),
    "shipment": Expected(
        SHIPMENT,
        ShipmentFacts(False),
        "PENDING|PACKED",
        {
            "PACK": "PENDING → PACKED",
            "SHIP": "PACKED → SHIPPED",
            "OFFER_PICKUP": "PACKED → READY_FOR_PICKUP",
            "COLLECT": "READY_FOR_PICKUP → COLLECTED",
            "GIVE_UP_PICKUP": "READY_FOR_PICKUP → NOT_COLLECTED",
            "DELIVER": "SHIPPED → DELIVERED",
            "LOSE": "SHIPPED → LOST",
            "RETURN": "SHIPPED|DELIVERED → RETURNED",
            "FIND": "LOST → DELIVERED",
            "CANCEL": "PENDING|PACKED → CANCELED",
        },
    ),
    "payment": Expected(
        PAYMENT,
        PaymentFacts(0, 0, 0),
        "PENDING",
        {
            "REQUIRE_ACTION": "PENDING → REQUIRES_ACTION",
            "AUTHORIZE": "PENDING|REQUIRES_ACTION → AUTHORIZED",
            "CAPTURE_PART": "AUTHORIZED → PARTIALLY_CAPTURED",
            "CAPTURE": "PENDING|REQUIRES_ACTION|AUTHORIZED|PARTIALLY_CAPTURED → CAPTURED",
            "REFUND_PART": "PARTIALLY_CAPTURED|CAPTURED → PARTIALLY_REFUNDED",
            "REFUND": "PARTIALLY_CAPTURED|CAPTURED|PARTIALLY_REFUNDED → REFUNDED",
            "VOID": "AUTHORIZED → VOIDED",
            "EXPIRE": "AUTHORIZED → EXPIRED",
            "FAIL": "PENDING|REQUIRES_ACTION → FAILED",
            "CANCEL": "PENDING|REQUIRES_ACTION → CANCELED",
        },
    ),
    "refund": Expected(
        REFUND,
        RefundFacts(1, 1),
        "GRANTED",
        {
            "REQUEST": "GRANTED|FAILED → REQUESTED",
            "ACCEPT": "REQUESTED → PENDING",
            "SUCCEED": "REQUESTED|PENDING → SUCCEEDED",
            "FAIL": "REQUESTED|PENDING → FAILED",
        },
    ),
    "return": Expected(
        RETURN,
        ReturnFacts(0, 0),
        "REQUESTED|RECEIVED",
        {
            "APPROVE": "REQUESTED → APPROVED",
            "DECLINE": "REQUESTED → DECLINED",
            "CANCEL": "REQUESTED|APPROVED → CANCELED",
            "EXPIRE": "APPROVED|IN_TRANSIT → EXPIRED",
            "HAND_IN": "APPROVED → IN_TRANSIT",
            "RECEIVE_PART": "APPROVED|IN_TRANSIT → PARTIALLY_RECEIVED",
            "RECEIVE": "APPROVED|IN_TRANSIT|PARTIALLY_RECEIVED|EXPIRED|DECLINED|CANCELED → RECEIVED",
            "COMPLETE": "APPROVED|IN_TRANSIT|PARTIALLY_RECEIVED|RECEIVED → COMPLETED",
            "REOPEN": "COMPLETED → RECEIVED",
        },
    ),
    "disposition": Expected(
        DISPOSITION,
        DispositionFacts(),
        "PENDING",
        {
            "RESTOCK": "PENDING|QUARANTINED|DAMAGED → RESTOCKED",
            "DAMAGE": "PENDING|QUARANTINED → DAMAGED",
            "QUARANTINE": "PENDING → QUARANTINED",
            "DISPOSE": "PENDING|QUARANTINED|DAMAGED → DISPOSED",
            "SEND_TO_VENDOR": "PENDING|QUARANTINED → TO_VENDOR",
            "SEND_TO_CUSTOMER": "PENDING → TO_CUSTOMER",
        },
    ),
    "reservation": Expected(
        RESERVATION,
        ReservationFacts(is_overdue=False),
        "ACTIVE",
        {
            "EXTEND": "ACTIVE → ACTIVE",
            "TAKE": "ACTIVE → TAKEN",
            "RELEASE": "ACTIVE → RELEASED",
            "EXPIRE": "ACTIVE → EXPIRED",
        },
        {"EXPIRE": ReservationFacts(is_overdue=True)},
    ),
    "supply": Expected(
        SUPPLY,
        SupplyFacts(0),
        "DRAFT",
        {
            "SET_LINES": "DRAFT → DRAFT",
            "CONFIRM": "DRAFT → CONFIRMED",
            "RESCHEDULE": "DRAFT → DRAFT, CONFIRMED → CONFIRMED, PARTIALLY_RECEIVED → PARTIALLY_RECEIVED",
            "RECEIVE": "CONFIRMED|PARTIALLY_RECEIVED → PARTIALLY_RECEIVED, RECEIVED → RECEIVED",
            "CLOSE": "CONFIRMED|PARTIALLY_RECEIVED → RECEIVED",
            "CANCEL": "DRAFT|CONFIRMED → CANCELED",
        },
    ),
    "transfer": Expected(
        TRANSFER,
        TransferFacts(0),
        "DRAFT",
        {
            "SET_LINES": "DRAFT → DRAFT",
            "RELEASE": "DRAFT → RELEASED",
            "DISPATCH": "RELEASED → IN_TRANSIT",
            "RECEIVE": "IN_TRANSIT|PARTIALLY_RECEIVED → PARTIALLY_RECEIVED",
            "WRITE_OFF": "IN_TRANSIT → IN_TRANSIT, PARTIALLY_RECEIVED → PARTIALLY_RECEIVED",
            "COMPLETE": "IN_TRANSIT|PARTIALLY_RECEIVED → RECEIVED",
            "CANCEL": "DRAFT|RELEASED → CANCELED",
        },
    ),
    "assembly": Expected(
        ASSEMBLY,
        AssemblyFacts(),
        "DRAFT",
        {
            "RELEASE": "DRAFT → RELEASED",
            "COMPLETE": "RELEASED → COMPLETED",
            "CANCEL": "DRAFT|RELEASED → CANCELED",
        },
    ),
    "import": Expected(
        IMPORT,
        ImportFacts(),
        "RUNNING",
        {
            "GET_ON": "RUNNING → RUNNING",
            "FINISH": "RUNNING → FINISHED",
            "FAIL": "RUNNING → FAILED",
            "INTERRUPT": "RUNNING → INTERRUPTED",
            "RESUME": "INTERRUPTED → RUNNING",
        },
    ),
}
CELLS = [
    pytest.param(expected, action, status, id=f"{name}: {action} {status}")
    for name, expected in EXPECTED.items()
    for action in type(expected.lifecycle.transitions[0].action)
    for status in type(expected.lifecycle.initial[0])
]


@pytest.mark.parametrize(("expected", "action", "status"), CELLS)
def test_an_action_leads_where_the_design_says_and_is_refused_everywhere_else(
    expected: Expected, action: StrEnum, status: StrEnum
) -> None:
    cells, free = expected.cells(), expected.free_for.get(action.value, expected.free)
    if target := cells.get((action.value, status.value)):
        assert expected.lifecycle.refusal(action, status, free) is None
        assert expected.lifecycle.step(action, status, free) == target
        return
    with pytest.raises(IllegalTransition) as refused:
        expected.lifecycle.step(action, status, free)
    error = refused.value
    assert (error.action, error.status, error.reason_code) == (action, status, "WRONG_STATUS")
    assert error.subject == expected.lifecycle.name
    needs = re.fullmatch(r"(.+) needs the (.+) to be (.+); it is (\w+)\.", error.message)
    assert needs is not None
    assert needs.group(2, 4) == (expected.lifecycle.name, status)
    assert set(re.split(", | or ", needs[3])) == {source for done, source in cells if done == action}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_lifecycle_begins_where_the_design_says(name: str) -> None:
    expected = EXPECTED[name]
    assert "|".join(expected.lifecycle.initial) == expected.begins
    assert expected.lifecycle.name == name


SHIPPED = OrderFacts(False, FulfillmentStatus.PARTIALLY_SHIPPED)
HELD = OrderFacts(True, FulfillmentStatus.UNFULFILLED)
BLOCKED: list[tuple[Lifecycle[Any, Any, Any], str, str, Any, str, str]] = [
    (ORDER, "CONFIRM", "PENDING", HELD, "ON_HOLD", "The order is on hold: release the hold first."),
    *(
        (
            ORDER,
            action,
            status,
            SHIPPED,
            "UNITS_SHIPPED",
            "Part of the order is already on its way: ask for a return instead.",
        )
        for action, status in [
            ("REJECT", "PENDING"),
            ("CANCEL", "DRAFT"),
            ("CANCEL", "PENDING"),
            ("CANCEL", "CONFIRMED"),
            ("EXPIRE", "PENDING"),
        ]
    ),
    (
        ORDER,
        "COMPLETE",
        "CONFIRMED",
        OrderFacts(False, FulfillmentStatus.SHIPPED, has_open_work=True),
        "UNITS_OPEN",
        "Some units are still to be delivered.",
    ),
    (
        FULFILLMENT_ORDER,
        "START",
        "OPEN",
        FulfillmentOrderFacts(True, 2, 0),
        "ON_HOLD",
        "The order is on hold: release the hold first.",
    ),
    (
        FULFILLMENT_ORDER,
        "CLOSE",
        "IN_PROGRESS",
        FulfillmentOrderFacts(False, 2, 0),
        "UNITS_TO_PACK",
        "2 units are still to be packed.",
    ),
    *(
        (
            FULFILLMENT_ORDER,
            action,
            status,
            FulfillmentOrderFacts(False, 2, 3),
            "UNITS_PACKED",
            "3 units are packed: cancel their shipment first.",
        )
        for action in ("REJECT", "CANCEL")
        for status in ("OPEN", "IN_PROGRESS")
    ),
    *(
        (SHIPMENT, action, status, ShipmentFacts(True), "ON_HOLD", "The order is on hold: release the hold first.")
        for action, status in [("PACK", "PENDING"), ("SHIP", "PACKED"), ("OFFER_PICKUP", "PACKED")]
    ),
    *(
        (
            REFUND,
            action,
            status,
            RefundFacts(101, 100),
            "MORE_THAN_CAPTURED",
            "This is more than was paid and not yet given back.",
        )
        for action, status in [("REQUEST", "GRANTED"), ("REQUEST", "FAILED"), ("SUCCEED", "REQUESTED")]
    ),
    *(
        (
            RETURN,
            "COMPLETE",
            status,
            ReturnFacts(0, 2),
            "UNITS_UNDECIDED",
            "Decide first what becomes of 2 received units.",
        )
        for status in ("PARTIALLY_RECEIVED", "RECEIVED")
    ),
    *(
        (
            RESERVATION,
            action,
            "ACTIVE",
            ReservationFacts(is_overdue=True),
            "RESERVATION_OVERDUE",
            "Its time is over: reserve again.",
        )
        for action in ("EXTEND", "TAKE")
    ),
    (
        RESERVATION,
        "EXPIRE",
        "ACTIVE",
        ReservationFacts(is_overdue=False),
        "NOT_OVERDUE",
        "Its time is not over yet.",
    ),
    *(
        (
            SUPPLY,
            "CLOSE",
            status,
            SupplyFacts(2),
            "UNITS_EXPECTED",
            "2 units are still expected: receive them, or say that they will not come.",
        )
        for status in ("CONFIRMED", "PARTIALLY_RECEIVED")
    ),
    *(
        (
            TRANSFER,
            "COMPLETE",
            status,
            TransferFacts(2),
            "UNITS_ON_THEIR_WAY",
            "2 units have not arrived: receive them, or write them off.",
        )
        for status in ("IN_TRANSIT", "PARTIALLY_RECEIVED")
    ),
]


@pytest.mark.parametrize(("lifecycle", "action", "status", "facts", "code", "sentence"), BLOCKED)
def test_facts_that_stand_against_an_action_refuse_it_with_code_and_sentence(
    lifecycle: Lifecycle[Any, Any, Any], action: str, status: str, facts: Any, code: str, sentence: str
) -> None:
    with pytest.raises(IllegalTransition) as refused:
        lifecycle.step(action, status, facts)
    assert (refused.value.reason_code, refused.value.message) == (code, sentence)
    assert refused.value.code == "ILLEGAL_TRANSITION"


def test_every_rule_of_every_table_has_its_refusal_written_out_above() -> None:
    guarded = {
        (expected.lifecycle.name, each.action.value, each.source.value)
        for expected in EXPECTED.values()
        for each in expected.lifecycle.transitions
        if each.blocked
    }
    assert guarded == {(lifecycle.name, action, status) for lifecycle, action, status, *_ in BLOCKED}


ADMIN, WAREHOUSE = staff("ada", Role.ADMIN), staff("wim", Role.WAREHOUSE)
BUYER, LINK = customer(new_id()), tracking_link(new_id())
FREE = OrderFacts(False, FulfillmentStatus.UNFULFILLED)


def test_staff_see_what_is_possible_and_why_something_is_not() -> None:
    assert ORDER.available(ADMIN.scope, OrderStatus.PENDING, HELD) == [
        ActionState("CONFIRM", False, "The order is on hold: release the hold first."),
        ActionState("REJECT", True, None),
        ActionState("CANCEL", True, None),
    ]
    assert ORDER.available(ADMIN.scope, OrderStatus.CONFIRMED, SHIPPED) == [
        ActionState("CONFIRM", False, "Confirm needs the order to be PENDING; it is CONFIRMED."),
        ActionState("REJECT", False, "Reject needs the order to be PENDING; it is CONFIRMED."),
        ActionState("CANCEL", False, "Part of the order is already on its way: ask for a return instead."),
    ]
    assert ORDER.available(WAREHOUSE.scope, OrderStatus.CONFIRMED, FREE) == [
        ActionState("CONFIRM", False, "This needs the permission MANAGE_ORDERS."),
        ActionState("REJECT", False, "This needs the permission MANAGE_ORDERS."),
        ActionState("CANCEL", False, "This needs the permission CANCEL_ORDERS."),
    ]


def test_a_buyer_sees_their_own_commands_and_is_sent_to_staff_for_others() -> None:
    assert ORDER.available(BUYER.scope, OrderStatus.PENDING, FREE) == [
        ActionState("CONFIRM", False, "Ask our staff."),
        ActionState("REJECT", False, "Ask our staff."),
        ActionState("CANCEL", True, None),
    ]


@pytest.mark.parametrize("actor", [ANONYMOUS, LINK], ids=["anonymous", "tracking link"])
def test_whoever_may_do_nothing_is_told_so_before_any_rule_is_looked_at(actor: Actor) -> None:
    assert SHIPMENT.available(actor.scope, ShipmentStatus.PACKED, ShipmentFacts(True)) == [
        ActionState("SHIP", False, "Ask our staff."),
        ActionState("CANCEL", False, "Ask our staff."),
    ]


@pytest.mark.parametrize("name", EXPECTED)
def test_every_command_is_told_and_enabled_only_in_the_states_it_leads_out_of(name: str) -> None:
    expected = EXPECTED[name]
    everyone = Scope(ADMIN.scope.actor_kind, frozenset(Permission))
    for status in type(expected.lifecycle.initial[0]):
        told = expected.lifecycle.available(everyone, status, expected.free)
        assert sorted(each.action for each in told) == sorted(expected.lifecycle.permissions)
        commands = [each for each in expected.lifecycle.permissions if (each, status) in expected.cells()]
        assert sorted(each.action for each in told if each.enabled) == sorted(commands)
        assert all((each.reason is None) == each.enabled for each in told)


def test_a_state_at_its_end_offers_nothing_and_says_why() -> None:
    for status in (OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.EXPIRED):
        assert ORDER.available(ADMIN.scope, status, FREE) == [
            ActionState("CONFIRM", False, f"Confirm needs the order to be PENDING; it is {status}."),
            ActionState("REJECT", False, f"Reject needs the order to be PENDING; it is {status}."),
            ActionState("CANCEL", False, f"Cancel needs the order to be DRAFT, PENDING or CONFIRMED; it is {status}."),
        ]


def test_a_table_that_contradicts_itself_does_not_load() -> None:
    first = ORDER.transitions[0]
    doubled = (*ORDER.transitions, dataclasses.replace(first, target=OrderStatus.CANCELED))
    broken = [
        doubled,
        ORDER.transitions[:-1],
        tuple(each for each in ORDER.transitions if each.target != OrderStatus.EXPIRED),
        (dataclasses.replace(first, doc="no sentence"), *ORDER.transitions[1:]),
    ]
    for transitions in broken:
        with pytest.raises(AssertionError):
            Lifecycle("order", ORDER.initial, transitions)
    assert all(isinstance(each, Transition) for each in itertools.chain(*broken))
