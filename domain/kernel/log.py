"""The log: facts written in the commit that made them true, in order per order, and stamped for the feed."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID

from tortoise.expressions import F
from tortoise.transactions import in_transaction

from domain.kernel.bell import Ring
from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.kernel.events import OrderFact, StockFact
from domain.kernel.ids import id_of
from domain.kernel.models import FeedHeadRow, LogRow, StockLogRow
from domain.kernel.rows import Row
from domain.kernel.sets import Addition, add

# The feeds: of all orders, and of stock. Each has a head, whose lock is taken last, and the two in this order.
FEED, STOCK_FEED = 1, 2
STAMPED_AT_ONCE = 1000
STOCK_KEPT_FOR = timedelta(days=30)
SWEPT_AT_ONCE, MOST_SWEPT = 1000, 50_000
# What the log writes of an order.
HEAD = ("version", "revision", "updated_at")


def _orders() -> type[Row]:
    """The row whose `version` is the head of each stream: named by the log's own foreign key."""
    related: type[Row] = LogRow._meta.fields_map["order"].related_model  # type: ignore[attr-defined]
    return related


async def entries(
    facts: Sequence[OrderFact], principal: Callable[[UUID], str], now: datetime, written: Mapping[UUID, Any]
) -> tuple[list[LogRow], list[Ring]]:
    """The facts' rows, behind those of their orders, whose versions are raised here; and where each stream now ends.

    The caller holds the orders' locks. `written` are the rows of orders that the caller writes next, their `HEAD` too.
    On SQLite, where writers are one at a time, the feed is stamped here.
    """
    if not facts:
        return [], []
    per_order, edits = Counter(fact.order_id for fact in facts), Counter[UUID]()
    edits.update({fact.order_id for fact in facts if fact.edits})
    heads = await _raise_versions({each: per_order[each] for each in per_order if each not in written}, edits, now)
    for order_id, order in written.items():
        order.version, order.revision = order.version + per_order[order_id], order.revision + edits[order_id]
        order.updated_at, heads[order_id] = now, order.version
    added, rows = Counter[UUID](), []
    for fact in facts:
        added[fact.order_id] += 1
        rows.append(
            LogRow(
                order_id=fact.order_id,
                sequence=heads[fact.order_id] - per_order[fact.order_id] + added[fact.order_id],
                type=type(fact).__name__,
                subject_id=fact.subject_id,
                data=fact.data,
                actor=principal(fact.order_id),
                occurred_at=now,
            )
        )
    if dialect_of(current_connection()) is Dialect.SQLITE:
        await _give_positions(FEED, rows)
    return rows, [Ring(order_id, head) for order_id, head in heads.items()]


async def _raise_versions(events: Mapping[UUID, int], edits: Mapping[UUID, int], now: datetime) -> dict[UUID, int]:
    units = {order_id: {"version": count, "revision": edits[order_id]} for order_id, count in events.items()}
    raised = await add(Addition(_orders(), units, now=now), returning=("version",))
    assert raised.keys() == units.keys(), "a fact about an order that does not exist"
    return {order_id: version for order_id, (version,) in raised.items()}


async def stock_entries(facts: Sequence[StockFact], principal: str, now: datetime) -> list[StockLogRow]:
    """The facts' rows for the feed of stock. On SQLite, where writers are one at a time, it is stamped here."""
    rows = [
        StockLogRow(
            type=type(fact).__name__,
            level_id=fact.level_id,
            subject_id=fact.subject_id,
            data=fact.data,
            actor=principal,
            occurred_at=now,
        )
        for fact in facts
    ]
    if rows and dialect_of(current_connection()) is Dialect.SQLITE:
        await _give_positions(STOCK_FEED, rows)
    return rows


async def _give_positions(feed: int, rows: Sequence[LogRow] | Sequence[StockLogRow]) -> None:
    first = await _advance_head(feed, len(rows)) - len(rows)
    for n, row in enumerate(rows, 1):
        row.position = first + n


async def _advance_head(feed: int, count: int) -> int:
    if not await FeedHeadRow.filter(id=feed).update(position=F("position") + count):
        await FeedHeadRow.create(id=feed, position=count)
        return count
    head = await FeedHeadRow.get(id=feed)
    return int(head.position)


async def feed_head(feed: int = FEED) -> int:
    """The last stamped position of a feed; 0 before the first."""
    head = await FeedHeadRow.get_or_none(id=feed)
    return head.position if head else 0


async def feed_heads() -> dict[int, int]:
    """The last stamped position of each feed, in one statement; 0 before the first."""
    return dict.fromkeys(_FRESH, 0) | dict(await FeedHeadRow.all().values_list("id", "position"))


async def grown_behind(position: int, *, most: int) -> dict[UUID, int] | None:
    """The orders with events behind this position of the feed, or without a position yet, each with the last sequence.

    None when there are more than `most`: then it is as cheap to look at everything.
    """
    rows = await current_connection().execute_query_dict(
        f"SELECT order_id, max(sequence) AS head FROM (SELECT order_id, sequence FROM log WHERE position > {position}"
        f" UNION ALL SELECT order_id, sequence FROM log WHERE position IS NULL) AS grown GROUP BY order_id"
        f" LIMIT {most + 1}"
    )
    return None if len(rows) > most else {id_of(row["order_id"]): row["head"] for row in rows}


# What waits for its position: a lower sequence of an order first, and of stock what was written first.
_FRESH = {FEED: ("log", "sequence, id"), STOCK_FEED: ("stock_log", "id")}


async def unstamped() -> list[int]:
    """The feeds with committed facts that have no position: one look for all of them, along indexes of just those."""
    looks = ", ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE position IS NULL) AS f{n}" for n, (table, _) in _FRESH.items()
    )
    [row] = await current_connection().execute_query_dict(f"SELECT {looks}")
    return [feed for feed in _FRESH if row[f"f{feed}"]]


async def stamp(feed: int = FEED) -> int:
    """Give the next positions to committed facts that have none, at most 1,000; how many there were.

    One process at a time holds the head's lock until its positions are committed, so whoever has read up to a position
    has missed nothing before it. Within an order, sequence order is kept: a lower sequence is always stamped first.
    """
    table, order = _FRESH[feed]
    async with in_transaction() as connection:
        if dialect_of(connection) is Dialect.SQLITE:
            return 0
        locked = f"SELECT 1 FROM feed_head WHERE id = {feed} FOR UPDATE"
        if not await connection.execute_query_dict(locked):
            await connection.execute_query(
                f"INSERT INTO feed_head (id, position) VALUES ({feed}, 0) ON CONFLICT DO NOTHING"
            )
            await connection.execute_query_dict(locked)
        [row] = await connection.execute_query_dict(
            # By where they stand: nobody but who has the head's lock ever moves them.
            f"WITH stamped AS (UPDATE {table}"
            f" SET position = (SELECT position FROM feed_head WHERE id = {feed}) + fresh.n"
            f" FROM (SELECT ctid AS place, row_number() OVER (ORDER BY {order}) AS n FROM {table}"
            f" WHERE position IS NULL ORDER BY {order} LIMIT {STAMPED_AT_ONCE}) AS fresh"
            f" WHERE {table}.ctid = fresh.place RETURNING 1),"
            f" counted AS (SELECT count(*) AS n FROM stamped)"
            f" UPDATE feed_head SET position = position + n FROM counted WHERE id = {feed} RETURNING n"
        )
        return int(row["n"])


async def sweep_stock(now: datetime) -> int:
    """Forget facts about stock that are past their 30 days, the oldest first; how many there were. Orders' stay.

    What is forgotten is a beginning of the feed: nothing is missing behind the first fact that is kept.
    """
    swept = 0
    stamped = StockLogRow.filter(position__isnull=False).order_by("position")
    while swept < MOST_SWEPT:
        oldest = await stamped.limit(SWEPT_AT_ONCE).values_list("position", "occurred_at")
        past = list(takewhile(lambda each: each[1] < now - STOCK_KEPT_FOR, oldest))
        if past:
            await StockLogRow.filter(position__lte=past[-1][0]).delete()
        swept += len(past)
        if len(past) < SWEPT_AT_ONCE:
            break
    return swept
