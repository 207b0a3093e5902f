"""Backorders, bundles and substitutes over the API: the verbs, their refusals, and who sees what waits."""

from typing import Any

from domain.kernel.actor import ANONYMOUS
from domain.kernel.ids import global_id
from server.database import Database
from tests.builders import ADMIN, EUR, SUPPORT, WAREHOUSE, ask, denied, do, open_shop, place, refused
from tests.domain.books import assert_books_balance
from tests.domain.shop import work_off

WAITING = """query ($where: BackorderWhere) { backorders(where: $where) { nodes { sku quantity isPreorder promisedAt
    order { id } requirement { sku waiting } variant { sku } location { code } stockLevel { waiting available } } } }"""
LINES = "query ($id: ID!) { order(by: {id: $id}) { lines { requirements { backorders { quantity promisedAt } } } } }"
EVENTS = """query ($id: ID!) { order(by: {id: $id}) { events(first: 20) { nodes { __typename
    ... on BackorderFilled { units requirement { sku allocated } } } } } }"""
VARIANT = """variant { sku composition backorderPolicy backorderLimit availableFrom traceability
    isFirstExpiredFirstOut unitOfMeasure isStockTracked components { position units part { sku } whole { sku } }
    substitutes { position substitute { sku } variant { sku } } }"""
PLAIN: dict[str, Any] = {
    "sku": "LAMP",
    "composition": "SINGLE",
    "backorderPolicy": "DENY",
    "backorderLimit": None,
    "availableFrom": None,
    "traceability": "NONE",
    "isFirstExpiredFirstOut": False,
    "unitOfMeasure": "each",
    "isStockTracked": True,
    "components": [],
    "substitutes": [],
}


async def test_a_variant_tells_what_was_said_of_it(database: Database) -> None:
    await open_shop()
    release = "2031-05-01T00:00:00.000Z"
    given = {"backorderPolicy": "PREORDER", "backorderLimit": 7, "availableFrom": release}
    done = await do(ADMIN, "variantSetPolicy", VARIANT, sku="LAMP", **given)
    assert done["variant"] == PLAIN | given
    parts = [{"sku": "BOX", "units": 1}, {"sku": "PEN", "units": 12}]
    done = await do(ADMIN, "variantSetComponents", VARIANT, sku="LAMP", composition="KIT", components=parts)
    shown = [
        {"position": n, "units": part["units"], "part": {"sku": part["sku"]}, "whole": {"sku": "LAMP"}}
        for n, part in enumerate(parts, 1)
    ]
    assert done["variant"] == PLAIN | given | {"composition": "KIT", "components": shown}
    done = await do(ADMIN, "variantSetSubstitutes", VARIANT, sku="MUG", substitutes=["CAP", "BAG"])
    assert [(each["position"], each["substitute"]["sku"]) for each in done["variant"]["substitutes"]] == [
        (1, "CAP"),
        (2, "BAG"),
    ]
    told = {"traceability": "LOT", "isFirstExpiredFirstOut": True, "unitOfMeasure": "bottle"}
    done = await do(ADMIN, "variantSetTraceability", VARIANT, sku="INK", **told)
    assert done["variant"] == PLAIN | told | {"sku": "INK"}


async def test_what_cannot_be_said_of_a_variant_is_refused_with_its_field(database: Database) -> None:
    await open_shop(ber={"MUG": 1})
    await do(ADMIN, "variantSetComponents", sku="SET", composition="BUNDLE", components=[{"sku": "PEN", "units": 1}])
    for verb, given, code, path in (
        ("variantSetPolicy", {"sku": "NO", "backorderPolicy": "DENY"}, "UNKNOWN_SKU", ["sku"]),
        ("variantSetPolicy", {"sku": "MUG", "backorderPolicy": "PREORDER"}, "INVALID_INPUT", ["availableFrom"]),
        ("variantSetPolicy", {"sku": "SET", "backorderPolicy": "BACKORDER"}, "INVALID_INPUT", ["backorderPolicy"]),
        (
            "variantSetComponents",
            {"sku": "MUG", "composition": "BUNDLE", "components": [{"sku": "CAP", "units": 1}]},
            "VARIANT_IN_USE",
            [],
        ),
        (
            "variantSetComponents",
            {"sku": "BAG", "composition": "BUNDLE", "components": [{"sku": "SET", "units": 1}]},
            "INVALID_INPUT",
            ["components", "0", "sku"],
        ),
        ("variantSetSubstitutes", {"sku": "MUG", "substitutes": ["SET"]}, "INVALID_INPUT", ["substitutes", "0"]),
        (
            "variantSetTraceability",
            {"sku": "MUG", "traceability": "NONE", "isFirstExpiredFirstOut": True},
            "INVALID_INPUT",
            ["isFirstExpiredFirstOut"],
        ),
    ):
        [error] = await refused(ADMIN, verb, **given)
        assert (error["code"], error["path"]) == (code, path)
        assert await denied(WAREHOUSE, verb, **given) == ["PermissionDenied"]


async def test_what_waits_is_shown_to_staff_and_to_the_buyer_until_it_comes(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 1})
    await do(ADMIN, "variantSetPolicy", sku="MUG", backorderPolicy="BACKORDER", backorderLimit=3)
    order = await place(shop.ann, MUG=3)
    assert [
        error["available"]
        for error in await refused(SUPPORT, "orderPlace", channel="web-de", lines=[{"sku": "MUG", "quantity": 2}])
    ] == [1]
    [seen] = (await ask(ADMIN, WAITING))["backorders"]["nodes"]
    promised = seen.pop("promisedAt")
    assert seen == {
        "sku": "MUG",
        "quantity": 2,
        "isPreorder": False,
        "order": {"id": order["id"]},
        "requirement": {"sku": "MUG", "waiting": 2},
        "variant": {"sku": "MUG"},
        "location": {"code": "ber"},
        "stockLevel": {"waiting": 2, "available": 0},
    }
    here = {"sku": {"eq": "MUG"}, "location": {"eq": global_id("location", shop.ber)}, "promisedAt": {"gte": promised}}
    assert len((await ask(SUPPORT, WAITING, where=here))["backorders"]["nodes"]) == 1
    assert (await ask(SUPPORT, WAITING, where={"sku": {"eq": "CAP"}}))["backorders"]["nodes"] == []
    [mine] = (await ask(shop.ann, LINES, id=order["id"]))["order"]["lines"]
    assert mine["requirements"] == [{"backorders": [{"quantity": 2, "promisedAt": promised}]}]
    for other in (shop.bob, ANONYMOUS):
        assert (await ask(other, WAITING))["backorders"]["nodes"] == []
    where = {"sku": "MUG", "location": global_id("location", shop.ber)}
    await do(WAREHOUSE, "stockReceive", idempotencyKey="r1", quantity=2, **where)
    await work_off()
    assert (await ask(ADMIN, WAITING))["backorders"]["nodes"] == []
    told = (await ask(shop.ann, EVENTS, id=order["id"]))["order"]["events"]["nodes"]
    assert told[-1] == {"__typename": "BackorderFilled", "units": 2, "requirement": {"sku": "MUG", "allocated": 3}}
    await assert_books_balance()


async def test_a_bundle_and_a_substitute_are_ordered_like_anything_else(database: Database) -> None:
    await open_shop(ber={"PEN": 9, "BOX": 9, "MUG": 1})
    parts = [{"sku": "PEN", "units": 3}, {"sku": "BOX", "units": 1}]
    await do(ADMIN, "variantSetComponents", sku="SET", composition="BUNDLE", components=parts)
    await do(ADMIN, "variantSetSubstitutes", sku="MUG", substitutes=["BOX"])
    lines = [{"sku": "SET", "quantity": 2}, {"sku": "MUG", "quantity": 2, "acceptsSubstitutes": True}]
    shown = "order { total { amount } lines { sku title requirements { sku required unitsPerItem gross { amount } } } }"
    placed = (await do(SUPPORT, "orderPlace", shown, channel="web-de", lines=lines))["order"]
    assert placed["total"]["amount"] == f"{(2 * EUR['SET'] + 2 * EUR['MUG']) / 100:.2f}"
    bundle, mug = placed["lines"]
    assert [(each["sku"], each["required"], each["unitsPerItem"]) for each in bundle["requirements"]] == [
        ("BOX", 2, 1),
        ("PEN", 6, 3),
    ]
    assert [each["gross"]["amount"] for each in bundle["requirements"]] == ["15.00", "45.00"]
    assert mug["sku"] == "MUG"
    assert [(each["sku"], each["required"]) for each in mug["requirements"]] == [("BOX", 2)]
    await assert_books_balance()
