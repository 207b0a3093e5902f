"""Tails, compiled: what a document says of all that follows places in the logs of many orders, in one statement.

Only where the database takes lists as parameters; elsewhere events are read first, and then what is said of them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.kernel.models import LogRow
from domain.kernel.streams import PAGE_ROWS
from schema.compiled.compiler import Compiler
from schema.compiled.conditions import both, column, table
from schema.compiled.dialects import Writer
from schema.compiled.fragments import Fetch, in_utf8
from schema.compiled.plan import Literal, Plan, Request, concatenated, quoted
from schema.compiled.selections import Selected
from schema.compiled.things import NAMES, UNTOLD
from schema.views.view import View

_PARAMETER = re.compile(r"\$(\d+)")
# The gaps in the form of a response.
CURSOR, EVENT = b"cursor", b"event"

Told = Sequence[tuple[int, bytes]]


def _as_text(values: Iterable[Any]) -> str:
    """A list as PostgreSQL writes it, which asks less of us than a list whose members the driver looks at."""
    return f"{{{','.join(map(str, values))}}}"


# How a list of each type is bound, and of which type the parameter is.
_TYPES: Mapping[type, tuple[str, Callable[[Iterable[Any]], Any]]] = {
    UUID: ("text::uuid", _as_text),
    str: ("text", list),
    bool: ("boolean", list),
    int: ("text::bigint", _as_text),
    datetime: ("timestamptz", list),
}


class Asked(Protocol):
    """A place in an order's log, and who asks what follows it, with the parameters of the plan."""

    order_id: UUID

    @property
    def place(self) -> int: ...

    @property
    def request(self) -> Request: ...

    @property
    def parameters(self) -> Sequence[Any]: ...


@dataclass(eq=False)
class TailPlan:
    """What is selected of an order's events, each with its place; its SQL has a gap for the lists of what is asked.

    `form` is the response to a message, with gaps for its cursor and for its event.
    """

    plan: Plan
    writer: Writer
    form: bytes
    _statement: str | None = None

    def said(self, cursor: str, event: bytes) -> bytes:
        """The response to the message whose cursor and event are these."""
        return self.form % {CURSOR: cursor.encode(), EVENT: event}

    def parameters(self, request: Request) -> Sequence[Any] | None:
        """Those of a request, which are the same whatever it asks. None when they cannot be put into lists."""
        found = self.plan.parameters(request)
        return found if all(_type(value) for value in found) else None

    async def read(self, fetch: Fetch, asked: Sequence[Asked]) -> Sequence[Told]:
        """Of each who asks, the places and the JSON of a page of events behind their place, in order.

        Nothing for an order of which only the usual way can tell, for a null where none may be. Raises the database's
        errors.
        """
        rows = [(each.order_id, each.place, *each.parameters) for each in asked]
        types = [how for value in rows[0] if (how := _type(value))]
        columns = [bound(values) for (_, bound), values in zip(types, zip(*rows, strict=True), strict=True)]
        answer = in_utf8(await fetch(self._sql([kind for kind, _ in types]), columns) or b"")
        found: list[list[tuple[int, bytes]]] = [[] for _ in asked]
        words = answer.split(NAMES.encode())
        for n, sequence, json in zip(words[1::3], words[2::3], words[3::3], strict=True):
            found[int(n) - 1].append((int(sequence), json))
        if self.plan.patches:
            found = [
                [(place, self.plan.patched(json, each.request)) for place, json in told]
                for each, told in zip(asked, found, strict=True)
            ]
        is_untold = UNTOLD.encode() in answer
        for told in found:
            if is_untold and any(json == UNTOLD.encode() for _, json in told):
                told.clear()
            told.sort()
        return found

    def _sql(self, types: Sequence[str]) -> str:
        """The statement, of which each row of what is asked has its own parameters."""
        if self._statement is None:
            names = ["order_id", "place", *(f"p{n}" for n in range(1, len(types) - 1))]
            lists = self.writer.lists(*zip(names, types, strict=True))
            self._statement = _PARAMETER.sub(r"asked.p\1", self.plan.sql) % lists
        return self._statement


def _type(value: Any) -> tuple[str, Callable[[Iterable[Any]], Any]] | None:
    return next((how for kind, how in _TYPES.items() if isinstance(value, kind)), None)


def tail_plan(compiler: Compiler, named: Any, selected: Selected, view: View, form: bytes) -> TailPlan:
    """Raises NotCompilable. The compiler serves nothing else."""
    assert view.row is LogRow
    alias, writer = compiler.conditions.alias(), compiler.writer
    order, sequence = column(LogRow, "order_id", alias), column(LogRow, "sequence", alias)
    json = compiler.row(named, selected, alias, view)
    told = ["cast(asked.n as text)", f"cast({sequence} as text)", f"coalesce({json}, {quoted(UNTOLD)})"]
    words = [piece for word in told for piece in (Literal(NAMES), word)]
    listed = writer.answer(writer.joined(concatenated(words), between=""))
    here = f"{order} = asked.order_id and {sequence} > asked.place and {sequence} <= asked.place + {PAGE_ROWS}"
    where = both(here, compiler.visible(view, alias))
    sql = f"select {listed} from <asked>, {table(LogRow)} {alias} where {where}".replace("%", "%%")
    compiler.plan.sql = sql.replace("<asked>", "%s")
    return TailPlan(compiler.plan, writer, form)
