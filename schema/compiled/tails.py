"""Tails, compiled: what a document says of all that follows places in the logs of many orders, in one statement.

Only where the database takes lists as parameters; elsewhere events are read first, and then what is said of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from domain.kernel.gathering import Gathering
from domain.kernel.models import LogRow
from domain.kernel.streams import PAGE_ROWS
from domain.kernel.tails import READ_TOGETHER, Place
from schema.compiled.compiler import Compiler
from schema.compiled.conditions import both, column, table
from schema.compiled.dialects import Writer
from schema.compiled.fragments import Fetch, in_utf8
from schema.compiled.plan import Literal, Plan, Request, concatenated
from schema.compiled.selections import Selected
from schema.compiled.things import ENDS, NAMES, SameWords
from schema.views.view import View

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


class TailReader:
    """Reads tails. Those asked for in one turn of the loop, in the same words and scope, are read together."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._gathering: Gathering[Place, Told] = Gathering(READ_TOGETHER)

    async def read(self, plan: TailPlan, request: Request, order_id: UUID, place: int) -> Told | None:
        """The places and the JSON of a page of events behind the place, in order.

        None when the usual way must tell: of an event with a null where none may be, and when somebody asks for the
        same order behind another place. Raises the database's errors.
        """
        same: SameWords = request.once(plan, lambda: SameWords.of(plan, plan.plan, request))
        some = partial(self._some, plan, request, same.parameters)
        told = await self._gathering.ask((order_id, place), some, alike=same)
        return None if told is None or any(json == _UNTOLD.encode() for _, json in told) else told

    async def _some(
        self, plan: TailPlan, request: Request, parameters: list[Any], places: Sequence[Place]
    ) -> dict[Place, Told]:
        asked: dict[UUID, int] = {}
        for order_id, place in places:
            asked.setdefault(order_id, place)
        answer = await self._fetch(plan.sql(len(parameters)), [*parameters, [*asked], [*asked.values()]])
        found: dict[bytes, list[tuple[int, bytes]]] = {}
        for entry in plan.plan.patched(in_utf8(answer or b""), request).split(ENDS.encode())[:-1]:
            name, _, json = entry.removeprefix(b",").partition(NAMES.encode())
            order, _, sequence = name.partition(b":")
            found.setdefault(order, []).append((int(sequence), json))
        return {place: sorted(found.get(place[0].hex.encode(), ())) for place in asked.items()}
