"""Orders that go another way: canceled, sourced again, short of stock, without goods, bundled, held."""

from typing import Any

from domain.stock.models import StockLevelRow
from server.database import Database
from tests.builders import SUPPORT, WAREHOUSE, Shop, do, open_shop, order_of, place, refused
from tests.domain.books import assert_books_balance


async def shelf(shop: Shop, sku: str) -> dict[str, tuple[int, int]]:
    """On hand and allocated of the SKU, at each location that ever had it."""
    found = {}
    for code in ("ber", "ham", "muc"):
        level = await StockLevelRow.get_or_none(sku=sku, location_id=getattr(shop, code))
        if level is not None:
            found[code] = (level.on_hand, level.allocated)
    return found


async def work_of(order: dict[str, Any]) -> dict[str, str]:
    """The status of each fulfillment order, by its serial number and location."""
    nodes = (await order_of(order))["fulfillmentOrders"]["nodes"]
    return {f"{each['number'][-1]} {each['location']['code']}": each["status"] for each in nodes}


async def work_id(order: dict[str, Any], serial: str) -> str:
    """The global id of the fulfillment order with this serial number."""
    nodes = (await order_of(order))["fulfillmentOrders"]["nodes"]
    return next(str(each["id"]) for each in nodes if each["number"].endswith(f"-{serial}"))


async def test_a_canceled_order_frees_its_units_unpacks_its_parcels_and_owes_back_what_was_paid(
    database: Database,
) -> None:
    shop = await open_shop(ber={"MUG": 5})
    order = await place(MUG=3)
    await do(SUPPORT, "paymentRecord", payment=order["payments"][0]["id"], idempotencyKey="p")
    packed = await do(
        WAREHOUSE,
        "shipmentPack",
        "shipment { id }",
        fulfillmentOrder=await work_id(order, "1"),
        carrier="dhl",
        parcels=[{"lines": [{"sku": "MUG", "quantity": 2}]}],
    )
    shown = "order { status chargeStatus canceledTotal { amount } cancelReason availableActions { enabled } }"
    gone = await do(SUPPORT, "orderCancel", shown, order=order["id"], reason="Changed their mind")
    assert gone["order"] == {
        "status": "CANCELED",
        "chargeStatus": "OVERCHARGED",
        "canceledTotal": {"amount": "37.50"},
        "cancelReason": "Changed their mind",
        "availableActions": [{"enabled": False}] * 3,
    }
    assert await shelf(shop, "MUG") == {"ber": (5, 0)}
    assert await work_of(order) == {"1 ber": "CANCELED"}
    [refund] = (await order_of(order))["refunds"]
    assert refund["amount"] == {"amount": "37.50"}
    again = await refused(WAREHOUSE, "shipmentShip", shipment=packed["shipment"]["id"])
    assert [(each["code"], each["status"]) for each in again] == [("ILLEGAL_TRANSITION", "CANCELED")]
    await assert_books_balance()


async def test_a_trial_cancellation_tells_what_would_be_said_and_changes_nothing(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 5})
    order = await place(MUG=3)
    tried = await do(SUPPORT, "orderCancel", "order { status }", order=order["id"], reason="Perhaps", dryRun=True)
    assert tried["order"] == {"status": "CONFIRMED"}
    assert await shelf(shop, "MUG") == {"ber": (5, 3)}


async def test_rejected_work_is_sourced_again_elsewhere_and_held_when_nobody_has_the_units(
    database: Database,
) -> None:
    shop = await open_shop(ber={"MUG": 5}, ham={"MUG": 4})
    order = await place(MUG=3)
    reason = "The shelf is empty"
    await do(WAREHOUSE, "fulfillmentOrderReject", fulfillmentOrder=await work_id(order, "1"), reason=reason)
    assert await work_of(order) == {"1 ber": "REJECTED", "2 ham": "OPEN"}
    assert await shelf(shop, "MUG") == {"ber": (5, 0), "ham": (4, 3)}
    await assert_books_balance()
    await do(WAREHOUSE, "fulfillmentOrderReject", fulfillmentOrder=await work_id(order, "2"), reason=reason)
    assert await work_of(order) == {"1 ber": "REJECTED", "2 ham": "REJECTED"}
    assert await shelf(shop, "MUG") == {"ber": (5, 0), "ham": (4, 0)}
    [hold] = (await order_of(order))["holds"]
    assert (hold["kind"], hold["reason"], hold["releasedAt"]) == ("STOCK", "No location has 3 of MUG.", None)
    await assert_books_balance()


async def test_rejecting_work_leaves_other_work_of_the_same_location_alone(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 2}, ham={"MUG": 3})
    order = await place(MUG=5)
    assert await work_of(order) == {"1 ber": "OPEN", "2 ham": "OPEN"}
    await do(SUPPORT, "orderHold", order=order["id"], kind="MANUAL", reason="Wait for more")
    await stock_up(shop, 3)
    await do(WAREHOUSE, "fulfillmentOrderReject", fulfillmentOrder=await work_id(order, "2"), reason="Closed")
    assert await work_of(order) == {"1 ber": "OPEN", "2 ham": "REJECTED", "3 ber": "OPEN"}
    assert await shelf(shop, "MUG") == {"ber": (5, 5), "ham": (3, 0)}
    await do(WAREHOUSE, "fulfillmentOrderReject", fulfillmentOrder=await work_id(order, "3"), reason="Too many")
    assert await work_of(order) == {"1 ber": "OPEN", "2 ham": "REJECTED", "3 ber": "REJECTED"}
    assert await shelf(shop, "MUG") == {"ber": (5, 2), "ham": (3, 0)}
    await assert_books_balance()


async def test_work_that_is_given_up_half_way_keeps_what_shipped_and_sources_the_rest(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 5, "TEE": 1}, ham={"MUG": 9})
    order = await place(MUG=5, TEE=1)
    work = {"fulfillmentOrder": await work_id(order, "1")}
    parcels = [{"lines": [{"sku": "MUG", "quantity": 2}, {"sku": "TEE", "quantity": 1}]}]
    packed = await do(WAREHOUSE, "shipmentPack", "shipment { id }", carrier="dhl", parcels=parcels, **work)
    [error] = await refused(WAREHOUSE, "fulfillmentOrderReject", reason="Broken", **work)
    assert (error["code"], error["reasonCode"]) == ("ILLEGAL_TRANSITION", "UNITS_PACKED")
    await do(WAREHOUSE, "shipmentShip", shipment=packed["shipment"]["id"])
    await do(WAREHOUSE, "fulfillmentOrderReject", reason="Broken", **work)
    assert await work_of(order) == {"1 ber": "REJECTED", "2 ham": "OPEN"}
    assert await shelf(shop, "MUG") == {"ber": (3, 0), "ham": (9, 3)}
    assert await shelf(shop, "TEE") == {"ber": (0, 0)}
    await assert_books_balance()
    last = {"fulfillmentOrder": await work_id(order, "2"), "carrier": "dhl", "parcels": [{}]}
    packed = await do(WAREHOUSE, "shipmentPack", "shipment { id }", **last)
    await do(WAREHOUSE, "shipmentShip", shipment=packed["shipment"]["id"])
    assert await shelf(shop, "MUG") == {"ber": (3, 0), "ham": (6, 0)}
    assert (await order_of(order, "fulfillmentStatus"))["fulfillmentStatus"] == "SHIPPED"
    await assert_books_balance()


async def stock_up(shop: Shop, units: int) -> None:
    """More mugs in Berlin."""
    place_id = f"location_{shop.ber.hex}"
    await do(WAREHOUSE, "stockReceive", sku="MUG", location=place_id, quantity=units, idempotencyKey="more")


async def test_an_order_that_is_short_is_refused_whole_and_names_line_and_number(database: Database) -> None:
    await open_shop(ber={"MUG": 2, "TEE": 9}, ham={"MUG": 2})
    lines = [{"sku": "TEE", "quantity": 1}, {"sku": "MUG", "quantity": 5}]
    [error] = await refused(SUPPORT, "orderPlace", channel="web-de", lines=lines)
    assert (error["code"], error["path"]) == ("INSUFFICIENT_STOCK", ["lines", "1", "quantity"])
    assert (error["sku"], error["requested"], error["available"]) == ("MUG", 5, 4)
    await assert_books_balance()


async def test_a_download_is_delivered_at_once_and_its_order_is_complete(database: Database) -> None:
    await open_shop()
    order = await place(EBOOK=2)
    shown = "status fulfillmentStatus total { amount } lines { requirements { id shipped delivered } }"
    now = await order_of(order, shown)
    requirement = now["lines"][0]["requirements"][0]
    assert (now["status"], now["fulfillmentStatus"], now["total"]) == ("COMPLETED", "DELIVERED", {"amount": "19.98"})
    assert (requirement["shipped"], requirement["delivered"]) == (2, 2)
    assert await work_of(order) == {}
    back = [{"requirement": requirement["id"], "quantity": 1}]
    [error] = await refused(SUPPORT, "returnRequest", order=order["id"], lines=back, reason="No")
    assert (error["code"], error["path"]) == ("NOT_RETURNABLE", ["lines", "0", "quantity"])
    await assert_books_balance()


async def test_a_download_that_waits_for_confirmation_is_given_with_it(database: Database) -> None:
    await open_shop()
    line = [{"sku": "EBOOK", "quantity": 1}]
    waiting = await do(SUPPORT, "orderPlace", "order { id status }", channel="web-de", lines=line, isConfirmed=False)
    assert waiting["order"]["status"] == "PENDING"
    done = await do(SUPPORT, "orderConfirm", "order { status fulfillmentStatus }", order=waiting["order"]["id"])
    assert done["order"] == {"status": "COMPLETED", "fulfillmentStatus": "DELIVERED"}
    other = await do(SUPPORT, "orderPlace", "order { id }", channel="web-de", lines=line, isConfirmed=False)
    gone = await do(SUPPORT, "orderReject", "order { status }", order=other["order"]["id"], reason="Looks odd")
    assert gone["order"] == {"status": "REJECTED"}
    await assert_books_balance()


async def test_a_bundle_is_one_line_whose_price_is_spread_over_what_it_ships(database: Database) -> None:
    shop = await open_shop(ber={"PEN": 10, "INK": 4})
    components = [{"sku": "PEN", "units": 2}, {"sku": "INK", "units": 1}]
    lines = [{"sku": "SET", "quantity": 3, "components": components}]
    shown = "order { total { amount } lines { sku quantity requirements { sku required gross { amount } } } }"
    placed = await do(SUPPORT, "orderPlace", shown, channel="web-de", lines=lines)
    assert placed["order"]["total"] == {"amount": "90.00"}
    [line] = placed["order"]["lines"]
    assert (line["sku"], line["quantity"]) == ("SET", 3)
    assert line["requirements"] == [
        {"sku": "INK", "required": 3, "gross": {"amount": "30.00"}},
        {"sku": "PEN", "required": 6, "gross": {"amount": "60.00"}},
    ]
    assert (await shelf(shop, "PEN"), await shelf(shop, "INK")) == ({"ber": (10, 6)}, {"ber": (4, 3)})
    await assert_books_balance()


async def test_a_hold_stops_the_work_and_keeps_the_units_until_it_is_released(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 5})
    order = await place(MUG=3)
    held = await do(
        SUPPORT, "orderHold", "order { isOnHold holds { id } }", order=order["id"], kind="FRAUD", reason="?"
    )
    assert held["order"]["isOnHold"] is True
    work = {"fulfillmentOrder": await work_id(order, "1")}
    [error] = await refused(WAREHOUSE, "fulfillmentOrderStart", **work)
    assert (error["code"], error["reasonCode"]) == ("ILLEGAL_TRANSITION", "ON_HOLD")
    [error] = await refused(WAREHOUSE, "shipmentPack", carrier="dhl", parcels=[{}], **work)
    assert (error["code"], error["reasonCode"]) == ("ILLEGAL_TRANSITION", "ON_HOLD")
    assert await shelf(shop, "MUG") == {"ber": (5, 3)}
    hold = held["order"]["holds"][0]["id"]
    shown = "hold { releasedBy } order { isOnHold }"
    free = await do(SUPPORT, "orderHoldRelease", shown, hold=hold)
    assert (free["hold"], free["order"]) == ({"releasedBy": "staff:sam"}, {"isOnHold": False})
    await refused(SUPPORT, "orderHoldRelease", hold=hold)
    await do(WAREHOUSE, "fulfillmentOrderStart", **work)
    await assert_books_balance()
