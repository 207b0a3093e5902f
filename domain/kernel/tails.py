"""Tails: what follows places in the logs of many orders, in one statement for all who ask in one turn of the loop."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.kernel.gathering import Gathering
from domain.kernel.ids import id_of
from domain.kernel.models import LogRow
from domain.kernel.streams import PAGE_ROWS, OrderStream, Page, orders

READ_TOGETHER = 500

_ASKED = {
    Dialect.POSTGRES: "unnest($1::uuid[], $2::int[]) AS asked(order_id, place)",
    Dialect.SQLITE: "(SELECT json_extract(value, '$[0]') AS order_id, json_extract(value, '$[1]') AS place"
    " FROM json_each(?)) AS asked",
}
# One row at least for each place of an order that is there: its head says whether the place is in its stream at all.
_TAILS = f"""
SELECT "owner".id AS of_order, asked.place AS behind, "owner".version AS head, "owner".customer_id AS owner_id, "log".*
FROM {{asked}} JOIN "{{orders}}" AS "owner" ON "owner".id = asked.order_id
LEFT JOIN "log" ON "log".order_id = "owner".id
  AND "log".sequence > asked.place AND "log".sequence <= asked.place + {PAGE_ROWS}
ORDER BY "owner".id, asked.place, "log".sequence
"""


@dataclass
class Tail:
    """What follows a place: at most a page of events, where the order's stream ends, and whose order it is."""

    head: int
    owner_id: UUID | None
    events: list[LogRow] = field(default_factory=list)


Place = tuple[UUID, int]


class Tails:
    """Reads tails. Those asked for in one turn of the loop are read together, whoever asks."""

    def __init__(self) -> None:
        self._gathering: Gathering[Place, Tail] = Gathering(READ_TOGETHER)

    async def page(self, stream: OrderStream, place: int) -> Page[LogRow] | None:
        """What `stream.read(place)` gives, read together with what others ask now. Raises the database's errors."""
        tail = await self._gathering.ask((stream.order_id, place), _read)
        if tail is None or place > tail.head:
            return None
        seen = [event for event in tail.events if stream.shows(event, tail.owner_id)]
        last = place + len(tail.events)  # sequences have no gaps
        return Page(seen, last, is_last=len(tail.events) < PAGE_ROWS)


async def _read(places: Sequence[Place]) -> dict[Place, Tail]:
    connection = current_connection()
    dialect = dialect_of(connection)
    sql = _TAILS.format(asked=_ASKED[dialect], orders=orders()._meta.db_table)
    if dialect is Dialect.POSTGRES:
        values: list[Any] = [[order_id for order_id, _ in places], [place for _, place in places]]
    else:
        values = [orjson.dumps([(str(order_id), place) for order_id, place in places]).decode()]
    tails: dict[Place, Tail] = {}
    grouped: defaultdict[tuple[Any, int], list[Any]] = defaultdict(list)
    for row in await connection.execute_query_dict(sql, values):
        grouped[row["of_order"], row["behind"]].append(row)
    for (order_id, place), rows in grouped.items():
        owner_id = rows[0]["owner_id"]
        events = [LogRow._init_from_db(**row) for row in rows if row["sequence"] is not None]
        tails[id_of(order_id), place] = Tail(rows[0]["head"], id_of(owner_id) if owner_id else None, events)
    return tails
