"""Tails: what follows places in the logs of many orders, in one statement for all who ask in one turn of the loop."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from uuid import UUID

import orjson

from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.kernel.ids import id_of
from domain.kernel.models import LogRow
from domain.kernel.streams import PAGE_ROWS, OrderStream, Page, orders

READ_TOGETHER = 500

_ASKED = {
    Dialect.POSTGRES: "unnest($1::uuid[], $2::int[]) AS asked(order_id, place)",
    Dialect.SQLITE: "(SELECT json_extract(value, '$[0]') AS order_id, json_extract(value, '$[1]') AS place"
    " FROM json_each(?)) AS asked",
}
# One row at least for each order that is there: its head says whether the place is in its stream at all.
_TAILS = f"""
SELECT "owner".id AS of_order, "owner".version AS head, "owner".customer_id AS owner_id, "log".*
FROM {{asked}} JOIN "{{orders}}" AS "owner" ON "owner".id = asked.order_id
LEFT JOIN "log" ON "log".order_id = "owner".id
  AND "log".sequence > asked.place AND "log".sequence <= asked.place + {PAGE_ROWS}
ORDER BY "owner".id, "log".sequence
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
        self._asked: dict[Place, list[asyncio.Future[Tail | None]]] = {}
        self._reading: set[asyncio.Task[None]] = set()

    async def page(self, stream: OrderStream, place: int) -> Page[LogRow] | None:
        """What `stream.read(place)` gives, read together with what others ask now. Raises the database's errors."""
        tail = await self._tail((stream.order_id, place))
        if tail is None or place > tail.head:
            return None
        seen = [event for event in tail.events if stream.shows(event, tail.owner_id)]
        last = place + len(tail.events)  # sequences have no gaps
        return Page(seen, last, is_last=len(tail.events) < PAGE_ROWS)

    async def _tail(self, asked: Place) -> Tail | None:
        if not self._asked:
            asyncio.get_running_loop().call_soon(self._begin)
        # A future for each: whoever gives up cancels no other's.
        waiting: asyncio.Future[Tail | None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(asked, []).append(waiting)
        return await waiting

    def _begin(self) -> None:
        # A task of its own, for whoever asked first may go while the others wait.
        asked, self._asked = list(self._asked.items()), {}
        for start in range(0, len(asked), READ_TOGETHER):
            task = asyncio.get_running_loop().create_task(_answer(dict(asked[start : start + READ_TOGETHER])))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)


async def _answer(asked: Mapping[Place, Sequence["asyncio.Future[Tail | None]"]]) -> None:
    try:
        # One place of an order in a statement: whoever is elsewhere in the same stream is in the next.
        left = dict(asked)
        while left:
            some: dict[UUID, Place] = {}
            for place in left:
                some.setdefault(place[0], place)
            found = await _read(list(some.values()))
            for order_id, place in some.items():
                for waiting in left.pop(place):
                    if not waiting.done():
                        waiting.set_result(found.get(order_id))
    except Exception as error:
        for waiting in chain.from_iterable(asked.values()):
            if not waiting.done():
                waiting.set_exception(error)


async def _read(places: Sequence[Place]) -> dict[UUID, Tail]:
    connection = current_connection()
    dialect = dialect_of(connection)
    sql = _TAILS.format(asked=_ASKED[dialect], orders=orders()._meta.db_table)
    if dialect is Dialect.POSTGRES:
        values: list[Any] = [[order_id for order_id, _ in places], [place for _, place in places]]
    else:
        values = [orjson.dumps([(str(order_id), place) for order_id, place in places]).decode()]
    tails: dict[UUID, Tail] = {}
    grouped: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in await connection.execute_query_dict(sql, values):
        grouped[row["of_order"]].append(row)
    for order_id, rows in grouped.items():
        first = rows[0]
        events = [LogRow._init_from_db(**row) for row in rows if row["sequence"] is not None]
        tails[id_of(order_id)] = Tail(first["head"], id_of(first["owner_id"]) if first["owner_id"] else None, events)
    return tails
