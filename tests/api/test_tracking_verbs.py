"""The verbs behind a tracking link, over the API: what they show, count, repeat and refuse."""

from typing import Any

from domain.kernel.actor import ANONYMOUS, Actor, tracking_link
from domain.tracking.models import TrackingAttemptsRow
from server.database import Database
from tests.api.client import served
from tests.builders import SUPPORT, ask, denied
from tests.domain import shop
from tests.tracked import POSTAL_CODE, sold

CANCEL = """mutation ($input: TrackingOrderCancelInput!) { trackingOrderCancel(input: $input) {
  tracking { status availableActions { action enabled reason } } errors { code message path retryable } replayed
} }"""
RETURN = """mutation ($input: TrackingReturnRequestInput!) { trackingReturnRequest(input: $input) {
  tracking { returns { status lines { sku quantity received } } } errors { code path } replayed
} }"""


async def cancel(actor: Actor, **given: Any) -> dict[str, Any]:
    answered: dict[str, Any] = (await ask(actor, CANCEL, input=given))["trackingOrderCancel"]
    return answered


async def spent() -> list[int]:
    return await shop.column(TrackingAttemptsRow.all(), "spent")


async def test_the_order_is_shown_as_it_is_after_it_was_called_off(database: Database) -> None:
    sale = await sold()
    answered = await cancel(tracking_link(sale.order_id), proof=POSTAL_CODE)
    assert answered == {
        "tracking": {
            "status": "CANCELED",
            "availableActions": [
                {
                    "action": "CANCEL",
                    "enabled": False,
                    "reason": "Cancel needs the order to be DRAFT, PENDING or CONFIRMED; it is CANCELED.",
                },
                {"action": "REQUEST_RETURN", "enabled": False, "reason": "Nothing of it is on its way yet."},
            ],
        },
        "errors": [],
        "replayed": False,
    }


async def test_a_wrong_proof_is_refused_counted_and_the_sixth_is_not_looked_at(database: Database) -> None:
    sale = await sold()
    link = tracking_link(sale.order_id)
    codes = [(await cancel(link, proof="10115"))["errors"][0]["code"] for _ in range(5)]
    assert codes == ["PROOF_REFUSED"] * 5
    answered = await cancel(link, proof=POSTAL_CODE)
    assert (answered["errors"][0]["code"], answered["errors"][0]["retryable"]) == ("TOO_MANY_ATTEMPTS", True)
    assert answered["tracking"]["status"] == (await shop.order(sale.order_id)).status == "CONFIRMED"
    assert await spent() == [5]


async def test_the_same_wish_sent_again_is_done_once_and_does_not_count(database: Database) -> None:
    sale = await sold()
    link = tracking_link(sale.order_id)
    answers = [await cancel(link, proof=POSTAL_CODE, idempotencyKey="mine") for _ in range(7)]
    assert [each["replayed"] for each in answers] == [False] + [True] * 6
    assert await spent() == [0]


async def test_goods_are_asked_back_by_their_sku(database: Database) -> None:
    sale = await sold()
    await shop.deliver(sale.order_id)
    given = {"proof": POSTAL_CODE, "units": [{"sku": "MUG", "quantity": 1}], "reason": "Too blue."}
    answered = (await ask(tracking_link(sale.order_id), RETURN, input=given))["trackingReturnRequest"]
    assert answered == {
        "tracking": {"returns": [{"status": "REQUESTED", "lines": [{"sku": "MUG", "quantity": 1, "received": 0}]}]},
        "errors": [],
        "replayed": False,
    }
    given["units"] = [{"sku": "MUG", "quantity": 2}]
    answered = (await ask(tracking_link(sale.order_id), RETURN, input=given))["trackingReturnRequest"]
    assert answered["errors"] == [{"code": "NOT_RETURNABLE", "path": ["units", "0", "quantity"]}]


async def test_nobody_else_may_ask_for_them(database: Database) -> None:
    await sold()
    for actor in (ANONYMOUS, SUPPORT):
        assert await denied(actor, "trackingOrderCancel", proof=POSTAL_CODE) == ["Unauthenticated"]


async def test_over_http_the_answer_is_the_same_the_usual_and_the_compiled_way(database: Database) -> None:
    sale = await sold()
    async with served(database) as client:
        link = client.with_link(sale.token)
        wrong = [await link.data(CANCEL, {"input": {"proof": "10115"}}) for _ in range(3)]
        assert wrong[0] == wrong[1] == wrong[2]
        assert await spent() == [3]
        right = await link.data(CANCEL, {"input": {"proof": POSTAL_CODE}})
        assert right["trackingOrderCancel"]["tracking"]["status"] == "CANCELED"
        assert await spent() == [3]
