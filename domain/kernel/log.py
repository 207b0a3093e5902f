"""The log: facts written in the commit that made them true, in order per order, and stamped for the feed."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import F
from tortoise.models import Model
from tortoise.transactions import in_transaction

from domain.kernel.bell import Ring
from domain.kernel.database import Dialect, dialect_of
from domain.kernel.events import OrderFact
from domain.kernel.models import FeedHeadRow, LogRow

FEED = 1
STAMPED_AT_ONCE = 1000


def _orders() -> type[Model]:
    """The row whose `version` is the head of each stream: named by the log's own foreign key."""
    related: type[Model] = LogRow._meta.fields_map["order"].related_model  # type: ignore[attr-defined]
    return related


async def append(connection: Any, actor: str, now: datetime, facts: Sequence[OrderFact]) -> list[Ring]:
    """Write the facts behind those of their orders and raise the orders' versions; the caller holds the orders' locks.

    Returns where each stream now ends. On SQLite, where writers are one at a time, the feed is stamped here.
    """
    if not facts:
        return []
    heads = await _raise_versions(facts, now)
    added, rows = Counter[UUID](), []
    per_order = Counter(fact.order_id for fact in facts)
    for fact in facts:
        added[fact.order_id] += 1
        rows.append(
            LogRow(
                order_id=fact.order_id,
                sequence=heads[fact.order_id] - per_order[fact.order_id] + added[fact.order_id],
                type=type(fact).__name__,
                subject_id=fact.subject_id,
                data=fact.data,
                actor=actor,
                occurred_at=now,
            )
        )
    if dialect_of(connection) is Dialect.SQLITE:
        first = await _advance_head(len(rows)) - len(rows)
        for n, row in enumerate(rows, 1):
            row.position = first + n
    await LogRow.bulk_create(rows, batch_size=500)
    return [Ring(order_id, head) for order_id, head in heads.items()]


async def _raise_versions(facts: Sequence[OrderFact], now: datetime) -> dict[UUID, int]:
    events, edited = Counter(fact.order_id for fact in facts), {fact.order_id for fact in facts if fact.edits}
    alike: dict[tuple[int, bool], list[UUID]] = defaultdict(list)
    for order_id, count in events.items():
        alike[count, order_id in edited].append(order_id)
    orders = _orders()
    for (count, is_edit), order_ids in sorted(alike.items()):
        found = await orders.filter(id__in=sorted(order_ids)).update(
            version=F("version") + count, revision=F("revision") + int(is_edit), updated_at=now
        )
        assert found == len(order_ids), "a fact about an order that does not exist"
    return dict(await orders.filter(id__in=list(events)).values_list("id", "version"))


async def _advance_head(count: int) -> int:
    if not await FeedHeadRow.filter(id=FEED).update(position=F("position") + count):
        await FeedHeadRow.create(id=FEED, position=count)
        return count
    head = await FeedHeadRow.get(id=FEED)
    return int(head.position)


async def feed_head() -> int:
    """The last stamped position; 0 before the first."""
    head = await FeedHeadRow.get_or_none(id=FEED)
    return head.position if head else 0


async def stamp() -> int:
    """Give the next positions to committed facts that have none, at most 1,000; how many there were.

    One process at a time holds the head's lock until its positions are committed, so whoever has read up to a position
    has missed nothing before it. Within an order, sequence order is kept: a lower sequence is always stamped first.
    """
    async with in_transaction() as connection:
        if dialect_of(connection) is Dialect.SQLITE:
            return 0
        await connection.execute_query(
            f"INSERT INTO feed_head (id, position) VALUES ({FEED}, 0) ON CONFLICT DO NOTHING"
        )
        await FeedHeadRow.filter(id=FEED).select_for_update().get()
        stamped, _ = await connection.execute_query(
            "UPDATE log SET position = feed_head.position + fresh.n FROM feed_head, (SELECT id,"
            " row_number() OVER (ORDER BY sequence, id) AS n FROM log WHERE position IS NULL"
            f" ORDER BY sequence, id LIMIT {STAMPED_AT_ONCE}) AS fresh"
            f" WHERE log.id = fresh.id AND feed_head.id = {FEED}"
        )
        if stamped:
            await FeedHeadRow.filter(id=FEED).update(position=F("position") + stamped)
        return stamped
