"""Every fact has a GraphQL type and an audience, and nothing has either that is no fact."""

from dataclasses import fields

from domain.kernel.events import OrderFact
from domain.kernel.streams import SHOWN_ON_TRACKING_LINKS, SHOWN_TO_CUSTOMERS
from schema.events import EVENT_TYPES
from schema.facts import OrderEvent
from schema.live import TrackingEventKind

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
}


def facts() -> dict[str, type[OrderFact]]:
    """Every fact of the domain, by its name in the log."""
    found, left = dict[str, type[OrderFact]](), [OrderFact]
    while left:
        fact = left.pop()
        left += fact.__subclasses__()
        if fact.__module__.startswith("domain.") and fact is not OrderFact and not fact.__name__.startswith("_"):
            found[fact.__name__] = fact
    return found


def test_every_fact_has_a_graphql_type_and_every_type_a_fact() -> None:
    assert set(EVENT_TYPES) == set(facts())


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
