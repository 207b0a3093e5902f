"""Tails, compiled: what a document says of all that follows places in the logs of many orders, in one statement.

Only where the database takes lists as parameters; elsewhere events are read first, and then what is said of them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

# Stands for an event of which only the usual way can tell. No JSON holds it.
_UNTOLD = "\x15"
_NAMES, _ENDS, _NOT_TOLD = NAMES.encode(), ENDS.encode(), _UNTOLD.encode()

Told = Sequence[tuple[int, bytes]]


@dataclass(eq=False)
class TailPlan:
    """What is selected of an order's events, each with its place."""

    plan: Plan
    writer: Writer

    async def read(
        self, fetch: Fetch, words: SameWords, request: Request, places: Sequence[tuple[UUID, int]]
    ) -> Mapping[bytes, Told]:
        """Of each order the places and the JSON of a page of events behind its place, in order, by the hex of its id.

        An order of which only the usual way can tell, for a null where none may be, is left out, like one without
        events. Raises the database's errors.
        """
        lists = [order_id for order_id, _ in places], [place for _, place in places]
        answer = await fetch(self._sql(len(words.parameters)), [*words.parameters, *lists])
        found: defaultdict[bytes, list[tuple[int, bytes]]] = defaultdict(list)
        for entry in self.plan.patched(in_utf8(answer or b""), request).split(_ENDS)[:-1]:
            name, _, json = entry.removeprefix(b",").partition(_NAMES)
            order, _, sequence = name.partition(b":")
            found[order].append((int(sequence), json))
        for order, told in tuple(found.items()):
            if any(json == _NOT_TOLD for _, json in told):
                del found[order]
            told.sort()
        return found

    def _sql(self, bound: int) -> str:
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
