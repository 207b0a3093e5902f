"""Placing an order by plain asyncpg: one transaction, separate statements, and the rows that Waybill writes."""

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from uuid_utils.compat import uuid7

SESSIONS = 10  # as many as Waybill's pool
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
ACTOR = "plain:bench"

CLAIM = """
insert into idempotency_keys (id, principal, key, operation, fingerprint, outcome, created_at, expires_at)
values ($1, $2, $3, 'place_order', $4, $5::text::jsonb, now(), now() + interval '30 days')
on conflict (principal, key) do nothing returning created_at"""
LISTING = """
select v.id, v.sku, v.title, p.amount_minor, p.currency, c.id as channel_id
from channels c join prices p on p.channel_id = c.id join variants v on v.id = p.variant_id
where c.code = $1 and c.is_active and v.sku = any($2) and v.is_active"""
CUSTOMER = "select id from customers where email = $1"
NEW_CUSTOMER = "insert into customers (id, email, name, phone, created_at) values ($1, $2, $3, $4, $5)"
LEVELS = """
select s.id, s.variant_id, s.location_id, l.priority, l.code,
  s.on_hand - s.allocated - s.reserved - s.waiting - s.damaged - s.quarantined - s.safety_stock as free
from stock_levels s join locations l on l.id = s.location_id and l.is_active
where s.variant_id = any($1) order by s.id for update of s"""
SET_ASIDE = """
update stock_levels s set allocated = s.allocated + taken.units, updated_at = $3
from unnest($1::uuid[], $2::int[]) as taken (id, units)
where s.id = taken.id
  and s.on_hand - s.allocated - s.reserved - s.waiting - s.damaged - s.quarantined - s.safety_stock >= taken.units
returning s.id, taken.units, s.low_stock_at,
  s.on_hand - s.allocated - s.reserved - s.waiting - s.damaged - s.quarantined - s.safety_stock as left"""
ORDER = """
insert into orders (id, number, channel_id, origin, customer_id, status, fulfillment_status, authorize_status,
  charge_status, return_status, currency, subtotal_minor, charges_minor, discount_minor, tax_minor, total_minor,
  canceled_minor, shipping_method, placed_at, recorded_at, updated_at, version, revision)
values ($1, $2, $3, 'PLACED', $4, 'CONFIRMED', 'UNFULFILLED', 'NONE', 'NONE', 'NONE', $5, $6, $7, 0, $8, $9, 0, $10,
  $11, $11, $11, 4, 1)"""
LINES = """
insert into order_lines (id, order_id, position, variant_id, sku, title, quantity, currency, unit_price_minor,
  discount_minor, net_minor, tax_minor, gross_minor)
select id, $1, position, variant_id, sku, title, quantity, $2, price, 0, price * quantity, 0, price * quantity
from unnest($3::uuid[], $4::int[], $5::uuid[], $6::text[], $7::text[], $8::int[], $9::bigint[])
  as line (id, position, variant_id, sku, title, quantity, price)"""
REQUIREMENTS = """
insert into requirements (id, order_id, line_id, variant_id, sku, units_per_item, is_stocked, required, canceled,
  unallocated, waiting, allocated, picked, packed, shipped, delivered, lost, returned, currency, gross_minor,
  released_minor)
select id, $1, line_id, variant_id, sku, 1, true, units, 0, 0, 0, units, 0, 0, 0, 0, 0, 0, $2, gross, 0
from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::int[], $8::bigint[])
  as needed (id, line_id, variant_id, sku, units, gross)"""
CHARGES = """
insert into charges (id, order_id, position, kind, title, currency, net_minor, tax_minor, gross_minor)
select id, $1, position, kind, title, $2, gross - tax, tax, gross
from unnest($3::uuid[], $4::int[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])
  as charge (id, position, kind, title, tax, gross)"""
ADDRESSES = """
insert into order_addresses (id, order_id, kind, name, street, postal_code, city, country_code, phone)
select id, $1, kind, name, street, postal_code, city, country_code, phone
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
  as address (id, kind, name, street, postal_code, city, country_code, phone)"""
ALLOCATIONS = """
insert into allocations (id, requirement_id, order_id, location_id, variant_id, sku, quantity)
select id, requirement_id, $1, location_id, variant_id, sku, units
from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::int[])
  as taken (id, requirement_id, location_id, variant_id, sku, units)"""
PAYMENT = """
insert into payments (id, order_id, method, status, currency, expected_minor, authorized_minor, captured_minor,
  refunded_minor, created_at)
values ($1, $2, $3, 'PENDING', $4, $5, 0, 0, 0, $6)"""
WORK = """
insert into fulfillment_orders (id, order_id, location_id, number, status, delivery_method, units_to_pack, units_packed,
  created_at)
values ($1, $2, $3, $4, 'OPEN', 'SHIP', $5, 0, $6)"""
WORK_LINES = """
insert into fulfillment_order_lines (id, fulfillment_order_id, order_id, requirement_id, sku, quantity, packed,
  canceled)
select id, $1, $2, requirement_id, sku, units, 0, 0
from unnest($3::uuid[], $4::uuid[], $5::text[], $6::int[]) as work (id, requirement_id, sku, units)"""
MOVEMENTS = """
insert into stock_movements (id, level_id, sku, location_id, on_hand, allocated, reserved, waiting, damaged,
  quarantined, safety_stock, incoming, cause, order_id, actor, occurred_at)
select moved.id, level_id, sku, location_id, 0, units, 0, 0, 0, 0, 0, 0, 'ALLOCATED', $1, $2, $3
from unnest($4::uuid[], $5::uuid[], $6::int[]) as moved (id, level_id, units)
  join stock_levels as level on level.id = level_id"""
LOG = """
insert into log (id, order_id, sequence, type, subject_id, data, actor, occurred_at)
select id, $1, sequence, type, subject_id, '{}', $2, $3
from unnest($4::uuid[], $5::int[], $6::text[], $7::uuid[]) as fact (id, sequence, type, subject_id)"""
STOCK_LOG = """
insert into stock_log (id, type, level_id, data, actor, occurred_at)
select id, type, level_id, data::jsonb, $1, $2
from unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[]) as fact (id, type, level_id, data)"""


Deed = Callable[[asyncpg.Connection, dict[str, Any]], Awaitable[bytes]]


class Refused(Exception):
    """The order cannot be placed."""


@dataclass
class Line:
    """A line on its way into the tables."""

    id: UUID
    requirement_id: UUID
    variant_id: UUID
    sku: str
    title: str
    quantity: int
    price: int
    level_id: UUID

    @property
    def gross(self) -> int:
        """What it costs."""
        return self.price * self.quantity


class Writes:
    """Sessions that write; asyncpg keeps their statements prepared, and nothing is reset between two deeds."""

    def __init__(self) -> None:
        self._connections: list[asyncpg.Connection] = []
        self._idle: asyncio.LifoQueue[asyncpg.Connection] = asyncio.LifoQueue()

    async def open(self, url: str, sessions: int = SESSIONS) -> None:
        """Connect."""
        for _ in range(sessions):
            self._connections.append(await asyncpg.connect(url, timeout=10))
            self._idle.put_nowait(self._connections[-1])

    async def close(self) -> None:
        """End every session."""
        for connection in self._connections:
            await connection.close(timeout=10)

    async def do(self, deed: Deed, given: dict[str, Any]) -> bytes:
        """What the deed answers for a GraphQL input, after its commit."""
        connection = await self._idle.get()
        try:
            async with asyncio.timeout(10), connection.transaction():
                return await deed(connection, given)
        finally:
            self._idle.put_nowait(connection)


async def place(connection: asyncpg.Connection, given: dict[str, Any]) -> bytes:
    """Place the order of a GraphQL input, in a transaction that is open; the answer as GraphQL would give it."""
    order_id = uuid7()
    fingerprint = hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()
    outcome = orjson.dumps({"id": order_id.hex}).decode()
    now = await connection.fetchval(CLAIM, uuid7(), ACTOR, given["idempotencyKey"], fingerprint, outcome)
    if now is None:
        raise Refused("the key is used")
    quantities = {line["sku"]: line["quantity"] for line in given["lines"]}
    found = {row["sku"]: row for row in await connection.fetch(LISTING, given["channel"], list(quantities))}
    if len(found) < len(quantities):
        raise Refused("unknown SKU")
    buyer = given["customer"]
    customer_id = await connection.fetchval(CUSTOMER, buyer["email"])
    if customer_id is None:
        customer_id = uuid7()
        await connection.execute(NEW_CUSTOMER, customer_id, buyer["email"], buyer["name"], buyer.get("phone"), now)
    location, levels = await _set_aside(connection, {found[sku]["id"]: units for sku, units in quantities.items()}, now)
    lines = [
        Line(uuid7(), uuid7(), row["id"], sku, row["title"], units, row["amount_minor"], levels[row["id"]])
        for sku, units in quantities.items()
        for row in (found[sku],)
    ]
    channel = next(iter(found.values()))
    number = "".join(secrets.choice(ALPHABET) for _ in range(12))
    number = f"{number[:4]}-{number[4:8]}-{number[8:]}"
    charges = [(each, _minor(each["amount"]), _minor(each["tax"])) for each in given["charges"]]
    total = sum(line.gross for line in lines) + sum(gross for _, gross, _ in charges)
    currency = channel["currency"]
    await connection.execute(
        ORDER,
        order_id,
        number,
        channel["channel_id"],
        customer_id,
        currency,
        sum(line.gross for line in lines),
        sum(gross for _, gross, _ in charges),
        sum(tax for _, _, tax in charges),
        total,
        given["shippingMethod"],
        now,
    )
    await _write_parts(connection, order_id, currency, lines, charges, given["addresses"])
    payment_id, work_id = uuid7(), uuid7()
    await connection.execute(PAYMENT, payment_id, order_id, given["paymentMethod"], currency, total, now)
    await _write_work(connection, order_id, work_id, location, number, lines, now)
    facts = ["OrderPlaced", "PaymentExpected", "OrderConfirmed", "FulfillmentOrderOpened"]
    subjects = [None, payment_id, None, work_id]
    keys = [uuid7() for _ in facts]
    await connection.execute(LOG, order_id, ACTOR, now, keys, [1, 2, 3, 4], facts, subjects)
    return _answer(order_id, number, total, currency, lines)


async def _set_aside(
    connection: asyncpg.Connection, wanted: dict[UUID, int], now: Any
) -> tuple[UUID, dict[UUID, UUID]]:
    """Lock the levels, take the units at the first location that has all of them; the location and its levels."""
    places: dict[tuple[int, str, UUID], dict[UUID, UUID]] = {}
    for row in await connection.fetch(LEVELS, list(wanted)):
        if row["free"] >= wanted[row["variant_id"]]:
            place = (row["priority"], row["code"], row["location_id"])
            places.setdefault(place, {})[row["variant_id"]] = row["id"]
    able = sorted(place for place, levels in places.items() if len(levels) == len(wanted))
    if not able:
        raise Refused("no location has it all")
    levels = places[able[0]]
    ids = [levels[variant] for variant in wanted]
    changed = await connection.fetch(SET_ASIDE, ids, list(wanted.values()), now)
    if len(changed) != len(wanted):
        raise Refused("sold out")
    facts = [fact for row in changed for fact in _facts_of(row)]
    await connection.execute(STOCK_LOG, ACTOR, now, [uuid7() for _ in facts], *zip(*facts, strict=True))
    return able[0][2], levels


def _facts_of(level: asyncpg.Record) -> list[tuple[str, UUID, str]]:
    """What the feed of stock is told of a level whose units were taken: type, level and data."""
    left, before, mark = level["left"], level["left"] + level["units"], level["low_stock_at"]
    facts: list[tuple[str, dict[str, int]]] = [("StockLevelChanged", {"available_before": before, "available": left})]
    if left == 0:
        facts.append(("StockRanOut", {}))
    elif mark is not None and left <= mark < before:
        facts.append(("StockRanLow", {"available": left}))
    return [(kind, level["id"], orjson.dumps(data).decode()) for kind, data in facts]


async def _write_parts(
    connection: asyncpg.Connection,
    order_id: UUID,
    currency: str,
    lines: list[Line],
    charges: list[tuple[dict[str, Any], int, int]],
    addresses: list[dict[str, Any]],
) -> None:
    ids, skus = [line.id for line in lines], [line.sku for line in lines]
    variants, units = [line.variant_id for line in lines], [line.quantity for line in lines]
    needs = [line.requirement_id for line in lines]
    places, titles = list(range(1, len(lines) + 1)), [line.title for line in lines]
    prices = [line.price for line in lines]
    await connection.execute(LINES, order_id, currency, ids, places, variants, skus, titles, units, prices)
    gross = [line.gross for line in lines]
    await connection.execute(REQUIREMENTS, order_id, currency, needs, ids, variants, skus, units, gross)
    await connection.execute(
        CHARGES,
        order_id,
        currency,
        [uuid7() for _ in charges],
        list(range(1, len(charges) + 1)),
        [each["kind"] for each, _, _ in charges],
        [each["title"] for each, _, _ in charges],
        [tax for _, _, tax in charges],
        [gross for _, gross, _ in charges],
    )
    names = ("kind", "name", "street", "postalCode", "city", "countryCode", "phone")
    columns = [[each.get(name) for each in addresses] for name in names]
    await connection.execute(ADDRESSES, order_id, [uuid7() for _ in addresses], *columns)


async def _write_work(
    connection: asyncpg.Connection, order_id: UUID, work_id: UUID, place: UUID, number: str, lines: list[Line], now: Any
) -> None:
    needs, skus = [line.requirement_id for line in lines], [line.sku for line in lines]
    variants, units = [line.variant_id for line in lines], [line.quantity for line in lines]
    places, levels = [place for _ in lines], [line.level_id for line in lines]
    keys = [[uuid7() for _ in lines] for _ in range(3)]
    await connection.execute(ALLOCATIONS, order_id, keys[0], needs, places, variants, skus, units)
    await connection.execute(WORK, work_id, order_id, place, f"{number}-1", sum(units), now)
    await connection.execute(WORK_LINES, work_id, order_id, keys[1], needs, skus, units)
    await connection.execute(MOVEMENTS, order_id, ACTOR, now, keys[2], levels, units)


def _minor(amount: dict[str, str]) -> int:
    """Cents: the shop sells in euro."""
    whole, cents = amount["amount"].split(".")
    return int(whole) * 100 + int(cents)


def _answer(order_id: UUID, number: str, total: int, currency: str, lines: list[Line]) -> bytes:
    def money(minor: int) -> dict[str, str]:
        return {"amount": f"{minor // 100}.{minor % 100:02}", "currency": currency}

    shown = [
        {"id": f"order_line_{line.id.hex}", "sku": line.sku, "quantity": line.quantity, "gross": money(line.gross)}
        for line in lines
    ]
    order = {"id": f"order_{order_id.hex}", "number": number, "status": "CONFIRMED", "total": money(total)}
    return orjson.dumps({"data": {"orderPlace": {"order": {**order, "lines": shown}, "errors": []}}})
