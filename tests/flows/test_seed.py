"""The example shop: everything is there, and its books are in order."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from shutil import copy

import pytest
from tortoise.models import Model

from domain.catalog.models import ProductRow, VariantRow
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.bell import SilentBell
from domain.kernel.runner import Runner
from domain.locations.models import LocationRow
from domain.orders.models import OrderRow
from domain.payments.models import PaymentRow, RefundRow
from domain.returns.models import DispositionRow, ReturnRow
from domain.shipping.lifecycle import TrackingStatus
from domain.shipping.models import ParcelRow, ShipmentRow
from domain.stock.models import StockLevelRow
from examples.baskets import Buyers, tax_within
from examples.chores import CHORES
from examples.seed import seed_shop
from examples.shop.catalog import offers
from examples.shop.places import CHANNELS
from examples.simulator import Simulator
from examples.stages import STAGES, spread
from server.database import Database, open_database
from tests.domain.books import assert_books_balance

pytestmark = pytest.mark.timeout(300)
RUNNER = Runner(SilentBell())


@pytest.fixture(scope="module")
async def seeded_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the shop, made once."""
    path = Path(copy(sqlite_template, tmp_path_factory.mktemp("shop") / "shop.db"))
    async with open_database(f"sqlite://{path}"):
        await seed_shop(RUNNER, datetime.now(UTC))
    return path


@pytest.fixture
async def shop(seeded_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A copy of the shop, open."""
    async with open_database(f"sqlite://{copy(seeded_file, tmp_path / 'copy.db')}") as opened:
        yield opened


async def statuses(rows: type[Model], field: str = "status") -> Counter[str]:
    return Counter(str(status) for status in await rows.all().values_list(field, flat=True))


async def units_on_hand() -> int:
    return sum([level.on_hand for level in await StockLevelRow.all()])


async def test_the_shop_has_its_places_its_goods_and_200_orders(shop: Database) -> None:
    assert await LocationRow.all().count() == 8
    assert len(set(await LocationRow.all().values_list("country_code", flat=True))) == 5
    assert await ProductRow.all().count() == 60
    assert await VariantRow.all().count() == len(offers()) == 139
    assert await OrderRow.all().count() == 200
    assert set(await statuses(OrderRow, "channel__code")) == {channel.code for channel in CHANNELS}


async def test_every_location_has_work(shop: Database) -> None:
    assert len(await statuses(FulfillmentOrderRow, "location__code")) == 8


async def test_orders_stand_in_every_stage_that_a_flow_leads_to(shop: Database) -> None:
    assert set(await statuses(OrderRow)) == {"PENDING", "CONFIRMED", "COMPLETED", "CANCELED", "REJECTED", "EXPIRED"}
    assert len(await statuses(OrderRow, "fulfillment_status")) == 6
    assert set(await statuses(OrderRow, "charge_status")) == {"NONE", "PARTIAL", "FULL", "OVERCHARGED"}
    assert len(await statuses(OrderRow, "return_status")) == 5
    assert set(await statuses(ShipmentRow)) == {"PACKED", "SHIPPED", "DELIVERED", "LOST", "CANCELED"}
    assert set(await statuses(ParcelRow, "tracking_status")) == set(TrackingStatus)
    assert set(await statuses(PaymentRow)) == {"PENDING", "CAPTURED", "PARTIALLY_REFUNDED", "REFUNDED", "CANCELED"}
    assert set(await statuses(RefundRow)) == {"GRANTED", "SUCCEEDED"}
    returned = {"REQUESTED", "APPROVED", "DECLINED", "CANCELED", "PARTIALLY_RECEIVED", "RECEIVED", "COMPLETED"}
    assert set(await statuses(ReturnRow)) == returned
    assert set(await statuses(DispositionRow)) == {"PENDING", "RESTOCKED", "DAMAGED", "DISPOSED"}


async def test_the_books_of_the_shop_balance(shop: Database) -> None:
    await assert_books_balance()


async def test_the_books_still_balance_after_the_shop_has_lived_for_a_while(shop: Database) -> None:
    simulator = Simulator(RUNNER, rng=Random(3))
    for _ in range(10):
        await simulator.place()
    worked = [await simulator.work() for _ in range(60)]
    assert all(worked)
    assert await OrderRow.all().count() > 200
    await assert_books_balance()


async def test_every_chore_finds_something_to_do_in_the_shop(shop: Database) -> None:
    rng = Random(5)
    idle = [chore.act.__name__ for chore in CHORES if await chore.find(rng) is None]
    assert idle == []


async def test_the_shop_stops_growing(shop: Database) -> None:
    assert await Simulator(RUNNER, most_orders=200).place() is None
    assert await OrderRow.all().count() == 200


async def test_what_is_sold_out_is_delivered_for_the_next_buyer(shop: Database) -> None:
    await StockLevelRow.all().update(safety_stock=1_000_000)
    before = await units_on_hand()
    assert await Simulator(RUNNER, rng=Random(3)).place() is None
    assert await units_on_hand() == before + 48


def test_the_same_seed_has_the_same_people_buy_the_same() -> None:
    assert [Buyers(Random(7)).order() for _ in range(3)] == [Buyers(Random(7)).order() for _ in range(3)]
    first, second = Buyers(Random(7)), Buyers(Random(7))
    assert [first.order() for _ in range(20)] == [second.order() for _ in range(20)]


def test_as_many_orders_as_asked_for_are_spread_over_the_stages() -> None:
    assert [len(spread(orders)) for orders in (1, 10, len(STAGES), 200, 1000)] == [1, 10, len(STAGES), 200, 1000]
    assert set(spread(len(STAGES))) == set(STAGES)


def test_the_tax_within_a_price_is_rounded_half_up() -> None:
    assert [tax_within(1190, 19), tax_within(107, 7), tax_within(999, 0), tax_within(30, 20)] == [190, 7, 0, 5]
