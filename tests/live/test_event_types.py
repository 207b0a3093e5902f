"""Every fact has a GraphQL type and an audience, and nothing has either that is no fact."""

from dataclasses import fields
from typing import TypeVar

from domain.fulfillment.events import FULFILLMENT_ORDER_FACTS
from domain.kernel.events import OrderFact, StockFact
from domain.kernel.streams import SHOWN_ON_TRACKING_LINKS, SHOWN_TO_CUSTOMERS
from domain.returns.events import RETURN_FACTS
from domain.shipping.events import SHIPMENT_FACTS
from schema.events import EVENT_TYPES
from schema.facts import OrderEvent, StockEvent
from schema.live import TrackingEventKind
from schema.stock_events import ALERTS, STOCK_EVENT_TYPES

FactT = TypeVar("FactT", OrderFact, StockFact)
# What customers must never be sent, written down once more: a mistake in the one list shows against the other.
INTERNAL = {
    "OrderSourcedAgain",
    "OrderHeld",
    "OrderHoldReleased",
    "FulfillmentOrderOpened",
    "FulfillmentOrderStarted",
    "FulfillmentOrderClosed",
    "FulfillmentOrderReopened",
    "FulfillmentOrderRejected",
    "FulfillmentOrderCanceled",
    "ReturnDisposed",
    "TrackingLinkRequested",
    "TrackingLinksRevoked",
}


def facts() -> dict[str, type[OrderFact]]:
    """Every fact about orders, by its name in the log."""
    return _kinds_of(OrderFact)


def stock_facts() -> dict[str, type[StockFact]]:
    """Every fact about stock, by its name in the feed."""
    return _kinds_of(StockFact)


def _kinds_of(root: type[FactT]) -> dict[str, type[FactT]]:
    found, left = dict[str, type[FactT]](), [root]
    while left:
        fact = left.pop()
        left += fact.__subclasses__()
        if fact.__module__.startswith("domain.") and fact is not root and not fact.__name__.startswith("_"):
            found[fact.__name__] = fact
    return found


def test_every_fact_has_a_graphql_type_and_every_type_a_fact() -> None:
    assert set(EVENT_TYPES) == set(facts())


def test_the_feeds_of_work_tell_every_fact_about_it() -> None:
    about = {fact.subject: set[type[OrderFact]]() for fact in facts().values()}
    for fact in facts().values():
        about[fact.subject].add(fact)
    assert set(FULFILLMENT_ORDER_FACTS) == about["fulfillment_order_id"]
    assert set(SHIPMENT_FACTS) == about["shipment_id"] | about["parcel_id"]
    assert set(RETURN_FACTS) == about["return_id"]


def test_every_event_type_implements_the_interface_and_is_described_like_its_fact() -> None:
    for name, fact in facts().items():
        definition = EVENT_TYPES[name].__strawberry_definition__
        assert (definition.name, definition.description) == (name, fact.__doc__)
        assert [each.origin for each in definition.interfaces] == [OrderEvent]


def test_every_event_type_says_what_its_fact_says() -> None:
    shown_as = {"amount_minor": "amount", "currency": "amount", "return_id": "return_"}
    for name, fact in facts().items():
        said = {shown_as.get(each.name, each.name.removesuffix("_id")) for each in fields(fact)} - {"order"}
        shown = {
            each.name.replace("the_return", "return_") for each in EVENT_TYPES[name].__strawberry_definition__.fields
        }
        assert shown - {"id", "sequence", "occurred_at", "actor_kind", "order"} == said, name


def test_every_fact_is_either_shown_to_customers_or_internal() -> None:
    assert set(facts()) == SHOWN_TO_CUSTOMERS | INTERNAL
    assert not SHOWN_TO_CUSTOMERS & INTERNAL
    assert SHOWN_ON_TRACKING_LINKS < SHOWN_TO_CUSTOMERS


def test_every_event_of_a_tracking_link_has_a_kind() -> None:
    assert {each.value for each in TrackingEventKind} == SHOWN_ON_TRACKING_LINKS


def test_every_fact_about_stock_has_a_graphql_type_described_like_it_and_no_customer_sees_any() -> None:
    assert set(STOCK_EVENT_TYPES) == set(stock_facts())
    for name, fact in stock_facts().items():
        definition = STOCK_EVENT_TYPES[name].__strawberry_definition__
        assert (definition.name, definition.description) == (name, fact.__doc__)
        assert [each.origin for each in definition.interfaces] == [StockEvent]
    assert not set(stock_facts()) & (SHOWN_TO_CUSTOMERS | INTERNAL)


def test_every_type_of_stock_says_what_its_fact_says() -> None:
    for name, fact in stock_facts().items():
        said = {each.name.removesuffix("_id") for each in fields(fact)} - {"level"}
        shown = {each.name.removesuffix("_key") for each in STOCK_EVENT_TYPES[name].__strawberry_definition__.fields}
        assert shown - {"id", "occurred_at", "actor_kind", "level"} == said, name


def test_people_are_woken_for_everything_but_the_change_itself() -> None:
    everything = {"StockLevelChanged", "StockRanLow", "StockRanOut", "StockCameBack"}
    assert {each.__name__ for each in ALERTS} == (everything - {"StockLevelChanged"}) | {
        "ShortageOpened",
        "ShortageResolved",
    }
