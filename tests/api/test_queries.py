"""What the API shows of a shop, exactly, and to whom."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import pytest

from domain.catalog.models import ProductRow
from domain.customers.models import CustomerRow
from domain.flows.grant_refund import GrantRefund, grant_refund
from domain.flows.hold_order import HoldOrder, hold_order
from domain.flows.placement import PlaceCustomer
from domain.flows.request_return import RequestReturn, RequestReturnLine, request_return
from domain.kernel.actor import ANONYMOUS, Actor, Role, customer, staff, tracking_link
from domain.kernel.bell import SilentBell
from domain.kernel.ids import global_id
from domain.kernel.runner import Runner
from domain.orders.models import HoldKind, OrderRow
from domain.shipping.models import ParcelRow, ShipmentRow
from domain.stock.models import StockLevelRow
from resolvers import build_schema
from resolvers.context import Context
from schema.views import Reader
from server.database import Database
from tests.api.sample_rows import statements
from tests.domain import shop

SCHEMA = build_schema()
STAFF = staff("sam", Role.SUPPORT)
PACKER = staff("pat", Role.WAREHOUSE)


@dataclass(frozen=True)
class Books:
    """Ann's order A-1 is delivered and paid, her A-2 was just placed; Bob's B-1 waits for two locations."""

    ann: UUID
    bob: UUID
    delivered: UUID
    placed: UUID
    bobs: UUID

    @property
    def as_ann(self) -> Actor:
        return customer(self.ann)


@pytest.fixture
async def books(database: Database) -> Books:
    await shop.open_shop({"MUG": (10, 5), "TEE": (4,)})
    ann, bob = PlaceCustomer(email="ann@example.com", name="Ann"), PlaceCustomer(email="bob@example.com")
    delivered = await shop.place(
        {"MUG": 2, "TEE": 1}, customer=ann, external_reference="A-1", placed_at=shop.NOON, note="Ring twice."
    )
    await shop.pay(delivered)
    await shop.deliver(delivered)
    placed = await shop.place({"MUG": 1}, customer=ann, external_reference="A-2")
    bobs = await shop.place({"MUG": 12}, customer=bob, external_reference="B-1", placed_at=shop.NOON)
    keys = {row.email: row.id for row in await CustomerRow.all()}
    return Books(keys["ann@example.com"], keys["bob@example.com"], delivered, placed, bobs)


def context(actor: Actor) -> Context:
    return Context(actor, Reader(actor.scope), Runner(SilentBell()), cast("Any", None))


async def data(query: str, who: Actor = STAFF, **variables: Any) -> Any:
    """What the API answers, when it answers."""
    result = await SCHEMA.execute(query, variables, context(who))
    assert not result.errors, result.errors
    return result.data


async def code(query: str, who: Actor = STAFF, **variables: Any) -> Any:
    """Why the API does not answer."""
    result = await SCHEMA.execute(query, variables, context(who))
    assert result.errors
    assert len(result.errors) == 1
    return (result.errors[0].extensions or {}).get("code")


def order_id(key: UUID) -> str:
    return global_id("order", key)


BY_ID = "query ($id: ID!) { order(by: {id: $id}) { %s } }"
NAMED = '{externalReference: {channel: "web-de", reference: "%s"}}'


DELIVERED = {
    "status": "COMPLETED",
    "fulfillmentStatus": "DELIVERED",
    "authorizeStatus": "FULL",
    "chargeStatus": "FULL",
    "returnStatus": "NONE",
    "isOnHold": False,
    "origin": "PLACED",
    "currency": "EUR",
    "note": "Ring twice.",
    "placedAt": "2026-03-02T12:00:00.000Z",
    "externalReference": "A-1",
    "subtotal": {"amount": "44.99", "currency": "EUR"},
    "chargesTotal": {"amount": "0.00"},
    "total": {"amount": "44.99"},
    "channel": {"code": "web-de"},
    "customer": {"name": "Ann", "email": "ann@example.com"},
    "lines": [
        {
            "position": 1,
            "sku": "MUG",
            "quantity": 2,
            "unitPrice": {"amount": "10.00"},
            "gross": {"amount": "20.00"},
            "variant": {"sku": "MUG"},
            "requirements": [
                {"required": 2, "allocated": 0, "shipped": 2, "delivered": 2, "gross": {"amount": "20.00"}}
            ],
        },
        {
            "position": 2,
            "sku": "TEE",
            "quantity": 1,
            "unitPrice": {"amount": "24.99"},
            "gross": {"amount": "24.99"},
            "variant": {"sku": "TEE"},
            "requirements": [
                {"required": 1, "allocated": 0, "shipped": 1, "delivered": 1, "gross": {"amount": "24.99"}}
            ],
        },
    ],
}
WORKED_ON = {
    "fulfillmentOrders": {
        "nodes": [
            {
                "status": "CLOSED",
                "location": {"code": "north"},
                "lines": [
                    {"sku": "MUG", "quantity": 2, "packed": 2},
                    {"sku": "TEE", "quantity": 1, "packed": 1},
                ],
                "shipments": {"totalCount": 1},
            }
        ]
    },
    "shipments": {
        "totalCount": 1,
        "nodes": [
            {
                "status": "DELIVERED",
                "fulfillmentOrder": {"status": "CLOSED"},
                "parcels": [
                    {
                        "trackingStatus": "DELIVERED",
                        "outcome": "DELIVERED",
                        "contents": [
                            {"sku": "MUG", "quantity": 2, "requirement": {"delivered": 2}},
                            {"sku": "TEE", "quantity": 1, "requirement": {"delivered": 1}},
                        ],
                        "scans": {"nodes": [{"status": "DELIVERED", "occurredAt": "2026-03-02T12:00:00.000Z"}]},
                    }
                ],
            }
        ],
    },
    "payments": [
        {
            "status": "CAPTURED",
            "captured": {"amount": "44.99"},
            "transactions": [{"kind": "SALE", "amount": {"amount": "44.99"}, "actor": "staff:ada"}],
        }
    ],
}


async def test_an_order_shows_what_it_costs_and_how_far_it_is(books: Books) -> None:
    query = BY_ID % (
        "status fulfillmentStatus authorizeStatus chargeStatus returnStatus isOnHold origin currency note placedAt"
        " externalReference subtotal { amount currency } chargesTotal { amount } total { amount } channel { code }"
        " customer { name email } lines { position sku quantity unitPrice { amount } gross { amount }"
        " variant { sku } requirements { required allocated shipped delivered gross { amount } } }"
    )
    assert (await data(query, id=order_id(books.delivered)))["order"] == DELIVERED


async def test_staff_follow_an_order_to_its_locations_parcels_and_money(books: Books) -> None:
    query = BY_ID % (
        "fulfillmentOrders { nodes { status location { code } lines { sku quantity packed }"
        " shipments { totalCount } } }"
        " shipments { totalCount nodes { status fulfillmentOrder { status } parcels { trackingStatus outcome"
        " contents { sku quantity requirement { delivered } } scans { nodes { status occurredAt } } } } }"
        " payments { status captured { amount } transactions { kind amount { amount } actor } }"
    )
    assert (await data(query, id=order_id(books.delivered)))["order"] == WORKED_ON


async def test_an_order_is_found_by_its_id_its_number_and_its_name_in_the_channel(books: Books) -> None:
    row = await OrderRow.get(id=books.placed)
    for by in (f'{{id: "{order_id(row.id)}"}}', f'{{number: "{row.number}"}}', NAMED % "A-2"):
        assert await data(f"{{ order(by: {by}) {{ number }} }}") == {"order": {"number": row.number}}
    for by in ('{number: "none"}', NAMED % "A-3", '{number: ""}', f'{{id: "{global_id("order", books.ann)}"}}'):
        assert await data(f"{{ order(by: {by}) {{ number }} }}") == {"order": None}


@pytest.mark.parametrize("by", ["{}", "{number: null}", '{id: "order_1", number: "1"}'])
async def test_an_order_is_asked_for_by_exactly_one_name(by: str, sqlite_database: Database) -> None:
    result = await SCHEMA.execute(f"{{ order(by: {by}) {{ number }} }}", {}, context(STAFF))
    assert result.errors
    assert result.data is None


@pytest.mark.parametrize(
    "by", ['{id: "order_1"}', '{id: ""}', '{id: "customer_0193cb07a85b75a78db4a3fe3c1c9a01"}', '{number: "\\u0000"}']
)
async def test_what_can_name_no_order_is_a_bad_request(by: str, sqlite_database: Database) -> None:
    assert await code(f"{{ order(by: {by}) {{ number }} }}") == "BAD_REQUEST"


async def test_a_list_of_orders_is_filtered_by_what_they_are(books: Books) -> None:
    async def found(where: str) -> list[str]:
        answer = await data(f"{{ orders(where: {where}) {{ nodes {{ externalReference }} }} }}")
        return sorted(node["externalReference"] for node in answer["orders"]["nodes"])

    ann, bob = global_id("customer", books.ann), global_id("customer", books.bob)
    assert await found("{status: {oneOf: [COMPLETED]}}") == ["A-1"]
    assert await found("{fulfillmentStatus: {noneOf: [DELIVERED]}}") == ["A-2", "B-1"]
    assert await found('{chargeStatus: {oneOf: [NONE]}, placedAt: {lte: "2026-03-02T12:00:00Z"}}') == ["B-1"]
    assert await found('{externalReference: {startsWith: "A-"}}') == ["A-1", "A-2"]
    assert await found(f'{{OR: [{{customer: {{eq: "{bob}"}}}}, {{status: {{oneOf: [COMPLETED]}}}}]}}') == ["A-1", "B-1"]
    assert await found(f'{{customer: {{eq: "{ann}"}}, AND: [{{status: {{oneOf: [CONFIRMED]}}}}]}}') == ["A-2"]
    assert await found("{origin: {oneOf: [IMPORTED_OPEN]}}") == []


async def test_orders_placed_at_the_same_instant_are_each_on_one_page(database: Database) -> None:
    await shop.open_shop({"MUG": (10,)})
    placed = [await shop.place({"MUG": 1}, placed_at=shop.NOON) for _ in range(5)]
    query = (
        "query ($after: Cursor) { orders(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"
    )
    pages: list[Any] = []
    for _ in range(3):
        after = pages[-1]["pageInfo"]["endCursor"] if pages else None
        pages.append((await data(query, after=after))["orders"])
    newest = [{"id": order_id(each)} for each in sorted(placed, reverse=True)]
    assert [page["nodes"] for page in pages] == [newest[:2], newest[2:4], newest[4:]]
    assert [page["pageInfo"]["hasNextPage"] for page in pages] == [True, True, False]


async def test_customers_see_their_own_orders_alone_however_they_ask(books: Books) -> None:
    listed = await data("{ orders { totalCount nodes { externalReference customer { email } } } }", books.as_ann)
    mine = {"email": "ann@example.com"}
    assert listed["orders"] == {
        "totalCount": 2,
        "nodes": [{"externalReference": "A-2", "customer": mine}, {"externalReference": "A-1", "customer": mine}],
    }
    bob = global_id("customer", books.bob)
    filtered = f'{{ orders(where: {{customer: {{eq: "{bob}"}}}}) {{ totalCount nodes {{ id }} }} }}'
    assert await data(filtered, books.as_ann) == {"orders": {"totalCount": 0, "nodes": []}}
    assert await data(f"{{ order(by: {NAMED % 'B-1'}) {{ id }} }}", books.as_ann) == {"order": None}
    people = await data("{ customers { nodes { email orders { totalCount } } } }", books.as_ann)
    assert people == {"customers": {"nodes": [{**mine, "orders": {"totalCount": 2}}]}}


async def test_customers_find_nothing_of_others_by_its_id(books: Books) -> None:
    await shop.ship(books.bobs)
    theirs = {"order": books.bobs, "customer": books.bob}
    for prefix, row in (("shipment", ShipmentRow), ("parcel", ParcelRow)):
        found: Any = await row.filter(order_id=books.bobs).first()
        theirs[prefix] = found.id
    for prefix, key in theirs.items():
        query = "query ($id: ID!) { node(id: $id) { id } }"
        assert await data(query, books.as_ann, id=global_id(prefix, key)) == {"node": None}
        assert await data(query, id=global_id(prefix, key)) == {"node": {"id": global_id(prefix, key)}}


async def test_customers_do_not_see_who_works_on_their_orders_and_how(books: Books) -> None:
    await shop.run(hold_order, HoldOrder(books.placed, HoldKind.FRAUD, "Looks odd."))
    query = BY_ID % (
        "isOnHold holds { reason } fulfillmentOrders { totalCount nodes { id } } payments { transactions { actor } }"
        " shipments { nodes { fulfillmentOrder { id } } }"
    )
    assert await data(query, books.as_ann, id=order_id(books.placed)) == {
        "order": {
            "isOnHold": True,
            "holds": [],
            "fulfillmentOrders": {"totalCount": 0, "nodes": []},
            "payments": [{"transactions": []}],
            "shipments": {"nodes": []},
        }
    }
    staff_sees = await data(BY_ID % "holds { reason placedBy }", id=order_id(books.placed))
    assert staff_sees == {"order": {"holds": [{"reason": "Looks odd.", "placedBy": "staff:ada"}]}}


async def test_an_order_says_what_can_be_done_now_by_whom_and_why_not(books: Books) -> None:
    query = BY_ID % "availableActions { action enabled reason }"

    async def cancel(key: UUID, who: Actor) -> list[dict[str, Any]]:
        actions = (await data(query, who, id=order_id(key)))["order"]["availableActions"]
        assert [each["action"] for each in actions] == ["CONFIRM", "REJECT", "CANCEL"]
        return actions[2:]

    reason = "Cancel needs the order to be DRAFT, PENDING or CONFIRMED; it is COMPLETED."
    assert await cancel(books.delivered, STAFF) == [{"action": "CANCEL", "enabled": False, "reason": reason}]
    free = [{"action": "CANCEL", "enabled": True, "reason": None}]
    assert await cancel(books.placed, STAFF) == free
    assert await cancel(books.placed, books.as_ann) == free
    reason = "This needs the permission CANCEL_ORDERS."
    assert await cancel(books.placed, PACKER) == [{"action": "CANCEL", "enabled": False, "reason": reason}]
    await shop.ship(books.placed)
    reason = "Part of the order is already on its way: ask for a return instead."
    assert await cancel(books.placed, STAFF) == [{"action": "CANCEL", "enabled": False, "reason": reason}]


async def test_a_hold_on_the_order_blocks_the_work_and_the_shipment(books: Books) -> None:
    [work, _] = await shop.works(books.bobs)
    await shop.pack(work)
    await shop.run(hold_order, HoldOrder(books.bobs, HoldKind.ADDRESS, "No such street."))
    query = BY_ID % (
        "fulfillmentOrders(orderBy: {field: CREATED_AT}, where: {status: {oneOf: [OPEN]}}) { nodes { isOnHold"
        " availableActions { action enabled reason } } }"
        " shipments { nodes { isOnHold availableActions { action enabled reason } } }"
    )
    blocked = "The order is on hold: release the hold first."
    assert (await data(query, PACKER, id=order_id(books.bobs)))["order"] == {
        "fulfillmentOrders": {
            "nodes": [
                {
                    "isOnHold": True,
                    "availableActions": [
                        {"action": "START", "enabled": False, "reason": blocked},
                        {"action": "REJECT", "enabled": True, "reason": None},
                    ],
                }
            ]
        },
        "shipments": {
            "nodes": [
                {
                    "isOnHold": True,
                    "availableActions": [
                        {"action": "SHIP", "enabled": False, "reason": blocked},
                        {"action": "CANCEL", "enabled": True, "reason": None},
                    ],
                }
            ]
        },
    }


async def test_returns_and_refunds_say_what_they_are_worth_and_what_is_next(books: Books) -> None:
    mug = await shop.requirement(books.delivered, "MUG")
    await shop.run(request_return, RequestReturn(books.delivered, (RequestReturnLine(mug.id, 1),), "Too blue."))
    await shop.run(grant_refund, GrantRefund(books.delivered, 500, "EUR", "Scratched."))
    query = BY_ID % (
        "returnStatus returns { nodes { status reason resolution lines { sku quantity receiptStatus }"
        " availableActions { action enabled } } }"
        " refunds { status amount { amount } reason payment { status } availableActions { action enabled reason } }"
    )
    assert (await data(query, books.as_ann, id=order_id(books.delivered)))["order"] == {
        "returnStatus": "REQUESTED",
        "returns": {
            "nodes": [
                {
                    "status": "REQUESTED",
                    "reason": "Too blue.",
                    "resolution": "REFUND",
                    "lines": [{"sku": "MUG", "quantity": 1, "receiptStatus": "AWAITING"}],
                    "availableActions": [
                        {"action": "APPROVE", "enabled": False},
                        {"action": "DECLINE", "enabled": False},
                        {"action": "CANCEL", "enabled": True},
                        {"action": "RECEIVE", "enabled": False},
                        {"action": "COMPLETE", "enabled": False},
                    ],
                }
            ]
        },
        "refunds": [
            {
                "status": "GRANTED",
                "amount": {"amount": "5.00"},
                "reason": "Scratched.",
                "payment": {"status": "CAPTURED"},
                "availableActions": [{"action": "SUCCEED", "enabled": False, "reason": "Ask our staff."}],
            }
        ],
    }
    seen = await data(BY_ID % "refunds { availableActions { action enabled } }", id=order_id(books.delivered))
    assert seen == {"order": {"refunds": [{"availableActions": [{"action": "SUCCEED", "enabled": True}]}]}}


async def test_stock_shows_what_can_be_promised_and_never_less_than_nothing(books: Books) -> None:
    query = (
        '{ stock(where: {sku: {eq: "MUG"}}) { nodes { sku available onHand allocated location { code }'
        " variant { title } movements(first: 2) { totalCount nodes { cause onHand allocated orderId } } } } }"
    )
    north = next(node for node in (await data(query, PACKER))["stock"]["nodes"] if node["location"]["code"] == "north")
    bobs = await StockLevelRow.get(sku="MUG", location__code="north")
    assert north == {
        "sku": "MUG",
        "available": 0,
        "onHand": 8,
        "allocated": bobs.allocated,
        "location": {"code": "north"},
        "variant": {"title": "Mug"},
        "movements": north["movements"],
    }
    assert {"cause": "ALLOCATED", "onHand": 0, "allocated": 7, "orderId": order_id(books.bobs)} in north["movements"][
        "nodes"
    ]
    await StockLevelRow.filter(id=bobs.id).update(damaged=9)
    shown = await data('{ stock(where: {sku: {eq: "MUG"}, onHand: {eq: 8}}) { nodes { available damaged } } }')
    assert shown == {"stock": {"nodes": [{"available": 0, "damaged": 9}]}}


async def test_customers_see_what_is_on_sale_and_no_stock(books: Books) -> None:
    query = (
        '{ product(by: {handle: "things"}) { title variants { sku prices { amount { amount } channel { code } }'
        ' stock { totalCount } } } variant(sku: "MUG") { product { handle } } stock { totalCount }'
        " locations { totalCount } products { totalCount } }"
    )
    seen = await data(query, books.as_ann)
    assert seen["product"]["variants"][3] == {
        "sku": "MUG",
        "prices": [{"amount": {"amount": "10.00"}, "channel": {"code": "web-de"}}],
        "stock": {"totalCount": 0},
    }
    assert [seen[name]["totalCount"] for name in ("stock", "locations", "products")] == [0, 0, 1]
    await ProductRow.all().update(is_active=False)
    gone = await data(query, books.as_ann)
    assert (gone["product"], gone["variant"], gone["products"]) == (None, None, {"totalCount": 0})
    kept = await data(query)
    assert kept["variant"] == {"product": {"handle": "things"}}
    assert kept["product"]["variants"][3]["stock"] == {"totalCount": 2}


async def test_a_tracking_link_shows_the_way_of_its_order_and_nothing_of_the_buyer(books: Books) -> None:
    query = (
        "{ tracking { status fulfillmentStatus placedAt lines { title quantity } shipments { status carrier"
        " parcels { position trackingStatus contents { sku quantity } scans { status occurredAt } } } }"
        " orders { totalCount } }"
    )
    assert await data(query, tracking_link(books.delivered)) == {
        "tracking": {
            "status": "COMPLETED",
            "fulfillmentStatus": "DELIVERED",
            "placedAt": "2026-03-02T12:00:00.000Z",
            "lines": [{"title": "Mug", "quantity": 2}, {"title": "Tee", "quantity": 1}],
            "shipments": [
                {
                    "status": "DELIVERED",
                    "carrier": "dhl",
                    "parcels": [
                        {
                            "position": 1,
                            "trackingStatus": "DELIVERED",
                            "contents": [{"sku": "MUG", "quantity": 2}, {"sku": "TEE", "quantity": 1}],
                            "scans": [{"status": "DELIVERED", "occurredAt": "2026-03-02T12:00:00.000Z"}],
                        }
                    ],
                }
            ],
        },
        "orders": {"totalCount": 0},
    }
    for who in (ANONYMOUS, STAFF, books.as_ann):
        assert await data("{ tracking { number } }", who) == {"tracking": None}


async def test_an_order_tells_what_happened_to_it_as_far_as_you_may_see(books: Books) -> None:
    query = BY_ID % "version events(first: 100) { totalCount nodes { __typename sequence actorKind } }"
    seen = (await data(query, id=order_id(books.delivered)))["order"]
    assert [node["sequence"] for node in seen["events"]["nodes"]] == list(range(1, seen["version"] + 1))
    assert seen["events"]["nodes"][0] == {"__typename": "OrderPlaced", "sequence": 1, "actorKind": "STAFF"}
    mine = (await data(query, books.as_ann, id=order_id(books.delivered)))["order"]["events"]["nodes"]
    assert [node["__typename"] for node in mine] == [
        "OrderPlaced",
        "PaymentExpected",
        "OrderConfirmed",
        "PaymentCaptured",
        "ShipmentPacked",
        "ShipmentShipped",
        "ParcelScanned",
        "ShipmentDelivered",
        "OrderCompleted",
    ]


async def test_viewers_are_told_who_they_are_and_what_they_may_do(books: Books) -> None:
    query = "{ viewer { actor kind permissions customer { email } } }"
    assert await data(query, books.as_ann) == {
        "viewer": {
            "actor": f"customer:{books.ann.hex}",
            "kind": "CUSTOMER",
            "permissions": ["CANCEL_ORDERS", "PLACE_ORDERS", "READ_CATALOG", "READ_ORDERS", "REQUEST_RETURNS"],
            "customer": {"email": "ann@example.com"},
        }
    }
    seen = await data(query, PACKER)
    assert (seen["viewer"]["actor"], seen["viewer"]["kind"], seen["viewer"]["customer"]) == ("staff:pat", "STAFF", None)


DEEP = """{ orders(first: %d) { totalCount nodes {
  number isOnHold availableActions { action } channel { code } customer { name orders { totalCount nodes { number } } }
  lines { sku variant { sku product { handle } } requirements { shipped } } charges { title } addresses { city }
  holds { reason } payments { transactions { kind } } refunds { reason } returns { nodes { lines { sku } } }
  fulfillmentOrders { nodes { isOnHold location { code } lines { sku } } }
  shipments { nodes { isOnHold parcels { contents { sku } scans { nodes { status } } } } }
  events { nodes { __typename } }
} } }"""


async def test_a_deep_page_sends_a_statement_per_edge_and_not_per_order(books: Books) -> None:
    await shop.ship(books.bobs)
    sent_for = []
    for first in (1, 3):
        with statements() as sent:
            await data(DEEP % first)
        sent_for.append(len(sent))
    # One for each edge, count and hold that is asked about. The first order has no shipment: nobody asks for parcels,
    # contents and scans, or whether shipments are on hold.
    assert sent_for == [24, 28]
