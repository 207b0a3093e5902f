"""An order's whole life, told in the words of the API: every number in it is exact."""

from typing import Any

from domain.stock.models import StockLevelRow
from server.database import Database
from tests.builders import SUPPORT, WAREHOUSE, Shop, do, location_id, open_shop, order_of
from tests.domain.books import assert_books_balance

STATE = """status fulfillmentStatus authorizeStatus chargeStatus returnStatus
availableActions { action enabled reason }"""
UNITS = "lines { sku requirements { allocated packed shipped delivered returned } }"
SHIPPED_REASON = "Part of the order is already on its way: ask for a return instead."

DECIDED = [
    ("CONFIRM", False, "Confirm needs the order to be PENDING; it is CONFIRMED."),
    ("REJECT", False, "Reject needs the order to be PENDING; it is CONFIRMED."),
]


async def state(order: dict[str, Any]) -> tuple[str, ...]:
    """All statuses of the order, decided and rolled up."""
    now = await order_of(order, STATE)
    return tuple(
        now[name] for name in ("status", "fulfillmentStatus", "authorizeStatus", "chargeStatus", "returnStatus")
    )


async def actions(order: dict[str, Any]) -> list[tuple[str, bool, str | None]]:
    """What can be done with the order now, by the support."""
    now = await order_of(order, STATE)
    return [(each["action"], each["enabled"], each["reason"]) for each in now["availableActions"]]


async def units(order: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Of each SKU, the units allocated, packed, shipped, delivered and returned."""
    now = await order_of(order, UNITS)
    return {line["sku"]: tuple(line["requirements"][0].values()) for line in now["lines"]}


async def counters(shop: Shop, sku: str, place: str = "ber") -> tuple[int, int, int]:
    """On hand, allocated and damaged."""
    level = await StockLevelRow.get(sku=sku, location_id=getattr(shop, place))
    return level.on_hand, level.allocated, level.damaged


async def placed_and_confirmed(shop: Shop) -> dict[str, Any]:
    """Three mugs, a shirt and the postage: 67.39 EUR."""
    payload = await do(
        SUPPORT,
        "orderPlace",
        "order { id total { amount currency } payments { id status expected { amount } } }",
        channel="web-de",
        customer={"email": "Ann@example.org"},
        lines=[{"sku": "MUG", "quantity": 3}, {"sku": "TEE", "quantity": 1}],
        charges=[{"kind": "SHIPPING", "title": "Parcel", "amount": {"amount": "4.90", "currency": "EUR"}}],
        isConfirmed=False,
    )
    order: dict[str, Any] = payload["order"]
    assert order["total"] == {"amount": "67.39", "currency": "EUR"}
    assert await state(order) == ("PENDING", "UNFULFILLED", "NONE", "NONE", "NONE")
    assert await actions(order) == [("CONFIRM", True, None), ("REJECT", True, None), ("CANCEL", True, None)]
    assert await counters(shop, "MUG") == (5, 3, 0)
    confirmed = await do(SUPPORT, "orderConfirm", "order { status }", order=order["id"], expectedRevision=1)
    assert confirmed["order"] == {"status": "CONFIRMED"}
    assert await units(order) == {"MUG": (3, 0, 0, 0, 0), "TEE": (1, 0, 0, 0, 0)}
    return order


async def packed_and_shipped(shop: Shop, order: dict[str, Any]) -> None:
    """Two parcels, handed over together."""
    [work] = (await order_of(order))["fulfillmentOrders"]["nodes"]
    assert (work["status"], work["location"]) == ("OPEN", {"code": "ber"})
    started = await do(WAREHOUSE, "fulfillmentOrderStart", "fulfillmentOrder { status }", fulfillmentOrder=work["id"])
    assert started["fulfillmentOrder"] == {"status": "IN_PROGRESS"}
    assert (await state(order))[1] == "IN_PROGRESS"
    packed = await do(
        WAREHOUSE,
        "shipmentPack",
        "shipment { id status parcels { position contents { sku quantity } } } fulfillmentOrder { status unitsToPack }",
        fulfillmentOrder=work["id"],
        carrier="dhl",
        parcels=[
            {"trackingNumber": "A1", "lines": [{"sku": "MUG", "quantity": 2}]},
            {"trackingNumber": "A2", "weightGrams": 700},
        ],
    )
    assert packed["shipment"]["parcels"] == [
        {"position": 1, "contents": [{"sku": "MUG", "quantity": 2}]},
        {"position": 2, "contents": [{"sku": "MUG", "quantity": 1}, {"sku": "TEE", "quantity": 1}]},
    ]
    assert packed["fulfillmentOrder"] == {"status": "CLOSED", "unitsToPack": 0}
    assert await units(order) == {"MUG": (0, 3, 0, 0, 0), "TEE": (0, 1, 0, 0, 0)}
    assert await counters(shop, "MUG") == (5, 3, 0)
    shipped = await do(WAREHOUSE, "shipmentShip", "shipment { status }", shipment=packed["shipment"]["id"])
    assert shipped["shipment"] == {"status": "SHIPPED"}
    assert await counters(shop, "MUG") == (2, 0, 0)
    assert await state(order) == ("CONFIRMED", "SHIPPED", "NONE", "NONE", "NONE")
    assert await actions(order) == [*DECIDED, ("CANCEL", False, SHIPPED_REASON)]


async def delivered_and_paid(order: dict[str, Any]) -> None:
    """The carrier tells of both parcels, in disorder; then the money comes, in two parts."""
    for number, status, hour in (("A1", "DELIVERED", 12), ("A1", "IN_TRANSIT", 9), ("A1", "DELIVERED", 12)):
        scan = {"carrier": "dhl", "trackingNumber": number, "status": status}
        told = await do(
            WAREHOUSE, "parcelScan", "parcel { trackingStatus }", occurredAt=f"2026-03-02T{hour:02}:00:00Z", **scan
        )
        assert told["parcel"] == {"trackingStatus": "DELIVERED"}
    assert await state(order) == ("CONFIRMED", "PARTIALLY_DELIVERED", "NONE", "NONE", "NONE")
    scan = {"carrier": "dhl", "trackingNumber": "A2", "status": "DELIVERED"}
    await do(WAREHOUSE, "parcelScan", occurredAt="2026-03-02T13:00:00Z", **scan)
    assert await state(order) == ("COMPLETED", "DELIVERED", "NONE", "NONE", "NONE")
    assert await actions(order) == [
        ("CONFIRM", False, "Confirm needs the order to be PENDING; it is COMPLETED."),
        ("REJECT", False, "Reject needs the order to be PENDING; it is COMPLETED."),
        ("CANCEL", False, "Cancel needs the order to be DRAFT, PENDING or CONFIRMED; it is COMPLETED."),
    ]
    assert await units(order) == {"MUG": (0, 0, 3, 3, 0), "TEE": (0, 0, 1, 1, 0)}
    part = {"amount": {"amount": "60.00", "currency": "EUR"}, "payment": order["payments"][0]["id"]}
    paid = await do(SUPPORT, "paymentRecord", "payment { status captured { amount } }", idempotencyKey="p1", **part)
    assert paid["payment"] == {"status": "CAPTURED", "captured": {"amount": "60.00"}}
    assert (await state(order))[2:4] == ("PARTIAL", "PARTIAL")
    rest = (await order_of(order))["payments"][1]
    shown = "payment { captured { amount } } order { chargeStatus }"
    paid = await do(SUPPORT, "paymentRecord", shown, idempotencyKey="p2", payment=rest["id"])
    assert paid["payment"] == {"captured": {"amount": "7.39"}}
    assert paid["order"] == {"chargeStatus": "FULL"}


async def sent_back(shop: Shop, order: dict[str, Any]) -> None:
    """Two mugs come back to Hamburg: one is sold again, one is written off; 25.00 EUR are owed, and go."""
    mug = (await order_of(order))["lines"][0]["requirements"][0]["id"]
    asked = await do(
        shop.ann,
        "returnRequest",
        "return { id status unitsAwaited } order { returnStatus }",
        order=order["id"],
        lines=[{"requirement": mug, "quantity": 2}],
        reason="Too many",
    )
    rma = asked["return"]
    assert (rma["status"], rma["unitsAwaited"], asked["order"]) == ("REQUESTED", 2, {"returnStatus": "REQUESTED"})
    await do(SUPPORT, "returnApprove", **{"return": rma["id"]})
    assert (await state(order))[4] == "IN_PROGRESS"
    shown = "return { status unitsUndecided dispositions { id quantity status } lines { refund { amount } } }"
    place = location_id(shop.ham)
    received = (await do(WAREHOUSE, "returnReceive", shown, **{"return": rma["id"], "location": place}))["return"]
    assert (received["status"], received["unitsUndecided"]) == ("RECEIVED", 2)
    assert received["lines"] == [{"refund": {"amount": "25.00"}}]
    assert await state(order) == ("COMPLETED", "DELIVERED", "FULL", "OVERCHARGED", "PARTIALLY_RETURNED")
    await decided(shop, received["dispositions"][0]["id"], rma["id"])


async def decided(shop: Shop, disposition: str, rma: str) -> None:
    """One unit back on the shelf, the other one written off."""
    shown = "disposition { quantity status } return { status dispositions { id quantity status } }"
    first = await do(WAREHOUSE, "returnDispose", shown, disposition=disposition, action="RESTOCK", quantity=1)
    assert first["disposition"] == {"quantity": 1, "status": "RESTOCKED"}
    assert await counters(shop, "MUG", "ham") == (1, 0, 0)
    [left] = [each for each in first["return"]["dispositions"] if each["status"] == "PENDING"]
    second = await do(WAREHOUSE, "returnDispose", shown, disposition=left["id"], action="DISPOSE")
    assert second["disposition"] == {"quantity": 1, "status": "DISPOSED"}
    assert second["return"]["status"] == "COMPLETED"
    assert await counters(shop, "MUG", "ham") == (1, 0, 0)
    assert await counters(shop, "MUG") == (2, 0, 0)


async def test_an_orders_whole_life_is_exact_at_every_step(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 5, "TEE": 2}, ham={"CAP": 1})
    order = await placed_and_confirmed(shop)
    await assert_books_balance()
    await packed_and_shipped(shop, order)
    await assert_books_balance()
    await delivered_and_paid(order)
    await assert_books_balance()
    await sent_back(shop, order)
    await assert_books_balance()
    [refund] = (await order_of(order))["refunds"]
    assert refund["amount"] == {"amount": "25.00"}
    shown = "refund { status amount { amount } } order { chargeStatus canceledTotal { amount } }"
    went = await do(SUPPORT, "refundRecord", shown, refund=refund["id"], idempotencyKey="r1")
    assert went["refund"] == {"status": "SUCCEEDED", "amount": {"amount": "25.00"}}
    assert went["order"] == {"chargeStatus": "FULL", "canceledTotal": {"amount": "25.00"}}
    assert await state(order) == ("COMPLETED", "DELIVERED", "FULL", "FULL", "PARTIALLY_RETURNED")
    assert await units(order) == {"MUG": (0, 0, 3, 3, 2), "TEE": (0, 0, 1, 1, 0)}
    await assert_books_balance()
