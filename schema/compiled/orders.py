"""Single orders by their keys: what is an order's own comes from the database only when it has changed meanwhile.

One statement serves all who ask in one moment. It is told which version is kept of each order, and answers with what
is kept of none, or of another version; and always with what hangs on the order but is not its own. Only where the
database takes lists as parameters.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from graphql import GraphQLError

from domain.kernel.gathering import Gathering
from domain.orders.models import OrderRow
from schema.compiled.compiler import Compiler
from schema.compiled.conditions import both, column, table
from schema.compiled.dialects import Writer
from schema.compiled.fragments import Fetch, Kept, in_utf8
from schema.compiled.holes import Draft, OfOthers
from schema.compiled.plan import Literal, NotCompilable, Plan, Reason, Request, concatenated, quoted
from schema.compiled.selections import Selected
from schema.compiled.things import ENDS, NAMES, SameWords
from schema.views.view import View

READ_TOGETHER = 100
# An order's entry: key NAMES version OWN json (OTHER json)* ENDS. No JSON holds any of these.
_OWN, _OTHER = "\x10", "\x05"
# Stands for an order of which only the usual way can tell: it has a null where none may be.
_UNTOLD = b"\x15"
_PLACE = re.compile(rb"\x06(\d+)\x07")
_UNKNOWN = -1


@dataclass(eq=False)
class OrderPlan:
    """What an operation selects of an order; its SQL has a gap for the list of what is asked."""

    plan: Plan
    writer: Writer
    _statements: dict[int, str] = field(default_factory=dict)

    def sql(self, parameters: int) -> str:
        """The statement, whose last parameters, behind so many, are the list of ids and that of versions."""
        if parameters not in self._statements:
            asked = self.writer.lists(("id", "uuid"), ("version", "bigint"), behind=parameters)
            self._statements[parameters] = self.plan.sql % asked
        return self._statements[parameters]


def order_plan(compiler: Compiler, kind: Any, selected: Selected, view: View) -> OrderPlan | None:
    """The plan; None where it would be no cheaper than to read the order. Raises NotCompilable.

    The compiler serves nothing else.
    """
    if view.row is not OrderRow or compiler.writer.lists() is None:
        return None
    writer, alias = compiler.writer, compiler.conditions.alias()
    draft = compiler.draft = Draft(alias)
    try:
        own = concatenated(compiler.object(kind, selected, alias, view))
    except OfOthers:
        return None
    finally:
        compiler.draft = None
    if not draft.has_children:
        return None
    version = column(OrderRow, "version", alias)
    changed = f"case when {version} = asked.version then '' else coalesce({own}, {quoted(_UNTOLD.decode())}) end"
    entry = [writer.hex_id(f"{alias}.id"), Literal(NAMES), f"cast({version} as text)", Literal(_OWN), changed]
    for of, nodes in draft.others:
        entry += [Literal(_OTHER), *compiler.field(of, nodes, alias, view)]
    listed = writer.answer(writer.joined(concatenated([*entry, Literal(ENDS)])))
    where = both(f"{alias}.id = asked.id", compiler.visible(view, alias))
    sql = f"select {listed} from <asked>, {table(OrderRow)} {alias} where {where}".replace("%", "%%")
    compiler.plan.sql = sql.replace("<asked>", "%s")
    return OrderPlan(compiler.plan, writer)


class Orders:
    """Reads single orders. Those asked for in one moment, in the same words and scope, are read together."""

    def __init__(self, fetch: Fetch, kept: Kept) -> None:
        self._fetch, self._kept = fetch, kept
        self._gathering: Gathering[UUID, bytes] = Gathering(READ_TOGETHER)

    async def read(self, plan: OrderPlan, request: Request, key: UUID) -> bytes | None:
        """The order's JSON; None when it is not there to see. Raises NotCompilable, and the database's own errors."""
        try:
            alike = SameWords.of(plan, plan.plan, request)
        except GraphQLError as refusal:
            raise NotCompilable(Reason.REFUSED, refusal.message) from refusal
        found = await self._gathering.ask(key, partial(self._some, plan, request, alike), alike=alike)
        if found == _UNTOLD:
            raise NotCompilable(Reason.NULL)
        return found

    async def _some(
        self, plan: OrderPlan, request: Request, alike: SameWords, keys: Sequence[UUID]
    ) -> Mapping[UUID, bytes]:
        owner = self._kept.owner(plan, tuple(alike.parameters), request.scope)
        kept = {key: _version_and_text(self._kept.get((owner, key))) for key in keys}
        versions = [version for version, _ in kept.values()]
        answer = await self._fetch(plan.sql(len(alike.parameters)), [*alike.parameters, list(keys), versions])
        asked, found = {key.hex.encode(): key for key in keys}, {}
        for entry in plan.plan.patched(in_utf8(answer or b""), request).split(ENDS.encode())[:-1]:
            name, _, told = entry.removeprefix(b",").partition(NAMES.encode())
            version, _, json = told.partition(_OWN.encode())
            own, *others = json.split(_OTHER.encode())
            key = asked[name]
            if not own:
                own = kept[key][1]
            elif own != _UNTOLD:
                self._kept.keep((owner, key), b"%b %b" % (version, own))
            found[key] = _with(others, own) if others else own
        return found


def _with(others: Sequence[bytes], own: bytes) -> bytes:
    return _PLACE.sub(lambda place: others[int(place[1])], own)


def _version_and_text(kept: bytes | None) -> tuple[int, bytes]:
    if kept is None:
        return _UNKNOWN, b""
    version, _, text = kept.partition(b" ")
    return int(version), text
