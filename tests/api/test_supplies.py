"""Supplies, what channels see, and what they can promise, in the words of the schema."""

from typing import Any

from domain.catalog.models import VariantRow
from domain.channels.models import ChannelRow
from domain.kernel.actor import ANONYMOUS, Actor, tracking_link
from domain.kernel.ids import global_id, new_id
from domain.orders.models import OrderRow
from server.database import Database
from tests.api.client import served
from tests.builders import (
    ADMIN,
    SUPPORT,
    WAREHOUSE,
    Shop,
    ask,
    call,
    denied,
    do,
    execute,
    location_id,
    open_shop,
    refused,
)
from tests.flows.supplying import assert_supplies_add_up

LATER, LATEST = "2126-05-01T00:00:00.000Z", "2126-09-01T00:00:00.000Z"
SHOWN = """supply { id number kind supplier externalReference status currency expectedAt location { code }
    lines { sku ordered expected received unitCost { amount currency } expectedAt variant { sku } supply { number } }
    availableActions { action enabled reason } }"""
STATE = "supply { status lines { sku expected received } }"


async def create(shop: Shop, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A purchase order for Berlin, just entered."""
    given = {"kind": "PURCHASE_ORDER", "supplier": "Potters Ltd", "currency": "EUR"} | more
    made = await do(WAREHOUSE, "supplyCreate", SHOWN, location=location_id(shop.ber), lines=list(lines), **given)
    supply: dict[str, Any] = made["supply"]
    return supply


async def channel_id(code: str) -> str:
    return global_id("channel", (await ChannelRow.get(code=code)).id)


async def test_a_supply_is_entered_confirmed_received_and_closed(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 1})
    mugs = {"sku": "MUG", "quantity": 6, "unitCost": {"amount": "2.5", "currency": "EUR"}}
    supply = await create(shop, mugs, {"sku": "PEN", "quantity": 2, "expectedAt": LATEST}, expectedAt=LATER)
    number = supply["number"]
    assert {name: supply[name] for name in ("kind", "supplier", "status", "currency", "expectedAt", "location")} == {
        "kind": "PURCHASE_ORDER",
        "supplier": "Potters Ltd",
        "status": "DRAFT",
        "currency": "EUR",
        "expectedAt": LATER,
        "location": {"code": "ber"},
    }
    units = {"expected": 0, "received": 0, "supply": {"number": number}}
    cost = {"amount": "2.50", "currency": "EUR"}
    assert supply["lines"] == [
        {"sku": "MUG", "ordered": 6, "unitCost": cost, "expectedAt": LATER, "variant": {"sku": "MUG"}} | units,
        {"sku": "PEN", "ordered": 2, "unitCost": None, "expectedAt": LATEST, "variant": {"sku": "PEN"}} | units,
    ]
    named = {"supply": supply["id"]}
    confirmed = await do(WAREHOUSE, "supplyConfirm", STATE, **named)
    assert confirmed["supply"]["status"] == "CONFIRMED"
    came = [{"sku": "MUG", "quantity": 4, "damaged": 1}]
    receipt = await do(WAREHOUSE, "supplyReceive", STATE, **named, lines=came, idempotencyKey="d-1", note="LS 7")
    assert receipt["supply"] == {
        "status": "PARTIALLY_RECEIVED",
        "lines": [{"sku": "MUG", "expected": 2, "received": 4}, {"sku": "PEN", "expected": 2, "received": 0}],
    }
    again = await do(WAREHOUSE, "supplyReceive", STATE, **named, lines=came, idempotencyKey="d-1", note="LS 7")
    assert (again["replayed"], again["supply"]) == (True, receipt["supply"])
    closed = await do(WAREHOUSE, "supplyClose", STATE, **named)
    assert closed["supply"] == {
        "status": "RECEIVED",
        "lines": [{"sku": "MUG", "expected": 0, "received": 4}, {"sku": "PEN", "expected": 0, "received": 0}],
    }
    shown = '{ stock(where: {sku: {eq: "MUG"}}) { nodes { onHand damaged incoming available } } }'
    [level] = (await ask(SUPPORT, shown))["stock"]["nodes"]
    assert level == {"onHand": 5, "damaged": 1, "incoming": 0, "available": 4}
    await assert_supplies_add_up()


async def test_a_supply_is_looked_up_by_its_id_and_shown_to_nobody_else(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 1})
    supply = await create(shop, {"sku": "MUG", "quantity": 6})
    found = "query ($id: ID!) { supply(id: $id) { number } }"
    assert (await ask(WAREHOUSE, found, id=supply["id"]))["supply"] == {"number": supply["number"]}
    assert (await ask(WAREHOUSE, found, id=global_id("supply", new_id())))["supply"] is None
    assert (await ask(shop.ann, found, id=supply["id"]))["supply"] is None


async def test_what_can_be_done_with_a_supply_is_told_with_reasons(database: Database) -> None:
    shop = await open_shop()
    supply = await create(shop, {"sku": "MUG", "quantity": 6})
    assert [each["action"] for each in supply["availableActions"] if each["enabled"]] == [
        "SET_LINES",
        "CONFIRM",
        "RESCHEDULE",
        "CANCEL",
    ]
    await do(WAREHOUSE, "supplyConfirm", **{"supply": supply["id"]})
    asked = "query ($id: ID!) { node(id: $id) { ... on Supply { availableActions { action enabled reason } } } }"
    told = (await ask(WAREHOUSE, asked, id=supply["id"]))["node"]["availableActions"]
    assert [each["action"] for each in told if each["enabled"]] == ["RESCHEDULE", "RECEIVE", "CLOSE", "CANCEL"]
    assert told[0]["reason"] == "Set lines needs the supply to be DRAFT; it is CONFIRMED."
    told = (await ask(SUPPORT, asked, id=supply["id"]))["node"]["availableActions"]
    assert {each["reason"] for each in told} == {"This needs the permission ADJUST_STOCK."}


async def test_supplies_are_listed_for_staff_the_newest_first(database: Database) -> None:
    shop = await open_shop()
    first = await create(shop, {"sku": "MUG", "quantity": 6}, externalReference="PO-1")
    second = await create(shop, {"sku": "PEN", "quantity": 1}, kind="SHIPPING_NOTICE")
    await do(WAREHOUSE, "supplyCancel", supply=second["id"])

    async def listed(actor: Actor, arguments: str = "") -> list[str]:
        found = await ask(actor, f"{{ supplies{arguments} {{ nodes {{ number }} }} }}")
        return [each["number"] for each in found["supplies"]["nodes"]]

    assert await listed(SUPPORT) == [second["number"], first["number"]]
    assert await listed(SUPPORT, "(orderBy: {field: CREATED_AT, direction: ASC})") == [
        first["number"],
        second["number"],
    ]
    for where in (
        "status: {oneOf: [DRAFT]}",
        "kind: {oneOf: [PURCHASE_ORDER]}",
        'externalReference: {eq: "PO-1"}',
        f'number: {{eq: "{first["number"]}"}}',
    ):
        assert await listed(SUPPORT, f"(where: {{{where}}})") == [first["number"]]
    assert await listed(SUPPORT, f'(where: {{location: {{eq: "{location_id(shop.ham)}"}}}})') == []
    assert await listed(shop.ann) == await listed(ANONYMOUS) == []


async def test_verbs_about_supplies_say_why_they_are_refused_and_change_nothing(database: Database) -> None:
    shop = await open_shop()
    given = {"kind": "PURCHASE_ORDER", "supplier": "Potters", "location": location_id(shop.ber), "currency": "EUR"}
    dollars = {"sku": "MUG", "quantity": 1, "unitCost": {"amount": "1.00", "currency": "USD"}}
    [error] = await refused(WAREHOUSE, "supplyCreate", **given, lines=[dollars])
    path = ["lines", "0", "unitCost", "currency"]
    assert (error["code"], error["path"], error["expectedCurrency"]) == ("WRONG_CURRENCY", path, "EUR")
    [error] = await refused(WAREHOUSE, "supplyCreate", **given, lines=[{"sku": "NOPE", "quantity": 1}])
    assert (error["code"], error["path"]) == ("UNKNOWN_SKU", ["lines", "0", "sku"])
    half = {"sku": "MUG", "quantity": 1, "unitCost": {"amount": "1.005", "currency": "EUR"}}
    [error] = await refused(WAREHOUSE, "supplyCreate", **given, lines=[half])
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["lines", "0", "unitCost", "amount"])
    supply = await create(shop, {"sku": "MUG", "quantity": 6})
    named = {"supply": supply["id"]}
    came = {"lines": [{"sku": "MUG", "quantity": 1}], "idempotencyKey": "d-1"}
    [error] = await refused(WAREHOUSE, "supplyReceive", **named, **came)
    assert (error["code"], error["status"], error["reasonCode"]) == ("ILLEGAL_TRANSITION", "DRAFT", "WRONG_STATUS")
    [error] = await refused(WAREHOUSE, "supplyReceive", supply=global_id("supply", new_id()), **came)
    assert (error["code"], error["path"], error["what"]) == ("NOT_FOUND", ["supply"], "supply")
    [error] = await refused(WAREHOUSE, "supplyConfirm", supply="supply_1")
    assert (error["code"], error["path"]) == ("MALFORMED_ID", ["supply"])
    [error] = await refused(WAREHOUSE, "supplyReschedule", **named)
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["expectedAt"])
    for actor in (SUPPORT, shop.ann):
        assert await denied(actor, "supplyConfirm", **named) == ["PermissionDenied"]
    assert await denied(ANONYMOUS, "supplyConfirm", **named) == ["Unauthenticated"]


async def test_which_locations_a_channel_sees_is_said_by_whoever_keeps_the_catalog(database: Database) -> None:
    shop = await open_shop()
    named = {"channel": await channel_id("web-de")}
    seen = [{"location": location_id(shop.ham), "bufferUnits": 3}]
    shown = "channel { code locations { bufferUnits location { code } } }"
    said = await do(ADMIN, "channelSetLocations", shown, **named, locations=seen)
    ham = [{"bufferUnits": 3, "location": {"code": "ham"}}]
    assert said["channel"] == {"code": "web-de", "locations": ham}
    asked = "{ channels { nodes { code locations { bufferUnits } } } }"
    assert (await ask(SUPPORT, asked))["channels"]["nodes"][0] == {"code": "web-de", "locations": [{"bufferUnits": 3}]}
    assert (await ask(shop.ann, asked))["channels"]["nodes"][0] == {"code": "web-de", "locations": []}
    [error] = await refused(ADMIN, "channelSetLocations", channel=global_id("channel", new_id()), locations=[])
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["channel"])
    [error] = await refused(ADMIN, "channelSetLocations", **named, locations=[seen[0] | {"bufferUnits": -1}])
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["locations", "0", "bufferUnits"])
    assert await denied(WAREHOUSE, "channelSetLocations", **named, locations=seen) == ["PermissionDenied"]
    every = await do(ADMIN, "channelSetLocations", shown, **named, locations=[])
    assert every["channel"] == {"code": "web-de", "locations": []}


AVAILABLE = """query ($channel: String!, $skus: [String!]!) { availability(channel: $channel, skus: $skus) {
    sku available byDate { at available } locations { available location { code } } } }"""


async def told(actor: Actor, *skus: str, channel: str = "web-de") -> Any:
    found = (await ask(actor, AVAILABLE, channel=channel, skus=list(skus)))["availability"]
    for each in found or ():
        # The first step is now, whenever that is.
        each["byDate"] = [step["available"] if n == 0 else step for n, step in enumerate(each["byDate"])]
    return found


async def test_staff_are_told_what_a_channel_can_promise_where_and_when(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 500, "PEN": 3}, ham={"MUG": 20})
    supply = await create(shop, {"sku": "MUG", "quantity": 6}, {"sku": "INK", "quantity": 2}, expectedAt=LATER)
    await do(WAREHOUSE, "supplyConfirm", supply=supply["id"])
    assert await told(SUPPORT, "INK", "MUG", "EBOOK", "NOPE") == [
        {"sku": "INK", "available": 0, "byDate": [0, {"at": LATER, "available": 2}], "locations": []},
        {
            "sku": "MUG",
            "available": 520,
            "byDate": [520, {"at": LATER, "available": 526}],
            "locations": [
                {"available": 500, "location": {"code": "ber"}},
                {"available": 20, "location": {"code": "ham"}},
            ],
        },
        {"sku": "EBOOK", "available": None, "byDate": [], "locations": []},
    ]
    seen = [{"location": location_id(shop.ham), "bufferUnits": 5}]
    await do(ADMIN, "channelSetLocations", channel=await channel_id("web-jp"), locations=seen)
    ham = [{"available": 15, "location": {"code": "ham"}}]
    assert await told(SUPPORT, "MUG", channel="web-jp") == [
        {"sku": "MUG", "available": 15, "byDate": [15], "locations": ham}
    ]
    assert await told(SUPPORT, "MUG", channel="nowhere") is None


async def test_customers_are_told_of_a_hundred_units_at_most_and_of_no_location(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 500, "PEN": 99, "INK": 7})
    supply = await create(shop, {"sku": "PEN", "quantity": 6}, {"sku": "MUG", "quantity": 6}, expectedAt=LATER)
    await do(WAREHOUSE, "supplyConfirm", supply=supply["id"])
    await VariantRow.filter(sku="INK").update(is_active=False)
    assert await told(shop.ann, "MUG", "PEN", "INK") == [
        {"sku": "MUG", "available": 100, "byDate": [100], "locations": None},
        {"sku": "PEN", "available": 99, "byDate": [99, {"at": LATER, "available": 100}], "locations": None},
    ]


async def test_whoever_may_not_read_the_catalog_is_told_nothing(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    for actor in (ANONYMOUS, tracking_link(new_id())):
        result = await execute(actor, AVAILABLE, channel="web-de", skus=["MUG"])
        assert (result.data["availability"], len(result.errors)) == (None, 1)


async def test_a_question_about_too_much_or_about_nonsense_is_refused(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    async with served(database) as client:
        staff = client.as_(SUPPORT)
        asked = {"channel": "web-de", "skus": ["MUG"]}
        assert (await staff.data(AVAILABLE, asked))["availability"][0]["available"] == 5
        assert await staff.codes(AVAILABLE, asked | {"skus": ["MUG"] * 101}) == ["LIMIT"]
        assert await staff.codes(AVAILABLE, asked | {"skus": ["\0"]}) == ["BAD_REQUEST"]
        assert await client.codes(AVAILABLE, asked) == ["UNAUTHENTICATED"]
        assert await staff.data(AVAILABLE, asked | {"skus": []}) == {"availability": []}
    assert await OrderRow.all().count() == 0


async def test_a_receipt_with_another_input_by_the_same_key_is_refused(database: Database) -> None:
    shop = await open_shop()
    supply = await create(shop, {"sku": "MUG", "quantity": 6})
    await do(WAREHOUSE, "supplyConfirm", supply=supply["id"])
    given = {"supply": supply["id"], "idempotencyKey": "d-1"}
    await do(WAREHOUSE, "supplyReceive", **given, lines=[{"sku": "MUG", "quantity": 1}])
    payload = await call(WAREHOUSE, "supplyReceive", STATE, **given, lines=[{"sku": "MUG", "quantity": 2}])
    assert [each["code"] for each in payload["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    assert payload["supply"]["lines"] == [{"sku": "MUG", "expected": 5, "received": 1}]
