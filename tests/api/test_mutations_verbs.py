"""The verbs that the stories do not tell of: the shop itself, tracking links, unpacking, returns that end otherwise."""

from typing import Any

from domain.flows.open_tracking_link import hash_of
from domain.kernel.ids import parse_global_id
from domain.kernel.models import LogRow
from domain.stock.models import StockLevelRow
from domain.tracking.models import TrackingLinkRow
from server.database import Database
from tests.builders import (
    ADMIN,
    SUPPORT,
    WAREHOUSE,
    ask,
    denied,
    do,
    execute,
    location_id,
    open_shop,
    order_of,
    place,
    refused,
)
from tests.domain.books import assert_books_balance

SHIPMENT = "shipment { id status parcels { id } }"


async def shipped(order: dict[str, Any]) -> dict[str, Any]:
    """The order's first work, packed whole into one parcel and handed over."""
    work = order["fulfillmentOrders"]["nodes"][0]["id"]
    packed = await do(WAREHOUSE, "shipmentPack", SHIPMENT, fulfillmentOrder=work, carrier="dhl", parcels=[{}])
    done = await do(WAREHOUSE, "shipmentShip", SHIPMENT, shipment=packed["shipment"]["id"])
    shipment: dict[str, Any] = done["shipment"]
    return shipment


async def back(order: dict[str, Any], units: int) -> dict[str, Any]:
    """A return of units of the order's first requirement."""
    lines = [{"requirement": order["lines"][0]["requirements"][0]["id"], "quantity": units}]
    shown = "return { id number status lines { id } }"
    asked = await do(SUPPORT, "returnRequest", shown, order=order["id"], lines=lines, reason="Too many")
    rma: dict[str, Any] = asked["return"]
    return rma


async def test_a_shop_is_made_of_channels_locations_and_products(database: Database) -> None:
    channel = {
        "code": "web-ch",
        "name": "Web",
        "currency": "CHF",
        "legalEntity": "Acme AG",
        "timeZone": "Europe/Zurich",
    }
    made = await do(ADMIN, "channelCreate", "channel { code currency }", **channel)
    assert made["channel"] == {"code": "web-ch", "currency": "CHF"}
    [error] = await refused(ADMIN, "channelCreate", **channel)
    assert (error["code"], error["path"]) == ("ALREADY_EXISTS", ["code"])
    for wrong in ({"timeZone": "Europe"}, {"currency": "XXX"}, {"code": "Web CH"}, {"name": ""}):
        [field] = wrong
        [error] = await refused(ADMIN, "channelCreate", **(channel | {"code": "other"} | wrong))
        assert (error["code"], error["path"]) == ("INVALID_INPUT", [field])
    price = {"channel": "web-ch", "amount": {"amount": "19.90", "currency": "CHF"}}
    variants = [{"sku": "BELL", "title": "Bell", "prices": [price]}]
    shown = "product { handle variants { sku prices { amount { amount currency } } } }"
    entered = await do(ADMIN, "productCreate", shown, handle="bell", title="Bell", variants=variants)
    [variant] = entered["product"]["variants"]
    assert variant == {"sku": "BELL", "prices": [{"amount": {"amount": "19.90", "currency": "CHF"}}]}
    in_euro = [{"sku": "GONG", "title": "Gong", "prices": [price | {"amount": {"amount": "1", "currency": "EUR"}}]}]
    [error] = await refused(ADMIN, "productCreate", handle="gong", title="Gong", variants=in_euro)
    path = ["variants", "0", "prices", "0", "amount", "currency"]
    assert (error["code"], error["path"]) == ("WRONG_CURRENCY", path)


async def test_a_location_that_was_opened_ships_what_it_receives(database: Database) -> None:
    await open_shop()
    address = {"countryCode": "DE", "postalCode": "04109", "city": "Leipzig", "street": "Markt 1"}
    given = {"code": "lej", "name": "Leipzig", "kind": "STORE", "legalEntity": "Acme GmbH", "timeZone": "Europe/Berlin"}
    opened = await do(ADMIN, "locationCreate", "location { id priority }", **given, **address)
    assert opened["location"]["priority"] == 100
    where = {"sku": "MUG", "location": opened["location"]["id"]}
    shown = "stockLevel { onHand available }"
    got = await do(WAREHOUSE, "stockReceive", shown, quantity=4, idempotencyKey="in", **where)
    assert got["stockLevel"] == {"onHand": 4, "available": 4}
    order = await place(MUG=1)
    assert order["fulfillmentOrders"]["nodes"][0]["location"] == {"code": "lej"}
    counted = await do(WAREHOUSE, "stockCount", shown, counted=3, expectedOnHand=4, **where)
    assert counted["stockLevel"] == {"onHand": 3, "available": 2}
    await assert_books_balance()


async def test_an_order_in_yen_has_no_digits_after_the_point(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    lines = [{"sku": "MUG", "quantity": 3, "discount": {"amount": "500", "currency": "JPY"}}]
    placed = await do(SUPPORT, "orderPlace", "order { total { amount currency } }", channel="web-jp", lines=lines)
    assert placed["order"] == {"total": {"amount": "5500", "currency": "JPY"}}


async def test_a_tracking_link_is_told_once_and_only_its_hash_is_kept(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 5})
    placed = await do(shop.ann, "orderPlace", "order { id }", channel="web-de", lines=[{"sku": "MUG", "quantity": 1}])
    opened = await do(shop.ann, "orderTrackingLinkOpen", "token order { id }", order=placed["order"]["id"])
    assert opened["order"] == placed["order"]
    [link] = await TrackingLinkRow.all()
    assert link.token_hash == hash_of(opened["token"])


async def test_the_tracking_links_of_an_order_are_closed_and_later_ones_open_it(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 5})
    order = (await place(MUG=1))["id"]
    other = (await place(MUG=1))["id"]
    closed = [(await do(SUPPORT, "orderTrackingLinkOpen", "token", order=order))["token"] for _ in range(2)]
    of_other = (await do(SUPPORT, "orderTrackingLinkOpen", "token", order=other))["token"]
    revoked = await do(SUPPORT, "orderTrackingLinksRevoke", "order { id }", order=order)
    assert revoked["order"] == {"id": order}
    later = (await do(SUPPORT, "orderTrackingLinkOpen", "token", order=order))["token"]
    still_open = {link.token_hash for link in await TrackingLinkRow.filter(revoked_at=None)}
    assert still_open == {hash_of(of_other), hash_of(later)}
    assert await TrackingLinkRow.filter(token_hash__in=[hash_of(token) for token in closed]).count() == 2
    [event] = await LogRow.filter(type="TrackingLinksRevoked")
    assert (event.order_id, event.data, event.actor) == (parse_global_id("order", order), {"links": 2}, "staff:sam")
    await do(SUPPORT, "orderTrackingLinksRevoke", order=order)
    recorded = await LogRow.filter(type="TrackingLinksRevoked").order_by("sequence")
    assert [each.data for each in recorded] == [{"links": 2}, {"links": 1}]
    await do(SUPPORT, "orderTrackingLinksRevoke", order=order)
    assert await LogRow.filter(type="TrackingLinksRevoked").count() == 2
    assert await denied(shop.ann, "orderTrackingLinksRevoke", order=other) == ["PermissionDenied"]


async def test_a_shipment_that_is_unpacked_can_be_packed_again(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    order = await place(MUG=2)
    work = {"fulfillmentOrder": order["fulfillmentOrders"]["nodes"][0]["id"], "carrier": "dhl", "parcels": [{}]}
    first = await do(WAREHOUSE, "shipmentPack", SHIPMENT, **work)
    gone = await do(WAREHOUSE, "shipmentCancel", "shipment { status }", shipment=first["shipment"]["id"])
    assert gone["shipment"] == {"status": "CANCELED"}
    assert (await order_of(order))["fulfillmentOrders"]["nodes"][0]["status"] == "OPEN"
    await assert_books_balance()
    second = await do(WAREHOUSE, "shipmentPack", SHIPMENT, **work)
    await do(WAREHOUSE, "shipmentShip", shipment=second["shipment"]["id"])
    [error] = await refused(WAREHOUSE, "shipmentCancel", shipment=second["shipment"]["id"])
    assert (error["code"], error["status"]) == ("ILLEGAL_TRANSITION", "SHIPPED")
    await assert_books_balance()


async def test_a_parcel_is_scanned_by_its_id_and_hand_over_follows_from_what_the_carrier_saw(
    database: Database,
) -> None:
    await open_shop(ber={"MUG": 5})
    order = await place(MUG=2)
    work = order["fulfillmentOrders"]["nodes"][0]["id"]
    packed = await do(WAREHOUSE, "shipmentPack", SHIPMENT, fulfillmentOrder=work, carrier="dhl", parcels=[{}])
    [parcel] = packed["shipment"]["parcels"]
    scan = {"parcel": parcel["id"], "status": "IN_TRANSIT", "occurredAt": "2026-03-02T12:00:00+01:00"}
    shown = "parcel { trackingStatus trackedAt shipment { status } scans(first: 5) { nodes { status } } }"
    seen = [await do(WAREHOUSE, "parcelScan", shown, **scan) for _ in range(2)][1]["parcel"]
    assert (seen["trackingStatus"], seen["trackedAt"]) == ("IN_TRANSIT", "2026-03-02T11:00:00.000Z")
    assert (seen["shipment"], seen["scans"]) == ({"status": "SHIPPED"}, {"nodes": [{"status": "IN_TRANSIT"}]})
    lost = await do(WAREHOUSE, "parcelScan", shown, **(scan | {"status": "LOST"}))
    assert lost["parcel"]["shipment"] == {"status": "LOST"}
    assert (await order_of(order))["status"] == "COMPLETED"
    found = await do(WAREHOUSE, "parcelScan", shown, **(scan | {"status": "DELIVERED"}))
    assert found["parcel"]["shipment"] == {"status": "DELIVERED"}
    assert (await order_of(order, "fulfillmentStatus status")) == {
        "fulfillmentStatus": "DELIVERED",
        "status": "COMPLETED",
    }
    [error] = await refused(WAREHOUSE, "parcelScan", **(scan | {"occurredAt": "2999-01-01T00:00:00Z"}))
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["occurredAt"])
    await assert_books_balance()


async def test_a_return_is_declined_or_called_off_and_its_units_can_be_announced_again(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    order = await place(MUG=2)
    await shipped(order)
    first = await back(order, 2)
    lines = [{"requirement": order["lines"][0]["requirements"][0]["id"], "quantity": 1}]
    [error] = await refused(SUPPORT, "returnRequest", order=order["id"], lines=lines, reason="More")
    assert (error["code"], error["path"]) == ("NOT_RETURNABLE", ["lines", "0", "quantity"])
    shown = "return { status declineReason }"
    said = await do(SUPPORT, "returnDecline", shown, **{"return": first["id"], "reason": "Too late"})
    assert said["return"] == {"status": "DECLINED", "declineReason": "Too late"}
    second = await back(order, 2)
    gone = await do(SUPPORT, "returnCancel", shown, **{"return": second["id"]})
    assert gone["return"]["status"] == "CANCELED"
    assert (await order_of(order, "returnStatus")) == {"returnStatus": "NONE"}
    await assert_books_balance()


async def test_goods_that_come_in_parts_are_paid_back_in_parts_to_the_cent(database: Database) -> None:
    shop = await open_shop(ber={"CAP": 5})
    taken = {"amount": "0.01", "currency": "EUR"}
    lines = [{"sku": "CAP", "quantity": 3, "discount": taken}]
    placed = await do(SUPPORT, "orderPlace", "order { id }", channel="web-de", lines=lines)
    order = await order_of(placed["order"])
    await do(SUPPORT, "paymentRecord", payment=order["payments"][0]["id"], idempotencyKey="p")
    await shipped(order)
    rma = await back(order, 3)
    await do(SUPPORT, "returnApprove", **{"return": rma["id"]})
    for _ in range(2):
        part = {"lines": [{"returnLine": rma["lines"][0]["id"], "quantity": 1}], "location": location_id(shop.muc)}
        await do(WAREHOUSE, "returnReceive", **{"return": rma["id"], **part})
    now = await order_of(order)
    assert [each["amount"]["amount"] for each in now["refunds"]] == ["3.33", "3.33"]
    [error] = await refused(WAREHOUSE, "returnComplete", **{"return": rma["id"]})
    assert (error["code"], error["reasonCode"]) == ("ILLEGAL_TRANSITION", "UNITS_UNDECIDED")
    await decided_damaged(rma["id"], now["id"])
    ended = await do(WAREHOUSE, "returnComplete", "return { status }", **{"return": rma["id"]})
    assert ended["return"] == {"status": "COMPLETED"}
    level = await StockLevelRow.get(sku="CAP", location_id=shop.muc)
    assert (level.on_hand, level.damaged) == (2, 2)
    await assert_books_balance()


async def decided_damaged(rma: str, order: str) -> None:
    """Everything that came back is set aside as damaged."""
    document = """query ($id: ID!) { order(by: { id: $id }) {
        returns(first: 5) { nodes { id dispositions { id } } } } }"""
    [found] = (await ask(SUPPORT, document, id=order))["order"]["returns"]["nodes"]
    assert found["id"] == rma
    for each in found["dispositions"]:
        await do(WAREHOUSE, "returnDispose", disposition=each["id"], action="DAMAGE")


async def test_mutations_of_one_document_are_done_in_order_and_each_shows_the_present(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    order = await place(MUG=1)
    document = """mutation ($id: ID!) {
      held: orderHold(input: { order: $id, kind: MANUAL, reason: "Wait" }) { order { isOnHold revision } }
      gone: orderCancel(input: { order: $id, reason: "No" }) { order { isOnHold status revision } }
      late: orderCancel(input: { order: $id, reason: "No" }) { order { status } errors { code } }
    }"""
    done = (await execute(SUPPORT, document, id=order["id"])).data
    assert done["held"] == {"order": {"isOnHold": True, "revision": 2}}
    assert done["gone"] == {"order": {"isOnHold": True, "status": "CANCELED", "revision": 3}}
    assert done["late"] == {"order": {"status": "CANCELED"}, "errors": [{"code": "ILLEGAL_TRANSITION"}]}
