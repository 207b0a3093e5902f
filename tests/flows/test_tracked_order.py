"""What whoever holds a tracking link may change, once they prove to be the buyer; and how often they may try."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from domain.flows.cancel_tracked_order import REASON, CancelTrackedOrder, cancel_tracked_order
from domain.flows.placement import PlaceAddress, PlaceCustomer
from domain.flows.request_tracked_return import RequestTrackedReturn, TrackedUnits, request_tracked_return
from domain.flows.request_tracking_link import RequestTrackingLink, request_tracking_link
from domain.flows.tracked_order import Attempt, spend_attempt
from domain.kernel.actor import ANONYMOUS, Actor, Role, staff, tracking_link
from domain.kernel.errors import DomainError, IllegalTransition, Unauthenticated
from domain.kernel.models import JobRow, LogRow
from domain.kernel.unit_of_work import Outcome
from domain.orders.lifecycle import OrderStatus
from domain.orders.models import AddressKind, OrderRow
from domain.returns.errors import NotReturnable
from domain.returns.models import ReturnLineRow
from domain.tracking.decisions import is_proof
from domain.tracking.errors import ProofRefused, TooManyAttempts
from domain.tracking.models import AttemptKind, TrackingAttemptsRow
from server.database import Database
from tests.domain import shop
from tests.domain.books import assert_books_balance

HOME = PlaceAddress(AddressKind.SHIPPING, "Ann", "Weg 1", "SW1A 1AA", "London", "GB")
ANN = PlaceCustomer(email="ann@example.org")


async def bought(units: int = 3) -> UUID:
    """An order of mugs, with an address and a buyer."""
    await shop.open_shop({"MUG": (9, 9)})
    return await shop.place({"MUG": units}, addresses=(HOME,), customer=ANN)


async def attempts(kind: AttemptKind = AttemptKind.PROOF) -> list[int]:
    """How many are counted."""
    return await shop.column(TrackingAttemptsRow.filter(kind=kind), "spent")


async def refused(act: Callable[[], Awaitable[object]], kind: type[DomainError]) -> None:
    """Asserts that it is refused so, and that nothing was written."""
    before = await shop.dump()
    with pytest.raises(kind):
        await act()
    assert await shop.dump() == before


@pytest.mark.parametrize("given", ["SW1A 1AA", "sw1a1aa", " sw1a-1aa ", "ann@example.org", "Ann@Example.org "])
def test_a_proof_may_be_written_however(given: str) -> None:
    assert is_proof(given, ["SW1A 1AA", "ann@example.org"])


@pytest.mark.parametrize("given", ["", "  ", "SW1A", "SW1A 1AB", "an@example.org", "x" * 10_000, "\ud800"])
def test_what_is_not_known_of_the_buyer_proves_nothing(given: str) -> None:
    assert not is_proof(given, ["SW1A 1AA", "ann@example.org", ""])


async def test_the_buyer_calls_their_order_off(database: Database) -> None:
    order_id = await bought()
    await shop.run(cancel_tracked_order, CancelTrackedOrder("sw1a1aa"), actor=tracking_link(order_id))
    order = await shop.order(order_id)
    assert (order.status, order.cancel_reason) == (OrderStatus.CANCELED, REASON)
    event = await LogRow.get(order_id=order_id, type="OrderCanceled")
    assert event.actor == f"tracking:{order_id.hex}"
    await assert_books_balance()


async def test_who_only_found_the_link_cannot(database: Database) -> None:
    order_id = await bought()
    link = tracking_link(order_id)

    async def cancel() -> None:
        await shop.run(cancel_tracked_order, CancelTrackedOrder("10115"), actor=link)

    async def send_back() -> None:
        asked = RequestTrackedReturn("bob@example.org", (TrackedUnits("MUG", 1),), "Too blue.")
        await shop.run(request_tracked_return, asked, actor=link)

    await refused(cancel, ProofRefused)
    await shop.deliver(order_id)
    await refused(send_back, ProofRefused)


@pytest.mark.parametrize("actor", [ANONYMOUS, staff("sam", Role.SUPPORT)])
async def test_only_the_bearer_of_a_link_can(database: Database, actor: Actor) -> None:
    await bought()

    async def cancel() -> None:
        await shop.run(cancel_tracked_order, CancelTrackedOrder("SW1A 1AA"), actor=actor)

    await refused(cancel, Unauthenticated)


async def test_what_is_on_its_way_cannot_be_called_off(database: Database) -> None:
    order_id = await bought()
    await shop.ship(order_id)

    async def cancel() -> None:
        await shop.run(cancel_tracked_order, CancelTrackedOrder("SW1A 1AA"), actor=tracking_link(order_id))

    await refused(cancel, IllegalTransition)


async def test_the_buyer_asks_to_send_goods_back_by_what_stands_on_the_parcel(database: Database) -> None:
    await shop.open_shop({"MUG": (2, 9)})
    order_id = await shop.place({"MUG": 5}, addresses=(HOME,))
    await shop.deliver(order_id)
    asked = RequestTrackedReturn("SW1A 1AA", (TrackedUnits("MUG", 2), TrackedUnits("MUG", 1)), "Too blue.")
    await shop.run(request_tracked_return, asked, actor=tracking_link(order_id))
    assert await shop.column(ReturnLineRow.all(), "quantity") == [3]
    assert (await LogRow.get(order_id=order_id, type="ReturnRequested")).actor == f"tracking:{order_id.hex}"
    too_many = RequestTrackedReturn("SW1A 1AA", (TrackedUnits("MUG", 3),), "And the others.")

    async def again() -> None:
        await shop.run(request_tracked_return, too_many, actor=tracking_link(order_id))

    await refused(again, NotReturnable)


async def test_five_attempts_an_hour_are_looked_at_and_a_right_one_does_not_count(database: Database) -> None:
    order_id = await bought()
    link = tracking_link(order_id)
    for _ in range(5):
        await shop.run(spend_attempt, Attempt(), actor=link)
    assert await attempts() == [5]
    with pytest.raises(TooManyAttempts):
        await shop.run(spend_attempt, Attempt(), actor=link)
    assert await attempts() == [5]
    row = await TrackingAttemptsRow.get(order_id=order_id)
    await TrackingAttemptsRow.all().update(since=row.since - timedelta(hours=1))
    await shop.run(spend_attempt, Attempt(), actor=link)
    assert await attempts() == [1]
    await shop.run(cancel_tracked_order, CancelTrackedOrder("SW1A 1AA"), actor=link)
    assert await attempts() == [0]


async def test_attempts_at_the_same_moment_are_all_counted(database: Database) -> None:
    order_id = await bought()
    tried = await asyncio.gather(
        *(shop.run(spend_attempt, Attempt(), actor=tracking_link(order_id)) for _ in range(12)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in tried) == ["TooManyAttempts"] * 7 + ["UUID"] * 5


async def test_who_knows_the_number_and_the_buyer_has_a_new_link_sent(database: Database) -> None:
    order_id = await bought()
    number = (await OrderRow.get(id=order_id)).number
    version = (await shop.order(order_id)).revision
    await shop.run(request_tracking_link, RequestTrackingLink(f" {number.lower()} ", "sw1a1aa"), actor=ANONYMOUS)
    job = await JobRow.get(kind="send_tracking_link")
    assert (job.payload, job.status) == ({"order_id": str(order_id)}, "QUEUED")
    assert (await LogRow.get(type="TrackingLinkRequested")).actor == "anonymous"
    assert (await shop.order(order_id)).revision == version, "it makes nobody's edit stale"


async def test_an_order_that_is_not_there_and_a_wrong_proof_are_answered_alike(database: Database) -> None:
    order_id = await bought()
    number = (await OrderRow.get(id=order_id)).number
    for asked in [(number, "SW1A 1AA"), (number, "10115"), ("2222-2222-2222", "SW1A 1AA"), ("", "")]:
        outcome = await shop.RUNNER.run(request_tracking_link, ANONYMOUS, RequestTrackingLink(*asked))
        assert outcome == Outcome(None)
    assert await JobRow.filter(kind="send_tracking_link").count() == 1


async def test_three_wishes_an_hour_are_heard_for_one_order(database: Database) -> None:
    order_id = await bought()
    number = (await OrderRow.get(id=order_id)).number
    for _ in range(5):
        await shop.run(request_tracking_link, RequestTrackingLink(number, "SW1A 1AA"), actor=ANONYMOUS)
    assert await JobRow.filter(kind="send_tracking_link").count() == 3
    assert await attempts(AttemptKind.NEW_LINK) == [3]
