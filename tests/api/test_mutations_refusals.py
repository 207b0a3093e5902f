"""Every bad input gets a typed refusal that names its field, and nothing at all is written."""

from typing import Any
from uuid import UUID

import pytest

from domain.kernel.actor import ANONYMOUS
from server.database import Database
from tests.builders import (
    ADMIN,
    SUPPORT,
    WAREHOUSE,
    Shop,
    call,
    denied,
    do,
    execute,
    location_id,
    open_shop,
    order_of,
    place,
    refused,
)

NOBODY = UUID("01900000-0000-7000-8000-000000000001").hex
ADDRESS = {
    "kind": "SHIPPING",
    "name": "Ann",
    "street": "Weg 1",
    "postalCode": "10115",
    "city": "Berlin",
    "countryCode": "DE",
}
EURO, YEN = {"amount": "1.00", "currency": "EUR"}, {"amount": "100", "currency": "JPY"}
HALF_EURO = {"amount": "0.005", "currency": "EUR"}


def line(**given: Any) -> dict[str, Any]:
    """An order of one line, which is a mug unless it says otherwise."""
    return {"lines": [{"sku": "MUG", "quantity": 1} | given]}


BAD_ORDERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unknown SKU": (line(sku="NOPE"), "UNKNOWN_SKU", "lines.0.sku"),
    "a SKU in other letters": (line(sku="mug"), "UNKNOWN_SKU", "lines.0.sku"),
    "no unit": (line(quantity=0), "INVALID_INPUT", "lines.0.quantity"),
    "less than no unit": (line(quantity=-3), "INVALID_INPUT", "lines.0.quantity"),
    "a huge quantity": (line(quantity=1_000_001), "INVALID_INPUT", "lines.0.quantity"),
    "more than there is": (line(quantity=6), "INSUFFICIENT_STOCK", "lines.0.quantity"),
    "no line": ({"lines": []}, "INVALID_INPUT", "lines"),
    "another currency": ({"currency": "USD"}, "WRONG_CURRENCY", "currency"),
    "a price in another currency": (line(unitPrice=YEN), "WRONG_CURRENCY", "lines.0.unitPrice.currency"),
    "a discount in another currency": (line(discount=YEN), "WRONG_CURRENCY", "lines.0.discount.currency"),
    "a currency that does not exist": (
        line(unitPrice={"amount": "1", "currency": "EURO"}),
        "INVALID_INPUT",
        "lines.0.unitPrice.currency",
    ),
    "a fraction of a cent": (line(unitPrice=HALF_EURO), "INVALID_INPUT", "lines.0.unitPrice.amount"),
    "an amount in words": (
        line(unitPrice={"amount": "1e3", "currency": "EUR"}),
        "INVALID_INPUT",
        "lines.0.unitPrice.amount",
    ),
    "a negative price": (
        line(unitPrice={"amount": "-1.00", "currency": "EUR"}),
        "INVALID_INPUT",
        "lines.0.unitPrice",
    ),
    "a discount above the line": (
        line(discount={"amount": "12.51", "currency": "EUR"}),
        "INVALID_INPUT",
        "lines.0.discount",
    ),
    "a charge in another currency": (
        {"charges": [{"kind": "FEE", "title": "Gift", "amount": YEN}]},
        "WRONG_CURRENCY",
        "charges.0.amount.currency",
    ),
    "a component that is unknown": (
        line(components=[{"sku": "NOPE", "units": 1}]),
        "UNKNOWN_SKU",
        "lines.0.components",
    ),
    "no unit of a component": (
        line(components=[{"sku": "PEN", "units": 0}]),
        "INVALID_INPUT",
        "lines.0.components.0.units",
    ),
    "an unknown channel": ({"channel": "web-fr"}, "NOT_FOUND", "channel"),
    "no price in the channel": ({"channel": "web-jp"} | line(sku="TEE"), "NOT_PRICED", "lines.0.sku"),
    "an address without a city": ({"addresses": [ADDRESS | {"city": " "}]}, "INVALID_INPUT", "addresses.0.city"),
    "a country in words": (
        {"addresses": [ADDRESS | {"countryCode": "Germany"}]},
        "INVALID_INPUT",
        "addresses.0.countryCode",
    ),
    "a long postal code": (
        {"addresses": [ADDRESS | {"postalCode": "1" * 21}]},
        "INVALID_INPUT",
        "addresses.0.postalCode",
    ),
    "a long region": ({"addresses": [ADDRESS | {"region": "x" * 101}]}, "INVALID_INPUT", "addresses.0.region"),
    "two addresses of a kind": ({"addresses": [ADDRESS, ADDRESS]}, "INVALID_INPUT", "addresses"),
    "placed in the future": ({"placedAt": "2999-01-01T00:00:00Z"}, "INVALID_INPUT", "placedAt"),
    "a customer that is unknown": ({"customer": {"id": f"customer_{NOBODY}"}}, "NOT_FOUND", "customer.id"),
    "a customer's id that is none": ({"customer": {"id": "42"}}, "MALFORMED_ID", "customer.id"),
    "an e-mail address that is none": ({"customer": {"email": "ann@"}}, "INVALID_INPUT", "customer.email"),
    "a note with a NUL": ({"note": "a\0b"}, "INVALID_INPUT", "note"),
    "a SKU with a NUL": (line(sku="MUG\0"), "INVALID_INPUT", "lines.0.sku"),
    "half a sign": ({"note": "a\ud83d"}, "INVALID_INPUT", "note"),
    "a long shipping method": ({"shippingMethod": "x" * 61}, "INVALID_INPUT", "shippingMethod"),
    "a key of no sign": ({"idempotencyKey": " "}, "INVALID_INPUT", "idempotencyKey"),
    "a long key": ({"idempotencyKey": "k" * 101}, "INVALID_INPUT", "idempotencyKey"),
}


@pytest.mark.parametrize("fault", BAD_ORDERS)
async def test_an_order_that_can_never_be_right_is_refused_and_its_field_is_named(
    database: Database, fault: str
) -> None:
    given, code, path = BAD_ORDERS[fault]
    await open_shop(ber={"MUG": 5, "PEN": 5})
    [error] = await refused(SUPPORT, "orderPlace", **({"channel": "web-de"} | line() | given))
    assert (error["code"], ".".join(error["path"]), error["retryable"]) == (code, path, False)
    assert error["message"].endswith(".")


async def test_all_wrong_lines_are_named_at_once(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    lines = [{"sku": "NOPE", "quantity": 1}, {"sku": "MUG", "quantity": 1}, {"sku": "NADA", "quantity": 1}]
    errors = await refused(SUPPORT, "orderPlace", channel="web-de", lines=lines)
    assert [each["path"] for each in errors] == [["lines", "0", "sku"], ["lines", "2", "sku"]]


@pytest.mark.parametrize("text", ["42", "order_1", f"shipment_{NOBODY}", f"order_{NOBODY[:-1]}x", ""])
async def test_text_that_is_no_id_is_refused_as_such(database: Database, text: str) -> None:
    await open_shop()
    [error] = await refused(SUPPORT, "orderCancel", order=text, reason="No")
    assert (error["code"], error["path"]) == ("MALFORMED_ID", ["order"])


async def test_another_customers_things_look_like_things_that_do_not_exist(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 5})
    order, rma = await returned_by_ann(shop)
    for verb, field, theirs, more in (
        ("orderCancel", "order", order, {"reason": "No"}),
        ("returnRequest", "order", order, {"reason": "No", "lines": [line_of(NOBODY)]}),
        ("returnCancel", "return", rma, {}),
        ("orderTrackingLinkOpen", "order", order, {}),
    ):
        missing = f"{field}_{NOBODY}"
        [foreign] = await refused(shop.bob, verb, **{field: theirs}, **more)
        [unknown] = await refused(shop.bob, verb, **{field: missing}, **more)
        assert foreign["message"].replace(theirs, missing) == unknown["message"]
        assert {**foreign, "message": ""} == {**unknown, "message": ""}
        assert (foreign["code"], foreign["path"]) == ("NOT_FOUND", [field])
    shown = await call(shop.bob, "orderCancel", "order { id }", order=order, reason="No")
    assert shown["order"] is None


async def returned_by_ann(shop: Shop) -> tuple[str, str]:
    """An order of Ann's that was shipped, and her return of it."""
    placed = await do(shop.ann, "orderPlace", "order { id }", channel="web-de", **line())
    now = await order_of(placed["order"])
    work, requirement = now["fulfillmentOrders"]["nodes"][0]["id"], now["lines"][0]["requirements"][0]["id"]
    given = {"fulfillmentOrder": work, "carrier": "dhl", "parcels": [{}]}
    packed = await do(WAREHOUSE, "shipmentPack", "shipment { id }", **given)
    await do(WAREHOUSE, "shipmentShip", shipment=packed["shipment"]["id"])
    back = {"reason": "No", "lines": [{"requirement": requirement, "quantity": 1}]}
    rma = await do(shop.ann, "returnRequest", "return { id }", order=now["id"], **back)
    return now["id"], rma["return"]["id"]


def line_of(requirement: str) -> dict[str, Any]:
    """A return line for one unit."""
    return {"requirement": f"requirement_{requirement}", "quantity": 1}


async def test_a_stale_edit_is_refused_with_both_revisions_and_shows_the_order_as_it_is(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    order = await place(MUG=1)
    await do(SUPPORT, "orderHold", order=order["id"], kind="MANUAL", reason="Wait", expectedRevision=1)
    stale = {"order": order["id"], "reason": "No", "expectedRevision": 1}
    [error] = await refused(SUPPORT, "orderCancel", **stale)
    assert (error["code"], error["path"]) == ("STALE_REVISION", ["expectedRevision"])
    assert (error["expected"], error["actual"]) == (1, 2)
    payload = await call(SUPPORT, "orderCancel", "order { status revision }", **stale)
    assert payload["order"] == {"status": "CONFIRMED", "revision": 2}


async def test_a_scan_does_not_make_an_edit_stale(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    order = await place(MUG=1)
    [work] = (await order_of(order))["fulfillmentOrders"]["nodes"]
    parcels = [{"trackingNumber": "A1"}]
    await do(WAREHOUSE, "shipmentPack", fulfillmentOrder=work["id"], carrier="dhl", parcels=parcels)
    revision = (await order_of(order))["revision"]
    scan = {"carrier": "dhl", "trackingNumber": "A1", "status": "PRE_TRANSIT", "occurredAt": "2026-03-02T12:00:00Z"}
    await do(WAREHOUSE, "parcelScan", **scan)
    assert (await order_of(order))["revision"] == revision
    await do(SUPPORT, "orderHold", order=order["id"], kind="MANUAL", reason="Wait", expectedRevision=revision)


async def test_money_in_another_currency_or_beyond_what_there_is_is_refused(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    order = await place(MUG=1)
    payment = {"payment": order["payments"][0]["id"], "idempotencyKey": "k"}
    for amount, code, path in (
        (YEN, "WRONG_CURRENCY", ["amount", "currency"]),
        ({"amount": "12.51", "currency": "EUR"}, "AMOUNT_TOO_LARGE", ["amount"]),
        ({"amount": "0.00", "currency": "EUR"}, "INVALID_INPUT", ["amount"]),
        ({"amount": "-1.00", "currency": "EUR"}, "INVALID_INPUT", ["amount"]),
    ):
        [error] = await refused(SUPPORT, "paymentRecord", amount=amount, **payment)
        assert (error["code"], error["path"]) == (code, path)
        refund = {"order": order["id"], "amount": amount, "reason": "Sorry", "idempotencyKey": "k"}
        [error] = await refused(SUPPORT, "orderRefundGrant", **refund)
        assert (error["code"], error["path"]) == (code, path)
    [error] = await refused(SUPPORT, "paymentRecord", reference="x" * 121, **payment)
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["reference"])


async def test_more_than_is_left_cannot_be_packed_and_a_tracking_number_names_one_parcel(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    order = await place(MUG=2)
    work = {"fulfillmentOrder": order["fulfillmentOrders"]["nodes"][0]["id"], "carrier": "dhl"}
    [error] = await refused(WAREHOUSE, "shipmentPack", parcels=[{"lines": [{"sku": "MUG", "quantity": 3}]}], **work)
    assert (error["code"], error["path"]) == ("NOT_PACKABLE", ["parcels", "0", "lines", "0", "quantity"])
    one = {"trackingNumber": "A1", "lines": [{"sku": "MUG", "quantity": 1}]}
    [error] = await refused(WAREHOUSE, "shipmentPack", parcels=[one, one], **work)
    assert (error["code"], error["path"]) == ("TRACKING_NUMBER_TAKEN", ["parcels", "0", "trackingNumber"])


async def test_stock_that_is_not_there_or_not_as_expected_is_refused(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 5})
    where = {"sku": "MUG", "location": location_id(shop.ber)}
    keyed = where | {"idempotencyKey": "k"}
    for verb, given, code, path in (
        ("stockAdjust", keyed | {"delta": -6}, "INSUFFICIENT_STOCK", ["delta"]),
        ("stockAdjust", keyed | {"delta": 0}, "INVALID_INPUT", ["delta"]),
        ("stockReceive", keyed | {"quantity": -1}, "INVALID_INPUT", ["quantity"]),
        ("stockReceive", keyed | {"quantity": 1, "sku": "NOPE"}, "UNKNOWN_SKU", ["sku"]),
        ("stockReceive", keyed | {"quantity": 1, "location": f"location_{NOBODY}"}, "NOT_FOUND", ["location"]),
        ("stockReceive", keyed | {"quantity": 1, "note": "x" * 301}, "INVALID_INPUT", ["note"]),
        ("stockCount", where | {"counted": 4, "expectedOnHand": 6}, "STALE_STOCK", ["expectedOnHand"]),
        ("stockCount", where | {"counted": -1, "expectedOnHand": 5}, "INVALID_INPUT", ["counted"]),
    ):
        [error] = await refused(ADMIN, verb, **given)
        assert (error["code"], error["path"]) == (code, path), verb


async def test_who_may_not_ask_is_told_so_at_the_top_level(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 5})
    order = await place(MUG=1)
    assert await denied(shop.ann, "orderConfirm", order=order["id"]) == ["PermissionDenied"]
    assert await denied(WAREHOUSE, "orderCancel", order=order["id"], reason="No") == ["PermissionDenied"]
    own_price = {"channel": "web-de"} | line(unitPrice=EURO)
    assert await denied(shop.ann, "orderPlace", **own_price) == ["PermissionDenied"]
    assert await denied(ANONYMOUS, "orderPlace", channel="web-de", **line()) == ["Unauthenticated"]


async def test_a_json_number_is_no_amount(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    document = "mutation ($input: OrderPlaceInput!) { orderPlace(input: $input) { replayed } }"
    wrong = {"channel": "web-de"} | line(unitPrice={"amount": 1.5, "currency": "EUR"})
    result = await execute(SUPPORT, document, input=wrong)
    assert result.errors
    assert "never a JSON number" in result.errors[0].message
