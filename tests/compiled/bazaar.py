"""A shop whose data is ugly on purpose: ties, odd fractions of seconds, hostile texts, nulls, two sorts of money."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.models import Model

from domain.assemblies.models import AssemblyRow
from domain.backorders.models import BackorderRow
from domain.bulk.models import BulkRunRow
from domain.catalog.models import (
    BackorderPolicy,
    ComponentRow,
    Composition,
    PriceRow,
    ProductRow,
    SubstituteRow,
    VariantRow,
)
from domain.channels.models import ChannelLocationRow, ChannelRow
from domain.customers.models import CustomerRow
from domain.flows.keep_variants import (
    SetVariantComponents,
    SetVariantSubstitutes,
    set_variant_components,
    set_variant_substitutes,
)
from domain.flows.place_orders import place_order
from domain.flows.placement import Component, PlaceCustomer, PlaceLine, PlaceOrder
from domain.flows.set_variant_policy import SetVariantPolicy, set_variant_policy
from domain.fulfillment.models import FulfillmentOrderRow
from domain.imports.lifecycle import ImportMode, ImportStatus
from domain.imports.models import ImportRow
from domain.kernel.actor import ANONYMOUS, SYSTEM, Actor, Role, customer, staff, tracking_link
from domain.kernel.bell import SilentBell
from domain.kernel.database import Dialect, current_connection
from domain.kernel.ids import global_id
from domain.kernel.runner import Runner
from domain.kernel.sets import insert
from domain.locations.models import LocationRow
from domain.orders.models import HoldRow, OrderLineRow, OrderRow
from domain.payments.models import PaymentRow
from domain.reservations.lifecycle import ReservationStatus
from domain.reservations.models import ReservationLineRow, ReservationRow
from domain.returns.models import ReturnRow
from domain.shipping.models import ParcelRow, ScanRow, ShipmentRow
from domain.stock.models import LotRow, SerialNumberRow, ShortageRow, SnapshotRow, StockLevelRow
from domain.supplies.lifecycle import SupplyStatus
from domain.supplies.models import SupplyKind, SupplyLineRow, SupplyRow
from domain.transfers.models import TransferRow
from examples.seed import seed_shop
from schema.compiled import Fetch
from schema.compiled.fragments import in_utf8
from server.database import Database
from server.read_pool import open_read_pool

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXTS = (
    "plain",
    "quote \" and \\ and '",
    "tab\tnew\nline\x01\x02\x03\x1f\x7f",
    "\x010:[]\x02 \x030:00000000000000000000000000000000:1\x04 \x060\x07",
    "ünïcödé \u2028 \U0001f69a",
    "",
    "null",
    "'; drop table orders; --",
    "</script>$1 ?1 {0} %s",
)
_NAMED: dict[str, type[Model]] = {
    "order": OrderRow,
    "order_line": OrderLineRow,
    "customer": CustomerRow,
    "shipment": ShipmentRow,
    "parcel": ParcelRow,
    "scan": ScanRow,
    "fulfillment_order": FulfillmentOrderRow,
    "payment": PaymentRow,
    "return": ReturnRow,
    "hold": HoldRow,
    "location": LocationRow,
    "channel": ChannelRow,
    "product": ProductRow,
    "variant": VariantRow,
    "price": PriceRow,
    "stock_level": StockLevelRow,
    "reservation": ReservationRow,
    "reservation_line": ReservationLineRow,
    "lot": LotRow,
    "serial_number": SerialNumberRow,
    "shortage": ShortageRow,
    "snapshot": SnapshotRow,
    "backorder": BackorderRow,
    "component": ComponentRow,
    "substitute": SubstituteRow,
    "supply": SupplyRow,
    "supply_line": SupplyLineRow,
    "channel_location": ChannelLocationRow,
    "bulk_run": BulkRunRow,
    "import": ImportRow,
    "transfer": TransferRow,
    "assembly": AssemblyRow,
}


async def open_bazaar(chance: random.Random, orders: int = 40) -> None:
    """The example shop with its orders in every stage, then spoiled."""
    runner = Runner(SilentBell())
    await seed_shop(runner, NOON, orders=orders)
    await sell_what_is_not_there(runner)
    for row in await OrderRow.all():
        fraction = timedelta(microseconds=chance.choice([0, 999_999, 1_000_000, 1_234_567, 999_600]))
        changes: dict[str, Any] = {"placed_at": NOON - timedelta(days=chance.randint(1, 3)) + fraction}
        changes["note"] = chance.choice([None, *TEXTS])
        changes["shipping_method"] = chance.choice([None, *TEXTS])
        if chance.random() < 0.2:
            changes["customer_id"] = None
        await OrderRow.filter(id=row.id).update(**changes)
    for line in await OrderLineRow.all():
        await OrderLineRow.filter(id=line.id).update(title=chance.choice(TEXTS))
    for scan in await ScanRow.all():
        await ScanRow.filter(id=scan.id).update(place=chance.choice([None, *TEXTS]), occurred_at=NOON)
    for buyer in await CustomerRow.all():
        await CustomerRow.filter(id=buyer.id).update(name=chance.choice(TEXTS), phone=chance.choice([None, "+49 1"]))
    await _fill_the_yard(chance)
    await set_baskets_aside(chance)
    await take_files_over(chance)


async def take_files_over(chance: random.Random) -> None:
    """Imports of every status; some have ended, some failed."""
    for n in range(8):
        await ImportRow.create(
            filename=chance.choice(TEXTS),
            mapping=chance.choice(TEXTS),
            channel="web-de",
            mode=chance.choice(list(ImportMode)),
            status=list(ImportStatus)[n % 4],
            percent=chance.randint(0, 100),
            rows_read=7,
            rows_imported=4,
            rows_reported=3,
            failure=chance.choice([None, *TEXTS]),
            started_at=NOON + timedelta(microseconds=chance.choice([0, 999_600])),
            heard_of_at=NOON,
            ended_at=chance.choice([None, NOON]),
        )


async def set_baskets_aside(chance: random.Random) -> None:
    """Reservations of every status, of buyers and of nobody. Their units are in no counter: this is for reading."""
    bought = await OrderRow.all().limit(12)
    for n, level in enumerate(await StockLevelRow.all().limit(12)):
        status, hour = list(ReservationStatus)[n % 4], timedelta(hours=chance.choice([1, 1_000_000]))
        basket = ReservationRow(
            channel_id=bought[n].channel_id,
            customer_id=bought[n].customer_id,
            order_id=bought[n].id if status == ReservationStatus.TAKEN else None,
            external_reference=chance.choice([None, *TEXTS]),
            status=status,
            created_by="staff:ada",
            created_at=NOON + timedelta(microseconds=chance.choice([0, 999_600])),
            expires_at=NOON + hour,
            ended_at=chance.choice([None, NOON]),
        )
        line = ReservationLineRow(
            reservation_id=basket.id,
            level_id=level.id,
            variant_id=level.variant_id,
            location_id=level.location_id,
            sku=level.sku,
            quantity=2,
            held=2 if status == ReservationStatus.ACTIVE else 0,
            expires_at=basket.expires_at,
        )
        await insert([basket, line])


async def _fill_the_yard(chance: random.Random) -> None:
    """Supplies in every state, most of which know neither when nor for how much; and what channels see."""
    places, variants = await LocationRow.all().order_by("id"), await VariantRow.all().order_by("id").limit(6)
    for n in range(12):
        supply = await SupplyRow.create(
            number=f"S-{n}",
            kind=chance.choice(list(SupplyKind)),
            supplier=chance.choice(TEXTS) or "nobody",
            external_reference=chance.choice([None, *TEXTS]),
            location_id=chance.choice(places).id,
            status=chance.choice(list(SupplyStatus)),
            currency=chance.choice(["EUR", "JPY"]),
            expected_at=chance.choice([None, NOON, NOON + timedelta(microseconds=999_600)]),
            created_by="staff:wim",
            created_at=NOON - timedelta(days=n // 3),
        )
        for variant in chance.sample(variants, chance.randint(0, 4)):
            await SupplyLineRow.create(
                supply_id=supply.id,
                variant_id=variant.id,
                location_id=supply.location_id,
                sku=variant.sku,
                ordered=chance.randint(1, 9),
                currency=supply.currency,
                unit_cost_minor=chance.choice([None, 0, 7, 123_456]),
                expected_at=chance.choice([None, NOON]),
            )
    for channel in await ChannelRow.all():
        for place in chance.sample(places, chance.randint(0, len(places))):
            await ChannelLocationRow.create(
                channel_id=channel.id, location_id=place.id, buffer_units=chance.randint(0, 3)
            )


async def sell_what_is_not_there(runner: Runner) -> None:
    """Backorders and preorders of buyers there are, a kit with its parts, and things that may replace one another."""
    ada = staff("ada", Role.ADMIN)
    lines = await OrderLineRow.filter(variant__kind="PHYSICAL").order_by("sku", "id").limit(60)
    late, new, whole = list(dict.fromkeys(line.sku for line in lines))[:3]
    await runner.run(set_variant_policy, ada, SetVariantPolicy(late, BackorderPolicy.BACKORDER, 500_000))
    release = SetVariantPolicy(new, BackorderPolicy.PREORDER, None, NOON + timedelta(days=9000))
    await runner.run(set_variant_policy, ada, release)
    parts = SetVariantComponents(whole, Composition.KIT, (Component(late, 2), Component(new, 1)))
    await runner.run(set_variant_components, ada, parts)
    await runner.run(set_variant_substitutes, ada, SetVariantSubstitutes(late, (new, whole)))
    for order in await OrderRow.filter(customer_id__isnull=False).order_by("number").limit(3):
        [channel] = await ChannelRow.filter(id=order.channel_id)
        wanted = tuple(PlaceLine(sku, 90_000, unit_price_minor=5) for sku in (late, new))
        request = PlaceOrder(channel.code, wanted, customer=PlaceCustomer(order.customer_id))
        await runner.run(place_order, ada, request)


async def actors() -> list[Actor]:
    """Every kind of actor there is."""
    buyers = [row.customer_id for row in await OrderRow.all().order_by("number") if row.customer_id]
    shipped = await ShipmentRow.all().first()
    assert shipped is not None
    everyone = [staff("ada", Role.ADMIN), staff("sam", Role.SUPPORT), staff("wim", Role.WAREHOUSE), SYSTEM, ANONYMOUS]
    return [*everyone, customer(buyers[0]), customer(buyers[-1]), tracking_link(shipped.order_id)]


async def known_ids() -> list[str]:
    """Ids of things of every kind, and some that name nothing."""
    found = ["order_0", "nonsense", "", f"order_{'0' * 32}", f"customer_{'f' * 32}"]
    for prefix, row in _NAMED.items():
        found += [global_id(prefix, each.pk) for each in await row.all().limit(8)]
    return found


async def known_texts() -> list[str]:
    """Names of things, the hostile texts, and one that is longer than any column."""
    numbers = await OrderRow.all().limit(6).values_list("number", flat=True)
    skus = await VariantRow.all().limit(6).values_list("sku", flat=True)
    codes = await ChannelRow.all().values_list("code", flat=True)
    return [*map(str, [*numbers, *skus, *codes]), "SN-0001", "W", "WB", "long " * 60, "\0", *TEXTS]


@asynccontextmanager
async def fetching(database: Database) -> AsyncIterator[Fetch]:
    """Statements run as the server runs them."""
    if database.dialect is Dialect.POSTGRES:
        async with open_read_pool(database.url, 2) as pool:
            yield pool.value
        return

    async def fetch(sql: str, parameters: Any) -> str | None:
        [row] = await current_connection().execute_query_dict(sql, list(parameters))
        found: str | None = next(iter(row.values()))
        return found

    yield fetch


class Counting:
    """A fetch that counts its statements and the bytes that they told, and keeps the last answer."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch, self.statements, self.told, self.answer = fetch, 0, 0, b""

    async def __call__(self, sql: str, parameters: Any) -> str | bytes | None:
        self.statements += 1
        found = await self._fetch(sql, parameters)
        self.answer = in_utf8(found or b"")
        self.told += len(self.answer)
        return found
