"""Which orders are watched: every process of a run reads them from the same file, and names them by their place."""

import asyncio
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import asyncpg

# One parcel on its way of each: that is what is scanned.
ORDERS = """
SELECT DISTINCT ON (orders.id) replace(orders.id::text, '-', '') AS order, replace(parcels.id::text, '-', '') AS parcel,
  orders.number, orders.status
FROM orders JOIN parcels ON parcels.order_id = orders.id ORDER BY orders.id DESC LIMIT $1"""


class TooFewOrders(Exception):
    """The database has not as many orders with parcels as are to be watched."""


@dataclass(frozen=True)
class Watched:
    """An order and a parcel of it, by their keys in hex, and what messages show of the order."""

    order: str
    parcel: str
    number: str
    status: str

    @property
    def id(self) -> str:
        """The order's id in the API."""
        return f"order_{self.order}"


def draw(url: str, count: int) -> list[Watched]:
    """So many orders of the database at `url`. Raises TooFewOrders."""
    found = asyncio.run(_drawn(url, count))
    if len(found) < count:
        raise TooFewOrders(f"there are {len(found)} orders with parcels, and {count} are to be watched")
    return found


def write(path: Path, watched: list[Watched]) -> None:
    """Keep them where the other processes read them."""
    path.write_text(json.dumps([asdict(each) for each in watched]), encoding="utf-8")


def read(path: Path) -> list[Watched]:
    """Those that were written there."""
    return [Watched(**each) for each in json.loads(path.read_text(encoding="utf-8"))]


async def _drawn(url: str, count: int) -> list[Watched]:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return [Watched(**row) for row in await connection.fetch(ORDERS, count, timeout=60)]
    finally:
        await connection.close(timeout=10)
