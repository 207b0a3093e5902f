"""Nothing that is offered becomes slow as orders grow: how PostgreSQL runs every list, and what flows ask for.

Every list of the schema is read in every ordering, and with every filter alone, from books of 30,000 orders. Refused is
reading all of a table, sorting more than a page, or looking at more than fifty rows for one that is given. A new list,
ordering or filter is tested the day it is declared. Where it fails: give the row an index that begins with what is
filtered, then the ordering, then id (a partial one for what is rare); or excuse it below, with the reason.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from tortoise.expressions import Q

from domain.channels.models import ChannelRow
from domain.flows.availability import what_is_available
from domain.flows.end_reservation import ReleaseReservation, release_reservation
from domain.flows.extend_reservation import ExtendReservation, extend_reservation
from domain.flows.place_orders import place_order
from domain.flows.placement import PlaceLine, PlaceOrder
from domain.flows.reserve_stock import ReserveLine, ReserveStock, reserve_stock
from domain.flows.resolve_shortage import LetReservationGo, ResolveShortage, let_reservation_go, resolve_shortage
from domain.flows.set_aside_stock import SetAside, damage_stock
from domain.fulfillment.queries import WATCHED_WORK
from domain.kernel import idempotency, jobs
from domain.kernel.actor import Actor, customer
from domain.kernel.bell import SilentBell
from domain.kernel.database import Dialect, current_connection
from domain.kernel.log import STOCK_FEED, feed_head, stamp, sweep_stock, unstamped
from domain.kernel.models import LogRow
from domain.kernel.runner import Runner
from domain.kernel.stock_stream import StockFeedStream
from domain.kernel.streams import FeedStream, OrderStream, visible_log
from domain.kernel.thing_feed import ThingFeedStream
from domain.kernel.view_stream import ViewStream
from domain.kernel.visibility import EVERYTHING
from domain.reactions import TIMERS
from domain.reservations.models import ReservationLineRow
from domain.returns.queries import WATCHED_RETURNS
from domain.shipping.queries import WATCHED_SHIPMENTS
from domain.stock.models import StockLevelRow
from domain.stock.queries import atp, ledger_pages
from examples.seed import seed_shop
from schema.compiled import CompiledReader
from schema.compiled.compiler import Compiler
from schema.compiled.dialects import writer_of
from schema.compiled.plan import Plan, Request
from server.database import Database, open_database
from server.read_pool import _SESSION
from tests.builders import ADMIN, SCHEMA, execute
from tests.compiled.bazaar import NOON
from tests.compiled.large_books import write_books
from tests.compiled.lists import Asking, Offered, offered_lists
from tests.compiled.plans import Run, run
from tests.compiled.queries import operation_of
from tests.conftest import _postgres_database
from tests.domain import shop

ORDERS = 30_000
FEW_FOR_A_PAGE = 600
MOST_BLOCKS = 700
MOST_PARAMETERS = 50
pytestmark = pytest.mark.timeout(300)  # of books that are written while others use the machine too
LISTS = {each.name: each for each in offered_lists(SCHEMA._schema)}

# What is asked so, and why it may look at more.
EXCUSED = {
    r"Customer\.orders .* by -?placed_at where .*": "It ends with that buyer's orders.",
    r"Customer\.orders .* by -?updated_at.*": "Sorted are one buyer's orders; nearly all buyers have less than a page.",
    r"Query\.orders .* by -?updated_at where (?!updatedAt).*": "To catch up, read the feed: it misses nothing.",
    r"Query\.orders .* by -?placed_at where updatedAt.*": "Two ranges of time, and only one can be walked along.",
    r"Query\.shipments .* where (shippedAt|deliveredAt).*": "As above: a range of createdAt beside it bounds it.",
    r"Query\.(orders|shipments) .* where \w+ noneOf.*": "None of what is common is several things that are rare.",
    r"Query\.orders first by placed_at where origin .*PLACED.*": "Imported history is older than all that was placed.",
    r"Query\.(orders|reservations) .* where customer oneOf.*": "Those of these few buyers are sorted together.",
    r"Query\.supplies .* where kind noneOf.*": "There are two kinds: none of both is nothing.",
    r"\w+\.(stock|products) .*": "They grow with the catalog, not with orders.",
}
COMMON = {
    "open orders, the newest first": "orders(where: {status: {oneOf: [PENDING, CONFIRMED]}}) NODES",
    "open orders, the oldest first": "orders(where: {status: {oneOf: [PENDING, CONFIRMED]}}, orderBy: {field:"
    " PLACED_AT}) NODES",
    "completed orders": "orders(where: {status: {oneOf: [COMPLETED]}}) NODES",
    "orders of a channel in a month": 'orders(where: {channel: {eq: "CHANNEL"}, placedAt: {gte: "2026-03-01T00:00:00Z",'
    ' lt: "2026-04-01T00:00:00Z"}}) NODES',
    "what was placed in a week and is not begun": "orders(where: {fulfillmentStatus: {oneOf: [UNFULFILLED]}, placedAt:"
    ' {gte: "2026-11-14T00:00:00Z"}}) NODES',
    "orders that wait to be paid": "orders(where: {status: {oneOf: [CONFIRMED]}, chargeStatus: {oneOf: [NONE]}}) NODES",
    "a buyer's open orders": 'orders(where: {customer: {eq: "CUSTOMER"}, status: {oneOf: [PENDING, CONFIRMED]}}) NODES',
    "open work of a location": 'fulfillmentOrders(where: {location: {eq: "LOCATION"}, status: {oneOf: [OPEN,'
    " IN_PROGRESS]}}) NODES",
    "open work": "fulfillmentOrders(where: {status: {oneOf: [OPEN, IN_PROGRESS]}}) NODES",
    "what is packed and waits for its carrier": "shipments(where: {status: {oneOf: [PACKED]}}, orderBy: {field:"
    " CREATED_AT}) NODES",
    "returns to approve": "returns(where: {status: {oneOf: [REQUESTED]}}, orderBy: {field: REQUESTED_AT}) NODES",
    "stock of a SKU": 'stock(where: {sku: {eq: "SKU-002500"}}) NODES',
    "the ledger": "stockMovements NODES",
    "the ledger of a SKU": 'stockMovements(where: {sku: {eq: "SKU-000001"}}) NODES',
    "the ledger of a location in a month": 'stockMovements(where: {location: {eq: "LOCATION"}, occurredAt: {gte:'
    ' "2026-03-01T00:00:00Z", lt: "2026-04-01T00:00:00Z"}}) NODES',
    "what was received at a location": 'stockMovements(where: {location: {eq: "LOCATION"}, cause: {oneOf: [RECEIVED]}})'
    " NODES",
    "stock of a location": 'stock(where: {location: {eq: "LOCATION"}}) NODES',
    "supplies that are on their way": "supplies(where: {status: {oneOf: [CONFIRMED, PARTIALLY_RECEIVED]}}) NODES",
    "supplies of a location": 'supplies(where: {location: {eq: "LOCATION"}}) NODES',
    "an order by its number": 'order(by: {number: "NUMBER"}) { id lines { sku } events(first: 20) { nodes { id } } }',
    "an order by its name in its channel": 'order(by: {externalReference: {channel: "channel-1", reference:'
    ' "REF-15001"}}) { id }',
    "a page with all that is on it": "orders(first: 20) { nodes { number total { amount } customer { name } lines { sku"
    " quantity } shipments(first: 5) { nodes { carrier parcels { trackingNumber } } } } }",
}


@pytest.fixture(scope="module")
async def large_url(
    postgres_server: str, postgres_admin: asyncpg.Connection, postgres_template: str
) -> AsyncIterator[str]:
    """The URL of a PostgreSQL database with large books, which all tests read."""
    async with _postgres_database(postgres_server, postgres_admin, postgres_template) as url:
        connection = await asyncpg.connect(url)
        await write_books(connection, ORDERS)
        await connection.close()
        yield url


@pytest.fixture
async def large_books(large_url: str) -> AsyncIterator[Database]:
    """The large books, open."""
    async with open_database(large_url) as opened:
        yield opened


@pytest.fixture
async def reading(large_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to them like those of the read pool."""
    connection = await asyncpg.connect(large_url, statement_cache_size=0, server_settings=_SESSION)
    yield connection
    await connection.close()


def compiled(query: str, actor: Actor = ADMIN, dialect: Dialect = Dialect.POSTGRES) -> tuple[Plan, Sequence[Any]]:
    """The statement that answers the query, and its parameters."""
    operation = operation_of(query)
    request = Request(operation.coerced({}), actor.scope)
    plan = Compiler(SCHEMA, operation.document, request, writer_of(dialect)).compile(operation.definition)
    return plan, plan.parameters(request)


async def ran(connection: asyncpg.Connection, query: str, actor: Actor = ADMIN) -> Run:
    plan, parameters = compiled(query, actor)
    return await run(connection, plan.sql, parameters)


async def faults_of(connection: asyncpg.Connection, listed: Offered) -> dict[str, list[str]]:
    """What is wrong with the queries of a list, by their names."""
    found = {}
    async for asked in Asking(connection, listed).queries():
        if faults := (await ran(connection, asked.query)).faults():
            found[asked.name] = faults
    return found


@pytest.mark.usefixtures("large_books")
async def test_every_list_is_read_along_an_index_in_every_ordering_and_with_every_filter_alone(
    reading: asyncpg.Connection,
) -> None:
    assert len(LISTS) > 10
    faults: dict[str, list[str]] = {}
    for listed in LISTS.values():
        faults |= await faults_of(reading, listed)
    excuses = {name: [each for each in EXCUSED if re.fullmatch(each, name)] for name in faults}
    unexcused = {name: faults[name] for name, found in excuses.items() if not found}
    assert not unexcused, "give it an index, or a reason (see the top of this file)"
    needed = {each for found in excuses.values() for each in found}
    assert set(EXCUSED) == needed, "an excuse that nothing needs any more"


@pytest.mark.usefixtures("large_books")
@pytest.mark.parametrize("name", COMMON)
async def test_what_people_ask_for_every_day_looks_at_few_rows(name: str, reading: asyncpg.Connection) -> None:
    words = {
        "NODES": "{ nodes { id } pageInfo { hasNextPage } }",
        "CHANNEL": await _id(reading, "channel", "select id from channels order by code offset 1"),
        "LOCATION": await _id(reading, "location", "select id from locations order by code offset 2"),
        "CUSTOMER": await _id(reading, "customer", "select id from customers order by id limit 1"),
        "NUMBER": await reading.fetchval("select number from orders order by id offset 15000 limit 1"),
    }
    query = COMMON[name]
    for word, text in words.items():
        query = query.replace(word, text)
    found = await ran(reading, f"{{ {query} }}")
    assert found.faults(FEW_FOR_A_PAGE) == []
    assert found.blocks < MOST_BLOCKS


@pytest.mark.usefixtures("large_books")
async def test_single_orders_are_found_by_their_keys_and_looked_into_only_when_they_changed(
    reading: asyncpg.Connection,
) -> None:
    said, turn = [], asyncio.Lock()

    async def fetch(sql: str, parameters: Sequence[Any]) -> bytes | None:
        async with turn:
            said.append(await run(reading, sql, parameters))
            found: bytes | None = await reading.fetchval(sql, *parameters)
            return found

    reader = CompiledReader(SCHEMA, Dialect.POSTGRES, fetch)
    operation = operation_of(
        "query ($id: ID!) { order(by: {id: $id}) { number customer { name } lines { sku quantity } } }"
    )
    keys = [row["id"].hex for row in await reading.fetch("select id from orders order by id offset 15000 limit 20")]
    for _ in range(2):
        reads = (reader.read(operation, {"id": f"order_{key}"}, ADMIN.scope) for key in keys)
        answers = await asyncio.gather(*reads)
        assert all(b'"sku"' in each for each in answers)
    *first, again = said
    assert [each.faults(FEW_FOR_A_PAGE) for each in said] == [[]] * len(said)
    assert again.looked_at == 2 * len(keys)  # the orders and their customers
    assert sum(each.looked_at for each in first) > again.looked_at


@pytest.mark.usefixtures("large_books")
@pytest.mark.parametrize("root", ["orders", "shipments", "returns", "reservations"])
async def test_a_buyer_finds_their_own_without_looking_at_those_of_others(
    root: str, reading: asyncpg.Connection
) -> None:
    buyer = customer(
        await reading.fetchval("select customer_id from orders where number is not null offset 100 limit 1")
    )
    found = await ran(reading, f"{{ {root} {{ nodes {{ id }} pageInfo {{ hasNextPage }} }} }}", buyer)
    assert found.faults() == []


@pytest.mark.usefixtures("large_books")
async def test_the_usual_way_reads_pages_along_the_same_indexes(reading: asyncpg.Connection) -> None:
    with statements() as said:
        for query in (COMMON["a page with all that is on it"], COMMON["open work"]):
            result = await execute(ADMIN, f"{{ {query.replace('NODES', '{ nodes { id } }')} }}")
            assert result.errors is None
    assert len(said) >= 5
    assert await faults_of_statements(reading, said) == {}


async def test_no_flow_no_worker_and_no_stream_reads_more_the_more_orders_there_are(
    large_url: str, postgres_server: str, postgres_admin: asyncpg.Connection
) -> None:
    template = large_url.rpartition("/")[2]
    async with _postgres_database(postgres_server, postgres_admin, template) as url, open_database(url):
        with statements() as said:
            await seed_shop(Runner(SilentBell()), NOON, orders=40)
            for feed in await unstamped():
                while await stamp(feed):
                    pass
            await jobs.claim("worker")
            await _live_baskets_lives()
            await jobs.sweep(NOON - timedelta(days=800))
            await idempotency.sweep(NOON - timedelta(days=800))
            await sweep_stock(NOON - timedelta(days=800))
            stock = StockFeedStream(EVERYTHING, Q(sku="SKU-002500"))
            await stock.read(await feed_head(STOCK_FEED) // 2)
            await stock.keeps(1)
            [page async for page in ledger_pages(Q(sku="SKU-002500"), NOON)]
            await FeedStream(visible_log(ADMIN.scope), EVERYTHING).read(await feed_head() // 2)
            await FeedStream(visible_log(ADMIN.scope), EVERYTHING).keeps(1)
            for things in (WATCHED_WORK, WATCHED_SHIPMENTS, WATCHED_RETURNS):
                await ThingFeedStream(things, visible_log(ADMIN.scope), EVERYTHING).read(await feed_head() // 2)
            last = await LogRow.all().order_by("-id").first()
            assert last
            await ViewStream(OrderStream(last.order_id, EVERYTHING, ADMIN.scope)).read(0)
            found = await what_is_available(ADMIN, "channel-1", [f"SKU-{n:06}" for n in range(950, 970)])
            assert found
            assert sum(len(each.steps or ()) for each in found) > 20
        connection = await asyncpg.connect(url, statement_cache_size=0)
        assert len(said) > 60
        assert await faults_of_statements(connection, said) == {}
        await connection.close()


async def _live_baskets_lives() -> None:
    """One is given back by the next who promises, one is extended and taken, one given up, one expires, one let go."""
    sku, channel = (await StockLevelRow.filter(on_hand__gt=50).first()).sku, await ChannelRow.get(code="web-de")  # type: ignore[union-attr]
    basket = ReserveStock(channel.code, (ReserveLine(sku, 1),))
    late, taken, given_up = [await shop.run(reserve_stock, basket) for _ in range(3)]
    await shop.let_its_time_pass(late)
    await shop.run(reserve_stock, basket)
    await shop.run(extend_reservation, ExtendReservation(taken))
    await shop.run(release_reservation, ReleaseReservation(given_up))
    await shop.run(
        place_order, PlaceOrder(channel.code, (PlaceLine(sku, 1, unit_price_minor=100),), reservation_id=taken)
    )
    await TIMERS["reservations"](shop.RUNNER)
    let_go = await shop.run(reserve_stock, basket)
    held = await ReservationLineRow.get(reservation_id=let_go).select_related("level")
    await shop.run(damage_stock, SetAside(sku, held.level.location_id, atp(held.level) + 1))
    assert await shop.run(resolve_shortage, ResolveShortage(held.level_id)) == 1
    await shop.run(let_reservation_go, LetReservationGo(let_go, held.level_id))


@pytest.mark.usefixtures("large_books")
async def test_a_list_is_counted_only_when_its_count_is_selected(reading: asyncpg.Connection) -> None:
    page = "orders(first: 5) { nodes { id } pageInfo { hasNextPage endCursor } %s }"
    assert (await ran(reading, f"{{ {page % ''} }}")).looked_at <= 6
    assert (await ran(reading, f"{{ {page % 'totalCount'} }}")).looked_at >= ORDERS
    for more, counts in (("", 0), ("totalCount", 1)):
        with statements() as said:
            assert (await execute(ADMIN, f"{{ {page % more} }}")).errors is None
        assert sum("COUNT(" in sql.upper() for sql in said) == counts


@contextmanager
def statements() -> Iterator[dict[str, Sequence[Any]]]:
    """What Tortoise asks the database within the block: each statement, with the parameters it had last."""
    said: dict[str, Sequence[Any]] = {}

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if isinstance(record.args, tuple) and len(record.args) == 2:
                sql, values = record.args
                said[str(sql)] = values or ()  # type: ignore[assignment]

    log, listener = logging.getLogger("tortoise.db_client"), Listener()
    level = log.level
    log.addHandler(listener)
    log.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        log.removeHandler(listener)
        log.setLevel(level)


async def faults_of_statements(connection: asyncpg.Connection, said: dict[str, Sequence[Any]]) -> dict[str, list[str]]:
    """What is wrong with these statements; passed by are those that only add rows, and those about a hundred things."""
    found = {}
    for sql, values in said.items():
        if sql.startswith(("INSERT", "WITH part_0")) or len(values) > MOST_PARAMETERS:
            continue
        if faults := (await run(connection, sql, values, is_generic=False)).faults():
            found[sql] = faults
    return found


async def _id(connection: asyncpg.Connection, prefix: str, sql: str) -> str:
    return f"{prefix}_{(await connection.fetchval(sql)).hex}"


ON_SQLITE = {
    "orders { nodes { id } }": "orders_placed",
    "orders(orderBy: {field: UPDATED_AT}) { nodes { id } }": "orders_updated",
    "orders(where: {status: {oneOf: [COMPLETED]}}) { nodes { id } }": "orders_status",
    'orders(where: {customer: {eq: "customer_%s"}}) { nodes { id } }': "orders_custome",
    'order(by: {externalReference: {channel: "web", reference: "REF-1"}}) { id }': "orders_external_reference",
    'order(by: {number: "NUMBER"}) { id }': "sqlite_autoindex_orders",
    'fulfillmentOrders(where: {location: {eq: "location_%s"}}) { nodes { id } }': "fulfillment_locatio",
    "shipments { nodes { id } }": "shipments_created",
    "returns(where: {status: {oneOf: [REQUESTED]}}) { nodes { id } }": "returns_status",
    "stockMovements { nodes { id } }": "stock_movem_occurre",
    'stockMovements(where: {sku: {eq: "MUG"}}) { nodes { id } }': "stock_movem_sku",
    'stockMovements(where: {location: {eq: "location_%s"}}) { nodes { id } }': "stock_movem_locatio",
    "stockMovements(where: {cause: {oneOf: [DAMAGED]}}) { nodes { id } }": "stock_movem_occurre",
    "supplies { nodes { id } }": "supplies_created",
    "stock { nodes { id } }": "stock_level_sku",
    'stock(where: {location: {eq: "location_%s"}}) { nodes { id } }': "stock_level_locatio",
}


@pytest.mark.usefixtures("sqlite_database")
@pytest.mark.parametrize("query", ON_SQLITE)
async def test_sqlite_reads_the_main_lists_along_an_index_and_sorts_none(query: str) -> None:
    plan, parameters = compiled(f"{{ {query.replace('%s', '0' * 32)} }}", dialect=Dialect.SQLITE)
    rows = await current_connection().execute_query_dict(f"EXPLAIN QUERY PLAN {plan.sql}", list(parameters))
    steps = [row["detail"] for row in rows]
    [read] = [n for n, step in enumerate(steps) if ON_SQLITE[query] in step]
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps[read : read + 2], steps
