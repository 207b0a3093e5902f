"""Reservations in the words of the API: made, shown, extended, taken by an order, given up, and refused."""

from typing import Any
from uuid import UUID

from domain.kernel.actor import ANONYMOUS, Actor
from domain.kernel.ids import global_id, new_id, parse_global_id
from server.database import Database
from tests.builders import ADMIN, SUPPORT, WAREHOUSE, ask, call, denied, do, execute, open_shop, refused
from tests.domain.books import assert_books_balance
from tests.domain.shop import let_its_time_pass

BASKET = {"channel": "web-de", "lines": [{"sku": "MUG", "quantity": 3}]}
SHOWN = """reservation { id status externalReference endedAt order { number } customer { email } channel { code }
  lines { sku quantity held variant { title } location { code } } availableActions { action enabled reason } }"""
OVER = "errors { __typename code message path retryable ... on ReservationOver { status } } replayed"


async def make(actor: Actor = SUPPORT, **given: Any) -> dict[str, Any]:
    """A reservation of three mugs."""
    made = await do(actor, "reservationCreate", SHOWN, **(BASKET | given))
    shown: dict[str, Any] = made["reservation"]
    return shown


async def seen(actor: Actor, reservation_id: str) -> Any:
    found = await ask(actor, "query ($id: ID!) { reservation(id: $id) { id status } }", id=reservation_id)
    return found["reservation"]


async def over(actor: Actor, verb: str, **given: Any) -> list[Any]:
    """The errors of a verb, with how the reservation ended."""
    kind = verb[0].upper() + verb[1:] + "Input"
    payload = await ask(actor, f"mutation ($input: {kind}!) {{ {verb}(input: $input) {{ {OVER} }} }}", input=given)
    return payload[verb]["errors"]


def own_key(reservation: dict[str, Any]) -> UUID:
    return parse_global_id("reservation", reservation["id"])


async def test_a_basket_is_reserved_extended_and_taken_by_its_order(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    made = await make(externalReference="basket 7")
    assert made | {"id": ""} == {
        "id": "",
        "status": "ACTIVE",
        "externalReference": "basket 7",
        "endedAt": None,
        "order": None,
        "customer": None,
        "channel": {"code": "web-de"},
        "lines": [{"sku": "MUG", "quantity": 3, "held": 3, "variant": {"title": "Mug"}, "location": {"code": "ber"}}],
        "availableActions": [
            {"action": "EXTEND", "enabled": True, "reason": None},
            {"action": "TAKE", "enabled": True, "reason": None},
            {"action": "RELEASE", "enabled": True, "reason": None},
        ],
    }
    stock = "{ stock { nodes { sku available reserved allocated } } }"
    [shelf] = (await ask(SUPPORT, stock))["stock"]["nodes"]
    assert shelf == {"sku": "MUG", "available": 2, "reserved": 3, "allocated": 0}
    extended = await do(SUPPORT, "reservationExtend", "reservation { status }", reservation=made["id"], minutes=60)
    assert extended["reservation"] == {"status": "ACTIVE"}
    placed = await do(SUPPORT, "orderPlace", "order { id number }", **BASKET, reservation=made["id"])
    found = await ask(
        SUPPORT, f"query ($id: ID!) {{ node(id: $id) {{ ... on Reservation {{ {SHOWN[14:-1]} }} }} }}", id=made["id"]
    )
    assert (found["node"]["status"], found["node"]["order"]) == ("TAKEN", {"number": placed["order"]["number"]})
    assert found["node"]["lines"][0]["held"] == 0
    assert found["node"]["availableActions"][1] == {
        "action": "TAKE",
        "enabled": False,
        "reason": "Take needs the reservation to be ACTIVE; it is TAKEN.",
    }
    [shelf] = (await ask(SUPPORT, stock))["stock"]["nodes"]
    assert shelf == {"sku": "MUG", "available": 2, "reserved": 0, "allocated": 3}
    await assert_books_balance()


async def test_a_key_reserves_once_and_a_release_frees_the_units(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    first = await do(SUPPORT, "reservationCreate", SHOWN, **BASKET, idempotencyKey="basket 7")
    again = await do(SUPPORT, "reservationCreate", SHOWN, **BASKET, idempotencyKey="basket 7")
    assert (again["replayed"], again["reservation"]) == (True, first["reservation"])
    released = await do(SUPPORT, "reservationRelease", SHOWN, reservation=first["reservation"]["id"])
    assert (released["reservation"]["status"], released["reservation"]["lines"][0]["held"]) == ("RELEASED", 0)
    await make(lines=[{"sku": "MUG", "quantity": 5}])
    [error] = await refused(SUPPORT, "reservationRelease", reservation=first["reservation"]["id"])
    assert (error["__typename"], error["reasonCode"]) == ("IllegalTransition", "WRONG_STATUS")
    await assert_books_balance()


async def test_an_overdue_reservation_is_neither_extended_nor_taken_and_says_what_to_do(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    made = await make()
    await let_its_time_pass(own_key(made))
    refusal = {
        "__typename": "ReservationOver",
        "code": "RESERVATION_OVER",
        "message": "The time of this reservation is over, and its units are free again. Reserve again, or order "
        "without it.",
        "path": ["reservation"],
        "retryable": False,
        "status": "EXPIRED",
    }
    assert await over(SUPPORT, "reservationExtend", reservation=made["id"]) == [refusal]
    assert await over(SUPPORT, "orderPlace", **BASKET, reservation=made["id"]) == [refusal]
    found = await ask(
        SUPPORT,
        "query ($id: ID!) { reservation(id: $id) { availableActions { action enabled reason } } }",
        id=made["id"],
    )
    assert found["reservation"]["availableActions"] == [
        {"action": "EXTEND", "enabled": False, "reason": "Its time is over: reserve again."},
        {"action": "TAKE", "enabled": False, "reason": "Its time is over: reserve again."},
        {"action": "RELEASE", "enabled": True, "reason": None},
    ]


async def test_buyers_see_and_use_their_own_reservations_and_no_others(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 9})
    own = await make(shop.ann)
    assert (own["customer"], own["lines"][0]["location"]) == ({"email": "ann@example.org"}, None)
    for_bob = await make(SUPPORT, customer=global_id("customer", shop.bob.scope.customer_id or new_id()))
    assert await seen(shop.ann, own["id"]) == {"id": own["id"], "status": "ACTIVE"}
    assert [await seen(each, own["id"]) for each in (shop.bob, ANONYMOUS)] == [None, None]
    assert await seen(WAREHOUSE, own["id"]) is not None
    lists = "{ reservations { nodes { id } } }"
    mine = {actor.principal: (await ask(actor, lists))["reservations"]["nodes"] for actor in (shop.ann, shop.bob)}
    assert mine == {shop.ann.principal: [{"id": own["id"]}], shop.bob.principal: [{"id": for_bob["id"]}]}
    nobody = global_id("reservation", new_id())
    for name in (own["id"], nobody):
        for verb, more in (("reservationExtend", {}), ("reservationRelease", {}), ("orderPlace", BASKET)):
            [error] = await refused(shop.bob, verb, **more, reservation=name)
            assert (error["__typename"], error["what"], error["path"]) == ("NotFound", "reservation", ["reservation"])
            assert error["message"] == f"There is no reservation {name}, or you may not see it."
    await do(shop.ann, "orderPlace", "order { id }", **BASKET, reservation=own["id"])
    await do(shop.bob, "reservationRelease", reservation=for_bob["id"])
    await assert_books_balance()


async def test_staff_find_reservations_by_status_and_by_the_name_of_the_basket(database: Database) -> None:
    await open_shop(ber={"MUG": 9})
    first, second = await make(externalReference="A"), await make(externalReference="B")
    await do(SUPPORT, "reservationRelease", reservation=first["id"])
    for where, expected in (
        ({"status": {"oneOf": ["ACTIVE"]}}, [second["id"]]),
        ({"externalReference": {"eq": "A"}}, [first["id"]]),
        ({}, [second["id"], first["id"]]),
    ):
        query = "query ($where: ReservationWhere) { reservations(where: $where) { nodes { id } } }"
        found = await ask(WAREHOUSE, query, where=where)
        assert [each["id"] for each in found["reservations"]["nodes"]] == expected


async def test_a_bad_basket_is_refused_and_names_its_field(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 2})
    for given, code, path in (
        ({}, "INSUFFICIENT_STOCK", ["lines", "0", "quantity"]),
        ({"lines": []}, "INVALID_INPUT", ["lines"]),
        ({"lines": [{"sku": "NOPE", "quantity": 1}]}, "UNKNOWN_SKU", ["lines", "0", "sku"]),
        ({"lines": [{"sku": "MUG", "quantity": 0}]}, "INVALID_INPUT", ["lines", "0", "quantity"]),
        ({"lines": [{"sku": "MUG", "quantity": 1}] * 101}, "INVALID_INPUT", ["lines"]),
        ({"minutes": 121}, "INVALID_INPUT", ["minutes"]),
        ({"channel": "nowhere"}, "NOT_FOUND", ["channel"]),
        ({"customer": "customer_1"}, "MALFORMED_ID", ["customer"]),
        ({"customer": global_id("customer", new_id())}, "NOT_FOUND", ["customer"]),
        ({"externalReference": ""}, "INVALID_INPUT", ["externalReference"]),
    ):
        [error] = await refused(SUPPORT, "reservationCreate", **(BASKET | given))
        assert (error["code"], error["path"]) == (code, path)
    [error] = await refused(SUPPORT, "orderPlace", **BASKET, reservation="order_1")
    assert (error["code"], error["path"]) == ("MALFORMED_ID", ["reservation"])
    assert await denied(WAREHOUSE, "reservationCreate", **BASKET) == ["PermissionDenied"]
    assert await denied(ANONYMOUS, "reservationCreate", **BASKET) == ["Unauthenticated"]
    assert await denied(shop.ann, "reservationCreate", **BASKET, customer=global_id("customer", new_id())) == [
        "PermissionDenied"
    ]


async def test_a_rehearsed_order_leaves_its_reservation_alone(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    made = await make()
    rehearsed = await call(SUPPORT, "orderPlace", "order { id }", **BASKET, reservation=made["id"], dryRun=True)
    assert (rehearsed["errors"], rehearsed["order"]) == ([], None)
    assert await seen(SUPPORT, made["id"]) == {"id": made["id"], "status": "ACTIVE"}
    await assert_books_balance()


async def test_what_is_no_id_of_a_reservation_is_a_bad_request(database: Database) -> None:
    await open_shop()
    result = await execute(ADMIN, '{ reservation(id: "order_1") { id } }')
    assert [(error.extensions or {})["code"] for error in result.errors] == ["BAD_REQUEST"]
