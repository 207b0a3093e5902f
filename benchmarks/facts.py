"""What requests are drawn from: ids, places in the list, SKUs, buyers and parcels of a filled database."""

import asyncio
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import asyncpg

# How many orders one workload asks for.
DRAWN = 2_000
# Deep pages begin behind this part of all orders, and end before that one. They do not overlap: 2,000 of them show
# 40,000 orders, so that whoever keeps what it has read meets most of them for the first time.
DEEP = (0.5, 0.95)
DEEP_PAGES = 2_000
PAGE = 20


@dataclass(frozen=True)
class Place:
    """An order as the end of a page: its key in hex, and its time to the microsecond, ISO 8601 with Z."""

    key: str
    at: str


@dataclass(frozen=True)
class Facts:
    """Samples, drawn the same way each time."""

    orders: list[Place]
    deep: list[Place]
    skus: list[str]
    emails: list[str]
    parcels: list[str]

    def write(self, path: Path) -> None:
        """Keep them where another process can read them."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Facts":
        """Those that were written there."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        for name in ("orders", "deep"):
            kept[name] = [Place(**each) for each in kept[name]]
        return cls(**kept)


async def draw(url: str, deep_pages: int = DEEP_PAGES) -> Facts:
    """Facts of the database at `url`, with at most so many deep pages."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        async with asyncio.timeout(120):
            return await _drawn(connection, deep_pages)
    finally:
        await connection.close(timeout=10)


async def _drawn(connection: asyncpg.Connection, deep_pages: int) -> Facts:
    shipped = "SELECT id, placed_at FROM orders WHERE fulfillment_status <> 'UNFULFILLED'"
    newest = f"{shipped} ORDER BY placed_at DESC LIMIT {DRAWN}"
    all_orders = await connection.fetchval("SELECT count(*) FROM orders")
    first, last = (int(all_orders * part) for part in DEEP)
    apart = max(PAGE, (last - first) // deep_pages)
    deep = (
        "SELECT id, placed_at FROM (SELECT id, placed_at, row_number() OVER (ORDER BY placed_at DESC, id DESC) AS n"
        f" FROM orders) AS numbered WHERE n BETWEEN {first} AND {last} AND n % {apart} = 0"
        f" ORDER BY n LIMIT {deep_pages}"
    )
    return Facts(
        [_place(row) for row in await connection.fetch(newest)],
        [_place(row) for row in await connection.fetch(deep)],
        [row["sku"] for row in await connection.fetch("SELECT sku FROM variants ORDER BY sku")],
        [row["email"] for row in await connection.fetch("SELECT email FROM customers ORDER BY email LIMIT 20000")],
        [
            row["tracking_number"]
            for row in await connection.fetch(
                "SELECT tracking_number FROM parcels WHERE outcome = 'OPEN' ORDER BY id DESC LIMIT 20000"
            )
        ],
    )


def _place(row: Any) -> Place:
    at = row["placed_at"].replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return Place(row["id"].hex, at)
