"""A small shop for the tests of the domain, made through its own flows: one channel, three locations, a few SKUs."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise.models import Model
from tortoise.queryset import QuerySet

from domain.catalog.models import BackorderPolicy, Composition, VariantKind
from domain.flows.adjust_stock import AdjustStock, StockReceipt, adjust_stock, open_stock
from domain.flows.keep_catalog import (
    CreateChannel,
    CreateLocation,
    CreateProduct,
    NewPrice,
    NewVariant,
    create_channel,
    create_location,
    create_product,
)
from domain.flows.keep_variants import SetVariantComponents, set_variant_components
from domain.flows.pack_shipment import PackLine, PackParcel, PackShipment, pack_shipment
from domain.flows.place_orders import place_order
from domain.flows.placement import Component, PlaceLine, PlaceOrder
from domain.flows.record_payment import RecordPayment, record_payment
from domain.flows.record_scan import RecordScan, record_scan
from domain.flows.reserve_stock import ReserveLine, ReserveStock, reserve_stock
from domain.flows.set_variant_policy import SetVariantPolicy, set_variant_policy
from domain.flows.ship_shipment import ShipShipment, ship_shipment
from domain.fulfillment.models import FulfillmentOrderRow
from domain.kernel.actor import Actor, Role, staff
from domain.kernel.bell import SilentBell
from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.kernel.models import JobRow
from domain.kernel.runner import Runner
from domain.kernel.unit_of_work import Flow, RequestT, ValueT
from domain.locations.models import LocationKind, LocationRow
from domain.orders.models import OrderRow, RequirementRow
from domain.payments.models import PaymentRow
from domain.reactions import REACTIONS
from domain.reservations.models import ReservationLineRow, ReservationRow
from domain.shipping.lifecycle import TrackingStatus
from domain.shipping.models import ParcelRow
from domain.stock.models import StockLevelRow
from server.database import MODEL_MODULES
from server.worker import Worker

CHANNEL = "web-de"
CARRIER = "dhl"
RUNNER = Runner(SilentBell())
ADMIN = staff("ada", Role.ADMIN)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRICES = {"MUG": 1000, "TEE": 2499, "CAP": 333, "EBOOK": 999, "FITTING": 4900}
KINDS = {"EBOOK": VariantKind.DIGITAL, "FITTING": VariantKind.SERVICE}


@dataclass(frozen=True)
class Shop:
    """Its locations, in the order in which they are asked for stock."""

    north: UUID
    south: UUID
    west: UUID

    @property
    def places(self) -> tuple[UUID, UUID, UUID]:
        return self.north, self.south, self.west


async def run(
    flow: Flow[RequestT, ValueT], request: RequestT, *, actor: Actor = ADMIN, key: str | None = None
) -> ValueT:
    """What the flow gave, after its commit."""
    return (await RUNNER.run(flow, actor, request, key=key)).value


async def open_shop(stock: Mapping[str, tuple[int, ...]] | None = None) -> Shop:
    """A shop with `stock`: units of each SKU at its locations north, south and west."""
    await run(create_channel, CreateChannel(CHANNEL, "Web", "EUR", "Acme GmbH", "Europe/Berlin"))
    places = [await run(create_location, _location(code, n)) for n, code in enumerate(("north", "south", "west"))]
    variants = tuple(
        NewVariant(sku, sku.title(), KINDS.get(sku, VariantKind.PHYSICAL), prices=(NewPrice(CHANNEL, price),))
        for sku, price in PRICES.items()
    )
    await run(create_product, CreateProduct("things", "Things", variants))
    receipts = [
        AdjustStock(sku, place, units, is_receipt=True)
        for sku, counts in (stock or {}).items()
        for place, units in zip(places, counts, strict=False)
        if units
    ]
    await run(open_stock, StockReceipt(receipts))
    return Shop(*places)


def _location(code: str, priority: int) -> CreateLocation:
    kind = LocationKind.WAREHOUSE
    return CreateLocation(
        code, code.title(), kind, "Acme GmbH", "Europe/Berlin", "DE", "10115", "Berlin", "Weg 1", priority
    )


def order_for(units: Mapping[str, int], **details: Any) -> PlaceOrder:
    """A request for these units of each SKU."""
    return PlaceOrder(CHANNEL, tuple(PlaceLine(sku, count) for sku, count in units.items()), **details)


async def place(units: Mapping[str, int], **details: Any) -> UUID:
    """An order, placed."""
    return await run(place_order, order_for(units, **details))


async def reserve(units: Mapping[str, int], *, actor: Actor = ADMIN, **details: Any) -> UUID:
    """A reservation of these units of each SKU."""
    lines = tuple(ReserveLine(sku, count) for sku, count in units.items())
    return await run(reserve_stock, ReserveStock(CHANNEL, lines, **details), actor=actor)


async def let_its_time_pass(reservation_id: UUID) -> None:
    """The reservation, a minute overdue, and nobody has noticed yet."""
    past = datetime.now(UTC) - timedelta(minutes=1)
    await ReservationLineRow.filter(reservation_id=reservation_id).update(expires_at=past)
    await ReservationRow.filter(id=reservation_id).update(expires_at=past)


async def works(order_id: UUID) -> list[UUID]:
    """Its fulfillment orders, oldest first."""
    return await column(FulfillmentOrderRow.filter(order_id=order_id).order_by("id"), "id")


async def pack(work_id: UUID, *contents: Mapping[str, int]) -> UUID:
    """A shipment with a parcel for each of `contents`; without any, one parcel with all that is left."""
    parcels = tuple(
        PackParcel(lines=tuple(PackLine(sku, units) for sku, units in inside.items())) for inside in contents or [{}]
    )
    return await run(pack_shipment, PackShipment(work_id, CARRIER, parcels))


async def ship(order_id: UUID) -> list[UUID]:
    """Every open work of the order, packed whole and handed over; the shipments."""
    shipments = [await pack(work) for work in await works(order_id)]
    return [await run(ship_shipment, ShipShipment(shipment)) for shipment in shipments]


async def deliver(order_id: UUID) -> None:
    """The order, shipped, and every parcel of it scanned as delivered."""
    await ship(order_id)
    for parcel in await ParcelRow.filter(order_id=order_id).order_by("id"):
        await run(record_scan, RecordScan(TrackingStatus.DELIVERED, NOON, parcel_id=parcel.id))


async def pay(order_id: UUID, amount_minor: int | None = None) -> UUID:
    """All that is still expected for the order, or the part named, recorded as paid; the payment."""
    payment = await PaymentRow.get(order_id=order_id, status="PENDING")
    await run(record_payment, RecordPayment(payment.id, amount_minor))
    return payment.id


async def receive_stock(sku: str, place_id: UUID, units: int) -> None:
    """More units at a location."""
    await run(adjust_stock, AdjustStock(sku, place_id, units, is_receipt=True))


async def set_policy(
    sku: str, policy: BackorderPolicy, limit: int | None = None, available_from: datetime | None = None
) -> None:
    """What becomes of orders for more of the SKU than can be promised."""
    await run(set_variant_policy, SetVariantPolicy(sku, policy, limit, available_from))


async def make(sku: str, composition: Composition, **units: int) -> None:
    """Let a unit of the SKU consist of these units of others."""
    parts = tuple(Component(part, count) for part, count in units.items())
    await run(set_variant_components, SetVariantComponents(sku, composition, parts))


async def work_off() -> None:
    """Every job that is due, and what follows from it, done at the first attempt."""
    worker = Worker(RUNNER, REACTIONS)
    while await worker.work():
        pass
    assert not await JobRow.filter(attempts__gt=0, status__in=["QUEUED", "DEAD"]).exists()


async def level(sku: str, place_id: UUID) -> StockLevelRow:
    """The counters of a SKU at a location."""
    return await StockLevelRow.get(sku=sku, location_id=place_id)


async def order(order_id: UUID) -> OrderRow:
    """The order as it is now."""
    return await OrderRow.get(id=order_id)


async def requirement(order_id: UUID, sku: str) -> RequirementRow:
    """The order's only requirement of a SKU."""
    return await RequirementRow.get(order_id=order_id, sku=sku)


async def column(rows: QuerySet[Any], name: str) -> list[Any]:
    """The values of one column."""
    return [value for (value,) in await rows.values_list(name)]


async def place_of(work_id: UUID) -> str:
    """The code of the location that has the work."""
    work = await FulfillmentOrderRow.get(id=work_id)
    return (await LocationRow.get(id=work.location_id)).code


Dump = dict[str, list[dict[str, Any]]]


async def dump() -> Dump:
    """Every row of every table: equal dumps, nothing changed."""
    found = {}
    for name in MODEL_MODULES:
        for model in vars(importlib.import_module(name)).values():
            if isinstance(model, type) and issubclass(model, Model) and not model._meta.abstract:
                found[model._meta.db_table] = await model.all().order_by("id").values()
    return found


async def forget_everything() -> None:
    """An empty database for the next example: a fixture is made once a test, not once an example."""
    connection = current_connection()
    if dialect_of(connection) is Dialect.POSTGRES:
        names = await connection.execute_query_dict(
            "SELECT string_agg(quote_ident(tablename), ', ') AS all FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename NOT LIKE '%migration%'"
        )
        await connection.execute_script(f"TRUNCATE {names[0]['all']}")
        return
    tables = await connection.execute_query_dict(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        " AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%migration%'"
    )
    await connection.execute_script(
        "PRAGMA foreign_keys = OFF;"
        + "".join(f'DELETE FROM "{row["name"]}";' for row in tables)
        + "PRAGMA foreign_keys = ON;"
    )
