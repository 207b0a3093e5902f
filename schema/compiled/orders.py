"""Single orders by their keys: what is an order's own comes from the database only when it has changed meanwhile.

One statement serves those who ask in one moment. It is told which version is kept of each order, and answers with what
is kept of none, or of another version; and always with what hangs on the order but is not its own. Only where the
database takes lists as parameters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from graphql import GraphQLError

from domain.kernel.gathering import Gathering
from domain.orders.models import OrderRow
from schema.compiled.compiler import Compiler
from schema.compiled.conditions import both, column, table
from schema.compiled.fragments import OTHER, Fetch, Kept, in_utf8, with_others
from schema.compiled.holes import own_part, pieces_of_others
from schema.compiled.plan import Literal, NotCompilable, Plan, Reason, Request, concatenated, quoted
from schema.compiled.selections import Selected
from schema.compiled.things import ENDS, NAMES, UNTOLD, entries
from schema.views.view import View

# Of orders that are kept, mostly nothing is read but the version. Of others all is: a large one is not to hold up many.
KEPT_TOGETHER, NEW_TOGETHER = 20, 5
STATEMENTS_AT_ONCE = 4
# An order's entry: key NAMES version OWN json (OTHER json)* ENDS. No JSON holds any of these.
_OWN = "\x10"
_UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class OrderPlan:
    """What an operation selects of an order. The last two parameters are the lists of ids, and of versions."""

    plan: Plan


def order_plan(compiler: Compiler, kind: Any, selected: Selected, view: View) -> OrderPlan | None:
    """The plan; None where it would be no cheaper than to read the order. Raises NotCompilable and GraphQLError.

    The compiler serves nothing else.
    """
    if view.row is not OrderRow or compiler.writer.lists() is None:
        return None
    writer, alias = compiler.writer, compiler.conditions.alias()
    part = own_part(compiler, kind, selected, alias, view)
    if part is None:
        return None
    own, others = part
    version = column(OrderRow, "version", alias)
    changed = f"case when {version} = asked.version then '' else coalesce({concatenated(own)}, {quoted(UNTOLD)}) end"
    entry = [writer.hex_id(f"{alias}.id"), Literal(NAMES), f"cast({version} as text)", Literal(_OWN), changed]
    entry += [*pieces_of_others(compiler, others, alias, view), Literal(ENDS)]
    listed = writer.answer(writer.joined(concatenated(entry)))
    where = both(f"{alias}.id = asked.id", compiler.visible(view, alias))
    # As many for every request of this plan: how long lists are is part of the shape of its variables.
    bound = len(compiler.plan.parameters(compiler.request))
    asked = writer.lists(("id", "uuid"), ("version", "bigint"), behind=bound)
    compiler.plan.sql = f"select {listed} from {asked}, {table(OrderRow)} {alias} where {where}"
    return OrderPlan(compiler.plan)


class Orders:
    """Reads single orders. Those asked for in one moment, in the same words and scope, are read together."""

    def __init__(self, fetch: Fetch, kept: Kept) -> None:
        self._fetch, self._kept = fetch, kept
        self._of_kept: Gathering[UUID, bytes | Exception] = Gathering(KEPT_TOGETHER, STATEMENTS_AT_ONCE)
        self._of_new: Gathering[UUID, bytes | Exception] = Gathering(NEW_TOGETHER, STATEMENTS_AT_ONCE)

    async def read(self, order: OrderPlan, request: Request, key: UUID) -> bytes | None:
        """The order's JSON; None when it is not there to see. Raises NotCompilable, and the database's own errors."""
        try:
            parameters = order.plan.parameters(request)
        except GraphQLError as refusal:
            raise NotCompilable(Reason.REFUSED, refusal.message) from refusal
        owner = self._kept.owner(order, tuple(parameters), request.scope)
        gathering = self._of_new if self._kept.get((owner, key)) is None else self._of_kept
        read = partial(self._some, order.plan, request, parameters, owner)
        found = await gathering.ask(key, read, alike=owner)
        if isinstance(found, Exception):
            raise found.with_traceback(None)  # what is raised again for each who asked would collect its traces
        return found

    async def _some(
        self, plan: Plan, request: Request, parameters: Sequence[Any], owner: object, keys: Sequence[UUID]
    ) -> Mapping[UUID, bytes | Exception]:
        kept = {key: _version_and_text(self._kept.get((owner, key))) for key in keys}
        versions = [version for version, _ in kept.values()]
        answer = await self._fetch(plan.sql, [*parameters, list(keys), versions])
        asked, found = {key.hex.encode(): key for key in keys}, dict[UUID, bytes | Exception]()
        for name, told in entries(in_utf8(answer or b"")):
            key = asked[name]
            try:  # what cannot be told of one is no fault of the others
                version, own, others = _parts(plan.patched(told, request))
            except Exception as fault:
                found[key] = fault
                continue
            if own == UNTOLD.encode():
                found[key] = NotCompilable(Reason.NULL)
                continue
            if own:
                self._kept.keep((owner, key), b"%b %b" % (version, own))
            found[key] = with_others(own or kept[key][1], others)
        return found


def _parts(told: bytes) -> tuple[bytes, bytes, list[bytes]]:
    """An order's version, what is its own (nothing, if that is kept), and what is not."""
    version, _, json = told.partition(_OWN.encode())
    own, *others = json.split(OTHER.encode())
    return version, own, others


def _version_and_text(kept: bytes | None) -> tuple[int, bytes]:
    if kept is None:
        return _UNKNOWN, b""
    version, _, text = kept.partition(b" ")
    return int(version), text
