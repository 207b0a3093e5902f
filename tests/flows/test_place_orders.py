"""Placing orders that arrive together: each whole or not at all."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

import pytest

from domain.allocation.models import AllocationRow
from domain.catalog.errors import NotPriced, UnknownSku
from domain.customers.models import CustomerRow
from domain.flows.keep_catalog import CreateProduct, NewPrice, NewVariant, create_product
from domain.flows.place_orders import place_all
from domain.flows.placement import Component, PlaceCharge, PlaceCustomer, PlaceLine, PlaceOrder
from domain.kernel.actor import ANONYMOUS, customer
from domain.kernel.errors import DomainError, InvalidInput, NotFound, PermissionDenied, Refusals, Unauthenticated
from domain.kernel.models import JobRow, LogRow
from domain.orders.errors import ExternalReferenceTaken, WrongCurrency
from domain.orders.models import ChargeKind, OrderLineRow, OrderRow, RequirementRow
from domain.payments.models import PaymentRow
from domain.stock.errors import InsufficientStock
from server.database import Database
from tests.domain.books import assert_books_balance, assert_whole
from tests.domain.shop import (
    ADMIN,
    CHANNEL,
    RUNNER,
    column,
    dump,
    level,
    open_shop,
    order,
    order_for,
    place,
    run,
    works,
)


async def place_together(*requests: PlaceOrder) -> Sequence[UUID | DomainError]:
    return (await RUNNER.run(place_all, ADMIN, requests)).value


async def test_a_refused_order_leaves_no_trace_beside_orders_that_are_taken(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    outcomes = await place_together(
        order_for({"MUG": 2}, customer=PlaceCustomer(email="ann@example.com")),
        order_for({"MUG": 4}, customer=PlaceCustomer(email="bob@example.com")),
        order_for({"NOWHERE": 1}, customer=PlaceCustomer(email="eve@example.com")),
        order_for({"MUG": 3}),
    )
    first, short, unknown, last = outcomes
    assert isinstance(short, InsufficientStock)
    assert (short.sku, short.requested, short.available, short.path) == ("MUG", 4, 3, ("lines", "0", "quantity"))
    assert isinstance(unknown, UnknownSku)
    assert unknown.path == ("lines", "0", "sku")
    assert sorted(await column(OrderRow.all(), "id")) == sorted([cast("UUID", first), cast("UUID", last)])
    assert await column(CustomerRow.all(), "email") == ["ann@example.com"]
    assert (await level("MUG", shop.north)).allocated == 5
    await assert_whole(cast("UUID", first), 2)
    await assert_whole(cast("UUID", last), 3)
    await assert_books_balance()


async def test_when_all_are_refused_nothing_changes(database: Database) -> None:
    await open_shop({"MUG": (1,)})
    before = await dump()
    outcomes = await place_together(order_for({"MUG": 2}), order_for({"TEE": 1}), order_for({}))
    assert [type(each) for each in outcomes] == [InsufficientStock, InsufficientStock, InvalidInput]
    assert await dump() == before


async def test_two_lines_of_one_sku_are_added_up_before_stock_is_asked(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    lines = (PlaceLine("MUG", 3), PlaceLine("MUG", 3))
    [refused] = await place_together(PlaceOrder(CHANNEL, lines))
    assert isinstance(refused, InsufficientStock)
    assert (refused.requested, refused.available) == (6, 5)
    [taken] = await place_together(PlaceOrder(CHANNEL, (PlaceLine("MUG", 3), PlaceLine("MUG", 2))))
    assert await column(OrderLineRow.filter(order_id=taken).order_by("position"), "quantity") == [3, 2]
    assert (await level("MUG", shop.north)).allocated == 5
    await assert_books_balance()


async def test_thirteen_units_over_two_locations_are_ten_and_three(database: Database) -> None:
    shop = await open_shop({"MUG": (10, 13 - 4)})
    order_id = await place({"MUG": 13})
    assert (await level("MUG", shop.north)).allocated == 10
    assert (await level("MUG", shop.south)).allocated == 3
    assert len(await works(order_id)) == 2
    await assert_books_balance()


async def test_a_bundle_is_one_line_with_a_requirement_for_each_component(database: Database) -> None:
    shop = await open_shop({"MUG": (10,), "CAP": (10,)})
    bundle = PlaceLine("TEE", 2, unit_price_minor=1000, components=(Component("MUG", 2), Component("CAP", 1)))
    [order_id] = await place_together(PlaceOrder(CHANNEL, (bundle,)))
    parts = await RequirementRow.filter(order_id=order_id).order_by("sku")
    assert [(each.sku, each.required, each.gross_minor) for each in parts] == [("CAP", 2, 667), ("MUG", 4, 1333)]
    assert [(await level(sku, shop.north)).allocated for sku in ("MUG", "CAP")] == [4, 2]
    assert (await order(cast("UUID", order_id))).total_minor == 2000
    await assert_books_balance()


async def test_a_download_needs_no_location_and_is_delivered_when_confirmed(database: Database) -> None:
    await open_shop()
    order_id = await place({"EBOOK": 2})
    [each] = await RequirementRow.filter(order_id=order_id)
    assert (each.shipped, each.delivered, each.unallocated) == (2, 2, 0)
    assert await works(order_id) == []
    assert await AllocationRow.filter(order_id=order_id).count() == 0
    placed = await order(order_id)
    assert (placed.fulfillment_status, placed.status) == ("DELIVERED", "COMPLETED")
    assert [fact.type for fact in await LogRow.filter(order_id=order_id).order_by("sequence")][-1] == "OrderCompleted"
    await assert_books_balance()


async def test_an_order_that_is_not_confirmed_holds_its_units_and_expires_in_three_days(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    order_id = await place({"MUG": 2}, is_confirmed=False)
    placed = await order(order_id)
    assert placed.status == "PENDING"
    assert (await level("MUG", shop.north)).allocated == 2
    assert await works(order_id) == []
    [job] = await JobRow.all()
    assert (job.kind, job.payload) == ("expire_order", {"order_id": order_id.hex})
    assert (job.run_at - job.created_at).days == 3


async def test_an_external_reference_names_one_order_of_a_channel(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    first, twin = await place_together(
        order_for({"MUG": 1}, external_reference="A-1"), order_for({"MUG": 1}, external_reference="A-1")
    )
    assert isinstance(first, UUID)
    assert isinstance(twin, ExternalReferenceTaken)
    before = await dump()
    [again] = await place_together(order_for({"MUG": 1}, external_reference="A-1"))
    assert isinstance(again, ExternalReferenceTaken)
    assert (again.channel, again.reference) == (CHANNEL, "A-1")
    assert await dump() == before


async def test_a_refused_order_does_not_use_its_external_reference_up(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    unknown, short, taken = await place_together(
        order_for({"NOWHERE": 1}, external_reference="A-1"),
        order_for({"MUG": 6}, external_reference="A-1"),
        order_for({"MUG": 1}, external_reference="A-1"),
    )
    assert isinstance(unknown, UnknownSku)
    assert isinstance(short, InsufficientStock)
    assert isinstance(taken, UUID)


async def test_orders_of_one_new_customer_share_one_row_and_it_bears_the_name_on_the_order_that_is_taken(
    database: Database,
) -> None:
    await open_shop({"MUG": (5,)})
    await place_together(
        order_for({"MUG": 9}, customer=PlaceCustomer(email="Ann@Example.com", name="Refused")),
        order_for({"MUG": 1}, customer=PlaceCustomer(email="ann@example.com", name="Ann")),
        order_for({"MUG": 1}, customer=PlaceCustomer(email="ANN@example.com", name="Annie")),
    )
    assert await CustomerRow.all().values_list("email", "name") == [("ann@example.com", "Ann")]


async def test_all_faults_of_a_request_are_named_at_once(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    lines = (PlaceLine("MUG", 0), PlaceLine("MUG", 1), PlaceLine("TEE", -1))
    [refused] = await place_together(PlaceOrder(CHANNEL, lines))
    assert isinstance(refused, Refusals)
    assert [each.path for each in refused.errors] == [("lines", "0", "quantity"), ("lines", "2", "quantity")]
    [refused] = await place_together(order_for({"A": 1, "B": 1}))
    assert isinstance(refused, Refusals)
    assert [each.path for each in refused.errors] == [("lines", "0", "sku"), ("lines", "1", "sku")]


REFUSED = {
    "an unknown channel": (PlaceOrder("nowhere", (PlaceLine("MUG", 1),)), NotFound, ("channel",)),
    "another currency": (order_for({"MUG": 1}, currency="USD"), WrongCurrency, ("currency",)),
    "a discount above the line": (
        PlaceOrder(CHANNEL, (PlaceLine("MUG", 1, discount_minor=1001),)),
        InvalidInput,
        ("lines", "0", "discount"),
    ),
    "a negative total": (
        order_for({"MUG": 1}, charges=(PlaceCharge(ChargeKind.ADJUSTMENT, "Gift", -1001),)),
        InvalidInput,
        ("charges",),
    ),
    "no customer by that address": (
        order_for({"MUG": 1}, customer=PlaceCustomer(email="not an address")),
        InvalidInput,
        ("customer", "email"),
    ),
    "an empty reference": (order_for({"MUG": 1}, external_reference=""), InvalidInput, ("externalReference",)),
}


@pytest.mark.parametrize("fault", REFUSED)
async def test_what_can_never_be_right_is_refused_and_its_field_is_named(database: Database, fault: str) -> None:
    request, kind, path = REFUSED[fault]
    await open_shop({"MUG": (5,)})
    before = await dump()
    [refused] = await place_together(request)
    assert isinstance(refused, DomainError)
    assert type(refused) is kind
    assert refused.path == path
    assert await dump() == before


async def test_a_sku_without_a_price_in_the_channel_is_refused(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    [taken] = await place_together(PlaceOrder(CHANNEL, (PlaceLine("MUG", 1, unit_price_minor=0),)))
    assert isinstance(taken, UUID)
    assert await PaymentRow.filter(order_id=taken).count() == 0, "nothing is owed, so no money is expected"
    assert NotPriced("MUG", CHANNEL).sku == "MUG"


async def test_buyers_pay_list_prices_and_buy_for_themselves(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    await place({"MUG": 1}, customer=PlaceCustomer(email="ann@example.com"))
    ann = customer((await CustomerRow.get(email="ann@example.com")).id)
    before = await dump()
    [cheaper] = await run(place_all, [PlaceOrder(CHANNEL, (PlaceLine("MUG", 1, unit_price_minor=1),))], actor=ann)
    other = PlaceCustomer(id=UUID(int=7))
    [stranger] = await run(place_all, [order_for({"MUG": 1}, customer=other)], actor=ann)
    assert isinstance(cheaper, PermissionDenied)
    assert isinstance(stranger, PermissionDenied)
    with pytest.raises(Unauthenticated):
        await run(place_all, [order_for({"MUG": 1})], actor=ANONYMOUS)
    assert await dump() == before
    [own] = await run(place_all, [order_for({"MUG": 1})], actor=ann)
    assert (await order(cast("UUID", own))).customer_id == ann.scope.customer_id


@pytest.mark.parametrize(
    ("written", "kept"),
    [("anna@xn--mnchen-3ya.de", "anna@m\u00fcnchen.de"), ("e\u0301va@example.org", "\u00e9va@example.org")],
    ids=["a host in ASCII", "a decomposed accent"],
)
async def test_one_address_is_one_customer_however_it_is_written(database: Database, written: str, kept: str) -> None:
    await open_shop({"MUG": (5,)})
    orders = [await place({"MUG": 1}, customer=PlaceCustomer(email=written, name="Anna")) for _ in range(2)]
    [buyer] = await CustomerRow.all()
    assert buyer.email == kept
    assert [(await order(order_id)).customer_id for order_id in orders] == [buyer.id, buyer.id]


async def test_an_order_needs_at_most_a_million_units_of_a_sku_in_all_its_lines(database: Database) -> None:
    await open_shop({"MUG": (1_000_000, 1_000_000)})
    before = await dump()
    [refused] = await place_together(PlaceOrder(CHANNEL, (PlaceLine("MUG", 600_000), PlaceLine("MUG", 400_001))))
    assert type(refused) is InvalidInput
    assert refused.path == ("lines",)
    assert await dump() == before
    [taken] = await place_together(PlaceOrder(CHANNEL, (PlaceLine("MUG", 600_000), PlaceLine("MUG", 400_000))))
    assert isinstance(taken, UUID)
    await assert_books_balance()


async def test_a_variant_has_one_price_a_channel(database: Database) -> None:
    await open_shop()
    twice = (NewPrice(CHANNEL, 100), NewPrice(CHANNEL, 200))
    before = await dump()
    with pytest.raises(InvalidInput) as refused:
        await run(create_product, CreateProduct("plates", "Plates", (NewVariant("PLATE", "Plate", prices=twice),)))
    assert refused.value.path == ("variants", "0", "prices", "1", "channel")
    assert await dump() == before
