"""Races for units that somebody waits for, and for parts that are sold alone too."""

import asyncio
from uuid import UUID

from domain.catalog.models import BackorderPolicy, Composition
from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.cancel_order import CancelOrder, cancel_order
from domain.flows.place_orders import place_all
from domain.kernel.bell import SilentBell
from domain.kernel.errors import DomainError
from domain.kernel.runner import Runner
from domain.kernel.unit_of_work import Flow, RequestT, ValueT
from domain.orders.models import RequirementRow
from domain.stock.models import StockLevelRow
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import ADMIN, level, make, open_shop, order_for, place, requirement, set_policy, work_off

BACKORDER = BackorderPolicy.BACKORDER


async def alone(flow: Flow[RequestT, ValueT], request: RequestT) -> ValueT | DomainError:
    """What the flow gave or refused, in a transaction of its own; asked again while others are in the way."""
    for _ in range(20):
        try:
            return (await Runner(SilentBell()).run(flow, ADMIN, request)).value
        except DomainError as refusal:
            if not refusal.retryable:
                return refusal
    raise AssertionError("others were in the way twenty times")


async def buy(sku: str, units: int) -> UUID | DomainError:
    """An order for these units, placed by itself."""
    found = await alone(place_all, [order_for({sku: units})])
    return found if isinstance(found, DomainError) else found[0]


async def test_units_that_come_while_others_buy_are_theirs_who_wait(postgres_database: Database) -> None:
    shop = await open_shop()
    await set_policy("MUG", BACKORDER, 6)
    waiting = [await place({"MUG": 2}) for _ in range(3)]
    receipt = AdjustStock("MUG", shop.north, 1, is_receipt=True)
    acts = [act for _ in range(8) for act in (alone(adjust_stock, receipt), buy("MUG", 1), work_off())]
    done = await asyncio.gather(*acts)
    await work_off()
    assert [(await requirement(each, "MUG")).allocated for each in waiting] == [2, 2, 2]
    # Eight came, six were waited for; whoever came meanwhile got of the two others, or may wait in a place left free.
    others = [each for each in done if isinstance(each, UUID) and await RequirementRow.filter(order_id=each).exists()]
    north = await level("MUG", shop.north)
    assert (north.on_hand, north.allocated + north.waiting) == (8, 6 + len(others))
    assert north.allocated == 8 or len(others) < 2
    await assert_books_balance()


async def test_the_limit_is_kept_however_many_ask_at_once(postgres_database: Database) -> None:
    await open_shop()
    await set_policy("MUG", BACKORDER, 5)
    done = await asyncio.gather(*(buy("MUG", 1) for _ in range(12)))
    assert sum(1 for each in done if isinstance(each, UUID)) == 5
    assert {each.code for each in done if isinstance(each, DomainError)} == {"INSUFFICIENT_STOCK"}
    assert sum([row.waiting for row in await StockLevelRow.filter(sku="MUG")]) == 5
    await assert_books_balance()


async def test_bundles_and_single_sales_of_their_parts_never_sell_more_than_there_is(
    postgres_database: Database,
) -> None:
    shop = await open_shop({"MUG": (10,), "CAP": (4, 3)})
    await make("TEE", Composition.BUNDLE, MUG=2, CAP=1)
    wanted = ["TEE", "MUG", "CAP"] * 8
    done = await asyncio.gather(*(buy(sku, 1) for sku in wanted))
    placed = [sku for sku, each in zip(wanted, done, strict=True) if isinstance(each, UUID)]
    assert {each.code for each in done if isinstance(each, DomainError)} <= {"INSUFFICIENT_STOCK"}
    mugs, caps = placed.count("MUG") + 2 * placed.count("TEE"), placed.count("CAP") + placed.count("TEE")
    assert (await level("MUG", shop.north)).allocated == mugs <= 10
    assert sum([(await level("CAP", each)).allocated for each in shop.places[:2]]) == caps == 7
    await assert_books_balance()


async def test_orders_that_are_canceled_while_their_units_come_leave_them_to_the_next(
    postgres_database: Database,
) -> None:
    shop = await open_shop()
    await set_policy("MUG", BACKORDER)
    orders = [await place({"MUG": 1}) for _ in range(8)]
    receipt = AdjustStock("MUG", shop.north, 4, is_receipt=True)
    leaving = [alone(cancel_order, CancelOrder(each, "Too late.")) for each in orders[::2]]
    await asyncio.gather(alone(adjust_stock, receipt), work_off(), *leaving, work_off())
    await work_off()
    assert [(await requirement(each, "MUG")).allocated for each in orders] == [0, 1] * 4
    await assert_books_balance()
