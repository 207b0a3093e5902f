"""Tails, compiled: what a document says of all that follows places in the logs of many orders, in one statement.

Only where the database takes lists as parameters; elsewhere events are read first, and then what is said of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.kernel.models import LogRow
from domain.kernel.streams import PAGE_ROWS
from schema.compiled.compiler import Compiler
from schema.compiled.conditions import both, column, table
from schema.compiled.dialects import Writer
from schema.compiled.fragments import Fetch, in_utf8
from schema.compiled.plan import Literal, Plan, Request, concatenated, quoted
from schema.compiled.selections import Selected
from schema.compiled.things import ENDS, NAMES, UNTOLD, entries
from schema.views.view import View

_PARAMETER = re.compile(r"\$(\d+)")
_TYPES: Mapping[type, str] = {UUID: "uuid", str: "text", bool: "boolean", int: "bigint", datetime: "timestamptz"}

Told = Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A place in an order's log, and who asks what follows it, with the parameters of the plan."""

    order_id: UUID
    place: int
    request: Request
    parameters: Sequence[Any]


@dataclass(eq=False)
class TailPlan:
    """What is selected of an order's events, each with its place; its SQL has a gap for the lists of what is asked."""

    plan: Plan
    writer: Writer
    _statement: str | None = None

    def parameters(self, request: Request) -> Sequence[Any] | None:
        """Those of a request, which are the same whatever it asks. None when they cannot be put into lists."""
        found = self.plan.parameters(request)
        return found if all(_type(value) for value in found) else None

    async def read(self, fetch: Fetch, asked: Sequence[Asked]) -> Sequence[Told]:
        """Of each who asks, the places and the JSON of a page of events behind their place, in order.

        Nothing for an order of which only the usual way can tell, for a null where none may be. Raises the database's
        errors.
        """
        columns = zip(*[(each.order_id, each.place, *each.parameters) for each in asked], strict=True)
        answer = await fetch(self._sql(asked[0].parameters), [*map(list, columns)])
        found: list[list[tuple[int, bytes]]] = [[] for _ in asked]
        for name, json in entries(in_utf8(answer or b"")):
            n, _, sequence = name.partition(b":")
            place = int(n) - 1
            found[place].append((int(sequence), self.plan.patched(json, asked[place].request)))
        for told in found:
            if any(json == UNTOLD.encode() for _, json in told):
                told.clear()
            told.sort()
        return found

    def _sql(self, parameters: Sequence[Any]) -> str:
        """The statement, of which each row of what is asked has its own parameters."""
        if self._statement is None:
            columns = [(f"p{n}", _type(value) or "") for n, value in enumerate(parameters, 1)]
            lists = self.writer.lists(("order_id", "uuid"), ("place", "int"), *columns)
            self._statement = _PARAMETER.sub(r"asked.p\1", self.plan.sql) % lists
        return self._statement


def _type(value: Any) -> str | None:
    return next((name for kind, name in _TYPES.items() if isinstance(value, kind)), None)


def tail_plan(compiler: Compiler, named: Any, selected: Selected, view: View) -> TailPlan:
    """Raises NotCompilable. The compiler serves nothing else."""
    assert view.row is LogRow
    alias, writer = compiler.conditions.alias(), compiler.writer
    order, sequence = column(LogRow, "order_id", alias), column(LogRow, "sequence", alias)
    json = compiler.row(named, selected, alias, view)
    name = ["cast(asked.n as text)", Literal(":"), f"cast({sequence} as text)", Literal(NAMES)]
    listed = writer.answer(writer.joined(concatenated([*name, f"coalesce({json}, {quoted(UNTOLD)})", Literal(ENDS)])))
    here = f"{order} = asked.order_id and {sequence} > asked.place and {sequence} <= asked.place + {PAGE_ROWS}"
    where = both(here, compiler.visible(view, alias))
    sql = f"select {listed} from <asked>, {table(LogRow)} {alias} where {where}".replace("%", "%%")
    compiler.plan.sql = sql.replace("<asked>", "%s")
    return TailPlan(compiler.plan, writer)
