"""Bundles, kits and substitutes: what is sent for what was bought."""

from typing import Any
from uuid import UUID

import pytest

from domain.catalog.models import BackorderPolicy, Composition, VariantRow
from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.keep_variants import SetVariantSubstitutes, set_variant_substitutes
from domain.flows.place_orders import place_all, place_order
from domain.flows.placement import Component, PlaceCustomer, PlaceLine, PlaceOrder
from domain.kernel.actor import customer
from domain.kernel.errors import DomainError, InvalidInput
from domain.orders.models import OrderLineRow, RequirementRow
from domain.stock.errors import InsufficientStock
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import (
    CHANNEL,
    deliver,
    dump,
    level,
    make,
    open_shop,
    order,
    place,
    run,
    set_policy,
    work_off,
)

BUNDLE, KIT = Composition.BUNDLE, Composition.KIT


async def buy(*lines: PlaceLine, **details: Any) -> UUID:
    """An order of these lines, placed."""
    return await run(place_order, PlaceOrder(CHANNEL, lines, **details))


async def needs(order_id: UUID) -> list[tuple[str, int, int, int]]:
    """What the order needs: SKU, units, how many of them wait, and the part of the line's amount."""
    found = await RequirementRow.filter(order_id=order_id).order_by("id")
    return [(each.sku, each.required, each.waiting, each.gross_minor) for each in found]


async def refusal(*lines: PlaceLine) -> DomainError:
    """What the order is refused for; nothing changed."""
    before = await dump()
    with pytest.raises(DomainError) as refused:
        await buy(*lines)
    assert await dump() == before
    return refused.value


async def may_replace(sku: str, *others: str) -> None:
    await run(set_variant_substitutes, SetVariantSubstitutes(sku, others))


async def test_a_bundle_is_sold_as_one_line_and_sent_as_its_parts(database: Database) -> None:
    shop = await open_shop({"MUG": (9,), "CAP": (9,)})
    await make("TEE", BUNDLE, MUG=2, CAP=1, EBOOK=1)
    order_id = await place({"TEE": 2})
    [line] = await OrderLineRow.filter(order_id=order_id)
    assert (line.sku, line.quantity, line.gross_minor) == ("TEE", 2, 4998)
    assert await needs(order_id) == [("MUG", 4, 0, 2499), ("CAP", 2, 0, 1250), ("EBOOK", 2, 0, 1249)]
    assert [(await level(sku, shop.north)).allocated for sku in ("MUG", "CAP")] == [4, 2]
    await deliver(order_id)
    assert (await order(order_id)).status == "COMPLETED"
    await assert_books_balance()


async def test_buyers_buy_bundles_and_only_staff_put_some_together(database: Database) -> None:
    await open_shop({"MUG": (9,), "CAP": (9,)})
    await make("TEE", BUNDLE, MUG=1, CAP=1)
    ours = await buy(
        PlaceLine("TEE", 1, components=(Component("CAP", 3),)), customer=PlaceCustomer(email="a@b.example")
    )
    assert await needs(ours) == [("CAP", 3, 0, 2499)]
    buyer = (await order(ours)).customer_id
    assert buyer
    theirs = await run(place_order, PlaceOrder(CHANNEL, (PlaceLine("TEE", 1),)), actor=customer(buyer))
    assert await needs(theirs) == [("MUG", 1, 0, 1250), ("CAP", 1, 0, 1249)]


async def test_a_part_that_is_short_refuses_the_bundle_and_single_sales_count_with_it(database: Database) -> None:
    await open_shop({"MUG": (5,), "CAP": (9,)})
    await make("TEE", BUNDLE, MUG=2, CAP=1)
    refused = await refusal(PlaceLine("MUG", 2), PlaceLine("TEE", 2))
    assert isinstance(refused, InsufficientStock)
    assert (refused.sku, refused.requested, refused.available, refused.path) == (
        "MUG",
        6,
        5,
        ("lines", "0", "quantity"),
    )
    order_id = await buy(PlaceLine("MUG", 1), PlaceLine("TEE", 2))
    assert [units for _, units, _, _ in await needs(order_id)] == [1, 4, 2]
    await assert_books_balance()


async def test_bundles_make_no_order_larger_than_is_written_in_a_moment(database: Database) -> None:
    await open_shop({"MUG": (9,)})
    parts = tuple(Component("MUG", n) for n in range(1, 101))
    refused = await refusal(*[PlaceLine("TEE", 1, components=parts)] * 100, PlaceLine("MUG", 1))
    assert (refused.message, refused.path) == (
        "The lines of an order are sent as at most 10,000 parts, not 10,001.",
        ("lines",),
    )


async def test_a_part_need_not_be_on_sale_alone(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    await make("TEE", BUNDLE, MUG=1)
    await VariantRow.filter(sku="MUG").update(is_active=False)
    assert (await refusal(PlaceLine("MUG", 1))).code == "UNKNOWN_SKU"
    assert await needs(await place({"TEE": 1})) == [("MUG", 1, 0, 2499)]


async def test_no_stock_is_kept_of_a_bundle_and_none_is_named_as_a_part(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await make("TEE", BUNDLE, MUG=1)
    with pytest.raises(DomainError) as refused:
        await run(adjust_stock, AdjustStock("TEE", shop.north, 1, is_receipt=True))
    assert refused.value.code == "UNKNOWN_SKU"
    wrong = await refusal(PlaceLine("CAP", 1, components=(Component("TEE", 1),)))
    assert (type(wrong), wrong.path) == (InvalidInput, ("lines", "0", "components", "0", "sku"))


async def test_a_kit_is_sold_from_its_own_stock(database: Database) -> None:
    await open_shop({"TEE": (1,), "MUG": (9,)})
    await make("TEE", KIT, MUG=2)
    assert await needs(await place({"TEE": 1})) == [("TEE", 1, 0, 2499)]
    assert isinstance(await refusal(PlaceLine("TEE", 1)), InsufficientStock)


async def test_a_part_that_is_sold_without_stock_lets_the_bundle_wait(database: Database) -> None:
    shop = await open_shop({"MUG": (1,), "CAP": (9,)})
    await make("TEE", BUNDLE, MUG=1, CAP=1)
    await set_policy("MUG", BackorderPolicy.BACKORDER)
    order_id = await place({"TEE": 3})
    assert await needs(order_id) == [("MUG", 3, 2, 3749), ("CAP", 3, 0, 3748)]
    await run(adjust_stock, AdjustStock("MUG", shop.north, 2, is_receipt=True))
    await work_off()
    assert [waiting for _, _, waiting, _ in await needs(order_id)] == [0, 0]
    await assert_books_balance()


async def test_a_substitute_is_sent_only_where_it_is_accepted_and_only_for_all_units(database: Database) -> None:
    await open_shop({"MUG": (2,), "TEE": (2,), "CAP": (9,)})
    await may_replace("MUG", "TEE", "CAP")
    assert isinstance(await refusal(PlaceLine("MUG", 3)), InsufficientStock)
    kept = await buy(PlaceLine("MUG", 1, accepts_substitutes=True))
    assert await needs(kept) == [("MUG", 1, 0, 1000)]
    first = await buy(PlaceLine("MUG", 2, accepts_substitutes=True))
    assert await needs(first) == [("TEE", 2, 0, 2000)]
    [line] = await OrderLineRow.filter(order_id=first)
    assert (line.sku, line.unit_price_minor) == ("MUG", 1000)
    second = await buy(PlaceLine("MUG", 2, accepts_substitutes=True))
    assert await needs(second) == [("CAP", 2, 0, 2000)]
    refused = await refusal(PlaceLine("MUG", 8, accepts_substitutes=True))
    assert isinstance(refused, InsufficientStock)
    assert (refused.sku, refused.available) == ("MUG", 1)
    await assert_books_balance()


async def test_what_nothing_may_replace_is_served_before_what_something_may(database: Database) -> None:
    await open_shop({"MUG": (2,), "TEE": (9,)})
    await may_replace("MUG", "TEE")
    order_id = await buy(PlaceLine("MUG", 2, accepts_substitutes=True), PlaceLine("MUG", 2))
    assert [(sku, units) for sku, units, _, _ in await needs(order_id)] == [("TEE", 2), ("MUG", 2)]
    await assert_books_balance()


async def test_a_part_of_a_bundle_is_replaced_and_a_substitute_comes_before_waiting(database: Database) -> None:
    await open_shop({"MUG": (1,), "CAP": (2,)})
    await make("TEE", BUNDLE, MUG=2)
    await may_replace("MUG", "CAP")
    await set_policy("MUG", BackorderPolicy.BACKORDER)
    replaced = await buy(PlaceLine("TEE", 1, accepts_substitutes=True))
    assert await needs(replaced) == [("CAP", 2, 0, 2499)]
    waits = await buy(PlaceLine("TEE", 1, accepts_substitutes=True))
    assert await needs(waits) == [("MUG", 2, 1, 2499)]
    await assert_books_balance()


async def test_orders_of_one_transaction_share_a_substitute_and_never_oversell_it(database: Database) -> None:
    await open_shop({"MUG": (1,), "TEE": (3,)})
    await may_replace("MUG", "TEE")
    request = PlaceOrder(CHANNEL, (PlaceLine("MUG", 2, accepts_substitutes=True),))
    first, second = await run(place_all, [request, request])
    assert isinstance(first, UUID)
    assert isinstance(second, InsufficientStock)
    assert await needs(first) == [("TEE", 2, 0, 2000)]
    await assert_books_balance()
