"""What an order left in the tables, in words that are the same for the same order placed twice."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

# Every table with rows of an order. Its keys, times, number and actor are different each time.
TABLES = (
    "order_lines",
    "requirements",
    "charges",
    "order_addresses",
    "allocations",
    "fulfillment_orders",
    "fulfillment_order_lines",
    "payments",
    "stock_movements",
    "log",
    "jobs",
)
OWN = ("number", "actor", "principal", "key", "fingerprint", "outcome")
# References to what is the same for both.
SHARED = ("channel_id", "customer_id", "variant_id", "location_id", "level_id")

Rows = Mapping[str, list[dict[str, Any]]]


async def rows_of(connection: asyncpg.Connection, order_id: UUID) -> Rows:
    """The rows of the order, by table; and the idempotency key that its placing was bound to."""
    found = {"orders": await connection.fetch("SELECT * FROM orders WHERE id = $1", order_id)}
    for table in TABLES:
        owned = (
            "payload::text LIKE '%' || replace($1::uuid::text, '-', '') || '%'" if table == "jobs" else "order_id = $1"
        )
        found[table] = await connection.fetch(f"SELECT * FROM {table} WHERE {owned}", order_id)
    # The feed of stock knows levels and no orders: what was told at the same moment.
    moved = "SELECT level_id, occurred_at FROM stock_movements WHERE order_id = $1"
    told = f"SELECT * FROM stock_log WHERE (level_id, occurred_at) IN ({moved})"
    found["stock_log"] = await connection.fetch(told, order_id)
    bound = "SELECT * FROM idempotency_keys WHERE outcome ->> 'id' = replace($1::uuid::text, '-', '')"
    found["idempotency_keys"] = await connection.fetch(bound, order_id)
    return {table: sorted(map(plain, rows), key=repr) for table, rows in found.items()}


def plain(row: asyncpg.Record) -> dict[str, Any]:
    """The row without what differs each time. References to the shop's own things are kept: they must be the same."""
    kept = {}
    for name, value in row.items():
        if name in OWN:
            value = value is not None
        elif name == "position" and "occurred_at" in row:
            value = "a place in the feed"  # stamped after the commit, sooner or later
        elif name == "data" and "available_before" in value:
            # What is left is different each time, what was taken is not.
            value = {"taken": (told := orjson.loads(value))["available_before"] - told["available"]}
        elif isinstance(value, datetime):
            value = "a time"
        elif isinstance(value, UUID) and name not in SHARED:
            value = "a key"
        kept[name] = value
    return kept
