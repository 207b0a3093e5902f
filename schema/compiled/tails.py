"""Tails, compiled: what a document says of all that follows places in the logs of many orders, in one statement.

Only where the database takes lists as parameters; elsewhere events are read first, and then what is said of them.
"""

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from uuid import UUID

from domain.kernel.models import LogRow
from domain.kernel.streams import PAGE_ROWS
from schema.compiled.compiler import Compiler
from schema.compiled.conditions import both, column, table
from schema.compiled.dialects import Writer
from schema.compiled.fragments import Fetch, in_utf8
from schema.compiled.plan import Literal, Plan, Request, concatenated
from schema.compiled.selections import Selected
from schema.compiled.things import ENDS, NAMES, SameWords
from schema.views.view import View

READ_TOGETHER = 500
# Stands for an event of which only the usual way can tell. No JSON holds it.
_UNTOLD = "\x15"

Told = Sequence[tuple[int, bytes]]


@dataclass(eq=False)
class TailPlan:
    """What is selected of an order's events, each with its place."""

    plan: Plan
    writer: Writer

    def sql(self, bound: int) -> str:
        """The statement; the orders and their places follow the bound parameters."""
        return self.plan.sql % self.writer.lists(bound + 1, ("order_id", "uuid"), ("place", "int"))


def tail_plan(compiler: Compiler, named: Any, selected: Selected, view: View) -> TailPlan:
    """Raises NotCompilable. The compiler serves nothing else."""
    assert view.row is LogRow
    alias, writer = compiler.conditions.alias(), compiler.writer
    order, sequence = column(LogRow, "order_id", alias), column(LogRow, "sequence", alias)
    json = compiler.row(named, selected, alias, view)
    place = f"cast({sequence} as text)"
    parts = [writer.hex_id(order), Literal(":"), place, Literal(NAMES), f"coalesce({json}, '{_UNTOLD}')", Literal(ENDS)]
    listed = writer.answer(writer.joined(concatenated(parts)))
    here = f"{order} = asked.order_id and {sequence} > asked.place and {sequence} <= asked.place + {PAGE_ROWS}"
    where = both(here, compiler.visible(view, alias))
    sql = f"select {listed} from asked, {table(LogRow)} {alias} where {where}".replace("%", "%%")
    compiler.plan.sql = sql.replace("from asked,", "from %s as asked(order_id, place),")
    return TailPlan(compiler.plan, writer)


@dataclass
class _Asked:
    """Places of orders that are read in the next statement, and who waits for what follows them."""

    request: Request
    places: dict[UUID, int] = field(default_factory=dict)
    waiting: dict[UUID, list[asyncio.Future[Told]]] = field(default_factory=dict)


@dataclass
class TailReader:
    """Reads tails. Those asked for in one turn of the loop, in the same words and scope, are read together."""

    fetch: Fetch
    _asked: dict[Hashable, _Asked] = field(default_factory=dict)
    _reading: set[asyncio.Task[None]] = field(default_factory=set)

    async def read(self, plan: TailPlan, request: Request, order_id: UUID, place: int) -> Told | None:
        """The places and the JSON of a page of events behind the place, in order.

        None when the usual way must tell: of an event with a null where none may be, and when somebody asks for the
        same order behind another place. Raises the database's errors.
        """
        same: SameWords = request.once(plan, lambda: SameWords.of(plan, plan.plan, request))
        asked = self._asked.get(same)
        if asked is None:
            asked = self._asked[same] = _Asked(request)
            asyncio.get_running_loop().call_soon(self._begin, plan, same)
        if asked.places.setdefault(order_id, place) != place:
            return None
        waiting: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        asked.waiting.setdefault(order_id, []).append(waiting)
        told = await waiting
        return None if any(json == _UNTOLD.encode() for _, json in told) else told

    def _begin(self, plan: TailPlan, same: SameWords) -> None:
        # A task of its own, for whoever asked first may go while the others wait.
        task = asyncio.get_running_loop().create_task(self._read(plan, same, self._asked.pop(same)))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, plan: TailPlan, same: SameWords, asked: _Asked) -> None:
        try:
            places = list(asked.places.items())
            for start in range(0, len(places), READ_TOGETHER):
                some = places[start : start + READ_TOGETHER]
                found = await self._some(plan, same, asked.request, some)
                for order_id, _ in some:
                    told = sorted(found.get(order_id.hex.encode(), ()))
                    for waiting in asked.waiting[order_id]:
                        if not waiting.done():
                            waiting.set_result(told)
        except Exception as error:
            for waiting in chain.from_iterable(asked.waiting.values()):
                if not waiting.done():
                    waiting.set_exception(error)

    async def _some(
        self, plan: TailPlan, same: SameWords, request: Request, places: Sequence[tuple[UUID, int]]
    ) -> dict[bytes, list[tuple[int, bytes]]]:
        lists = [order_id for order_id, _ in places], [place for _, place in places]
        answer = await self.fetch(plan.sql(len(same.parameters)), [*same.parameters, *lists])
        found: dict[bytes, list[tuple[int, bytes]]] = {}
        for entry in plan.plan.patched(in_utf8(answer or b""), request).split(ENDS.encode())[:-1]:
            name, _, json = entry.removeprefix(b",").partition(NAMES.encode())
            order, _, sequence = name.partition(b":")
            found.setdefault(order, []).append((int(sequence), json))
        return found
