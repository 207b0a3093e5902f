"""Transfers and assemblies as the API takes and shows them."""

from typing import Any

from domain.catalog.models import ComponentRow, Composition, VariantRow
from server.database import Database
from tests.builders import ADMIN, SUPPORT, WAREHOUSE, Shop, ask, call, denied, do, location_id, open_shop, refused
from tests.domain.books import assert_books_balance
from tests.domain.shop import dump

LINES = "lines { sku quantity short allocated dispatched received writtenOff surplus damaged }"
SHOWN = f"transfer {{ id number status {LINES} availableActions {{ action enabled reason }} }}"
MADE = "assembly { id status quantity made lines { sku unitsPerKit allocated used } }"


def line(sku: str, **units: int) -> dict[str, Any]:
    """A line as it is shown; what is not said is zero."""
    names = ("quantity", "short", "allocated", "dispatched", "received", "writtenOff", "surplus", "damaged")
    return {"sku": sku} | {name: units.get(name, 0) for name in names}


async def created(shop: Shop, **units: int) -> str:
    """A transfer from Berlin to Hamburg; its id."""
    lines = [{"sku": sku, "quantity": count} for sku, count in units.items()]
    ends = {"source": location_id(shop.ber), "destination": location_id(shop.ham)}
    made = await do(WAREHOUSE, "transferCreate", SHOWN, **ends, lines=lines)
    key: str = made["transfer"]["id"]
    return key


def enabled(thing: dict[str, Any]) -> list[str]:
    return [each["action"] for each in thing["availableActions"] if each["enabled"]]


async def test_a_transfer_is_planned_sent_received_and_told_with_what_can_be_done_next(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 9, "TEE": 9})
    named = {"transfer": await created(shop, MUG=4)}
    lines = [{"sku": "TEE", "quantity": 2}, {"sku": "MUG", "quantity": 5}, {"sku": "MUG", "quantity": 1}]
    planned = (await do(WAREHOUSE, "transferSetLines", SHOWN, **named, lines=lines))["transfer"]
    assert planned["lines"] == [line("MUG", quantity=6), line("TEE", quantity=2)]
    assert (planned["status"], enabled(planned)) == ("DRAFT", ["SET_LINES", "RELEASE", "CANCEL"])
    released = (await do(WAREHOUSE, "transferRelease", SHOWN, **named))["transfer"]
    assert (released["status"], enabled(released)) == ("RELEASED", ["DISPATCH", "CANCEL"])
    assert released["lines"][0] == line("MUG", quantity=6, allocated=6)
    gone = [{"sku": "MUG", "quantity": 5}]
    sent = (await do(WAREHOUSE, "transferDispatch", SHOWN, **named, lines=gone))["transfer"]
    assert (sent["status"], enabled(sent)) == ("IN_TRANSIT", ["RECEIVE", "WRITE_OFF"])
    assert sent["lines"] == [line("MUG", quantity=5, short=1, dispatched=5), line("TEE", short=2)]
    arrived = [{"sku": "MUG", "quantity": 3, "damaged": 1}]
    part = (await do(WAREHOUSE, "transferReceive", SHOWN, **named, lines=arrived, idempotencyKey="in"))["transfer"]
    assert (part["status"], enabled(part)) == ("PARTIALLY_RECEIVED", ["RECEIVE", "WRITE_OFF"])
    again = await do(WAREHOUSE, "transferReceive", SHOWN, **named, lines=arrived, idempotencyKey="in")
    assert (again["replayed"], again["transfer"]) == (True, part)
    ended = (await do(WAREHOUSE, "transferWriteOff", SHOWN, **named, note="Lost.", idempotencyKey="off"))["transfer"]
    assert (ended["status"], enabled(ended)) == ("RECEIVED", [])
    assert ended["lines"][0] == line("MUG", quantity=5, short=1, dispatched=5, received=3, writtenOff=2, damaged=1)
    assert ended["availableActions"][1] == {
        "action": "RELEASE",
        "enabled": False,
        "reason": "Release needs the transfer to be DRAFT; it is RECEIVED.",
    }
    await assert_books_balance()


async def test_a_transfer_shows_its_ends_and_its_lines_of_the_ledger(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 9})
    key = await created(shop, MUG=4)
    for verb in ("transferRelease", "transferDispatch"):
        await do(WAREHOUSE, verb, transfer=key)
    query = """query ($id: ID!, $where: TransferWhere) {
        transfer(id: $id) { createdBy source { code } destination { code }
            movements(orderBy: {field: OCCURRED_AT, direction: ASC}) { totalCount
                nodes { cause onHand allocated incoming level { location { code } } } } }
        found: transfers(where: $where) { totalCount nodes { id } }
        others: transfers(where: {status: {oneOf: [DRAFT]}}) { nodes { id } } }"""
    where = {"destination": {"eq": location_id(shop.ham)}, "status": {"oneOf": ["IN_TRANSIT"]}}
    shown = await ask(SUPPORT, query, id=key, where=where)
    transfer = shown["transfer"]
    assert (transfer["createdBy"], transfer["source"]["code"], transfer["destination"]["code"]) == (
        WAREHOUSE.principal,
        "ber",
        "ham",
    )
    told = [
        (each["cause"], each["level"]["location"]["code"], each["onHand"], each["allocated"], each["incoming"])
        for each in transfer["movements"]["nodes"]
    ]
    assert sorted(told) == [
        ("ALLOCATED", "ber", 0, 4, 0),
        ("EXPECTED", "ham", 0, 0, 4),
        ("TRANSFERRED_OUT", "ber", -4, -4, 0),
    ]
    assert transfer["movements"]["totalCount"] == 3
    assert shown["found"] == {"totalCount": 1, "nodes": [{"id": key}]}
    assert shown["others"] == {"nodes": []}


async def test_refusals_of_transfers_name_what_is_wrong_and_change_nothing(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 3})
    ends = {"source": location_id(shop.ber), "destination": location_id(shop.ham)}
    mugs = [{"sku": "MUG", "quantity": 4}]
    [same] = await refused(WAREHOUSE, "transferCreate", **(ends | {"destination": ends["source"]}), lines=mugs)
    assert (same["code"], same["path"]) == ("INVALID_INPUT", ["destination"])
    [malformed] = await refused(WAREHOUSE, "transferCreate", **(ends | {"source": "ber"}), lines=mugs)
    assert (malformed["code"], malformed["path"]) == ("MALFORMED_ID", ["source"])
    [unknown] = await refused(WAREHOUSE, "transferCreate", **ends, lines=[*mugs, {"sku": "NOPE", "quantity": 1}])
    assert (unknown["code"], unknown["path"]) == ("UNKNOWN_SKU", ["lines", "1", "sku"])
    named = {"transfer": await created(shop, MUG=4, TEE=1)}
    errors = await refused(WAREHOUSE, "transferRelease", **named)
    assert [(each["__typename"], each["sku"], each["requested"], each["available"]) for each in errors] == [
        ("InsufficientStock", "MUG", 4, 3),
        ("InsufficientStock", "TEE", 1, 0),
    ]
    early = await call(WAREHOUSE, "transferDispatch", SHOWN, **named)
    [error] = early["errors"]
    assert (error["code"], error["status"], error["reasonCode"]) == ("ILLEGAL_TRANSITION", "DRAFT", "WRONG_STATUS")
    assert early["transfer"]["status"] == "DRAFT"
    [missing] = await refused(WAREHOUSE, "transferRelease", transfer=f"transfer_{'0' * 32}")
    assert (missing["code"], missing["path"]) == ("NOT_FOUND", ["transfer"])


async def test_a_transfer_is_called_off_and_the_units_are_free(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 3})
    named = {"transfer": await created(shop, MUG=3)}
    await do(WAREHOUSE, "transferRelease", **named)
    ended = (await do(WAREHOUSE, "transferCancel", SHOWN, **named))["transfer"]
    assert (ended["status"], ended["lines"]) == ("CANCELED", [line("MUG", quantity=3)])
    await assert_books_balance()


async def test_units_move_with_the_serial_numbers_that_are_named(database: Database) -> None:
    shop = await open_shop()
    await do(ADMIN, "variantSetTraceability", "variant { sku }", sku="TEE", traceability="SERIAL")
    came = {"sku": "TEE", "location": location_id(shop.ber), "quantity": 2, "serialNumbers": ["S-1", "S-2"]}
    await do(WAREHOUSE, "stockReceive", "stockLevel { onHand }", idempotencyKey="in", **came)
    named = {"transfer": await created(shop, TEE=2)}
    await do(WAREHOUSE, "transferRelease", SHOWN, **named)
    lines = [{"sku": "TEE", "quantity": 2, "serialNumbers": ["S-2"]}]
    await do(WAREHOUSE, "transferDispatch", SHOWN, **named, lines=lines)
    found = '{ serialNumber(sku: "TEE", number: "S-2") { status transfer { status } level { location { code } } } }'
    assert (await ask(WAREHOUSE, found))["serialNumber"] == {
        "status": "IN_TRANSIT",
        "transfer": {"status": "IN_TRANSIT"},
        "level": {"location": {"code": "ber"}},
    }
    await do(WAREHOUSE, "transferReceive", SHOWN, **named, lines=lines, idempotencyKey="there")
    assert (await ask(WAREHOUSE, found))["serialNumber"] == {
        "status": "ON_HAND",
        "transfer": None,
        "level": {"location": {"code": "ham"}},
    }
    await assert_books_balance()


async def test_support_reads_transfers_and_customers_see_none(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 3})
    key = await created(shop, MUG=3)
    assert await denied(SUPPORT, "transferRelease", transfer=key) == ["PermissionDenied"]
    query = "query ($id: ID!) { transfer(id: $id) { availableActions { enabled reason } } transfers { totalCount } }"
    seen = await ask(SUPPORT, query, id=key)
    assert {each["reason"] for each in seen["transfer"]["availableActions"]} == {
        "This needs the permission ADJUST_STOCK."
    }
    assert await ask(shop.ann, query, id=key) == {"transfer": None, "transfers": {"totalCount": 0}}


async def kit_of(sku: str, **parts: int) -> None:
    await VariantRow.filter(sku=sku).update(composition=Composition.KIT)
    whole = await VariantRow.get(sku=sku)
    for n, (part, units) in enumerate(parts.items(), 1):
        await ComponentRow.create(
            whole_id=whole.id, part_id=(await VariantRow.get(sku=part)).id, position=n, units=units
        )


async def test_kits_are_planned_made_and_called_off(database: Database) -> None:
    shop = await open_shop(ber={"PEN": 9, "INK": 4})
    await kit_of("SET", PEN=2, INK=1)
    wanted = {"sku": "SET", "location": location_id(shop.ber), "quantity": 4}
    planned = (await do(WAREHOUSE, "assemblyCreate", MADE, **wanted, note="For the fair."))["assembly"]
    assert (planned["status"], planned["made"]) == ("DRAFT", 0)
    named = {"assembly": planned["id"]}
    released = (await do(WAREHOUSE, "assemblyRelease", MADE, **named))["assembly"]
    assert released["lines"] == [
        {"sku": "INK", "unitsPerKit": 1, "allocated": 4, "used": 0},
        {"sku": "PEN", "unitsPerKit": 2, "allocated": 8, "used": 0},
    ]
    [error] = await refused(WAREHOUSE, "assemblyComplete", **named, made=5)
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["made"])
    done = (await do(WAREHOUSE, "assemblyComplete", MADE, **named, made=3, idempotencyKey="k"))["assembly"]
    assert (done["status"], done["made"], done["lines"][1]["used"]) == ("COMPLETED", 3, 6)
    before = await dump()
    assert (await do(WAREHOUSE, "assemblyComplete", MADE, **named, made=3, idempotencyKey="k"))["replayed"]
    assert await dump() == before
    other = (await do(WAREHOUSE, "assemblyCreate", MADE, **(wanted | {"quantity": 1})))["assembly"]
    ended = (await do(WAREHOUSE, "assemblyCancel", MADE, assembly=other["id"]))["assembly"]
    assert ended["status"] == "CANCELED"
    query = """query ($id: ID!) {
        assembly(id: $id) { note variant { sku } location { code } movements { totalCount }
            availableActions { action enabled } }
        assemblies(where: {status: {oneOf: [COMPLETED]}}) { nodes { number sku quantity made } } }"""
    shown = await ask(SUPPORT, query, id=planned["id"])
    assert (shown["assembly"]["note"], shown["assembly"]["variant"]["sku"]) == ("For the fair.", "SET")
    assert (shown["assembly"]["location"]["code"], shown["assembly"]["movements"]["totalCount"]) == ("ber", 7)
    [listed] = shown["assemblies"]["nodes"]
    assert (listed["sku"], listed["quantity"], listed["made"]) == ("SET", 4, 3)
    await assert_books_balance()


async def test_what_is_not_a_kit_is_not_assembled(database: Database) -> None:
    shop = await open_shop(ber={"PEN": 9})
    [error] = await refused(WAREHOUSE, "assemblyCreate", sku="PEN", location=location_id(shop.ber), quantity=1)
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["sku"])
    [missing] = await refused(WAREHOUSE, "assemblyRelease", assembly=f"assembly_{'0' * 32}")
    assert (missing["code"], missing["path"]) == ("NOT_FOUND", ["assembly"])
