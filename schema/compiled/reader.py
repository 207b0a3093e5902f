"""The compiled reader: a prepared document in, the bytes of the response out, in one statement."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import GraphQLError
from strawberry import Schema

from domain.kernel.actor import Scope
from domain.kernel.database import Dialect
from schema.compiled.compiler import Compiler
from schema.compiled.dialects import writer_of
from schema.compiled.fragments import Fetch, Filling, Fragment, Kept, in_utf8
from schema.compiled.operations import MOST_PLANS, Operation, Plans
from schema.compiled.orders import Orders, order_plan
from schema.compiled.plan import NotCompilable, Plan, Reason, Request
from schema.compiled.singles import single_of
from schema.compiled.things import Things, thing_plan

Admits = Callable[[Operation, Mapping[str, Any]], bool]

KEPT_BYTES = 64 * 1024 * 1024
# Keeping pays as long as most of what is asked for is kept. Where it does not, it is tried again now and then.
_PAYS, _LEARNS, _TRIED_EVERY = 0.5, 0.1, 32


@dataclass
class Ways:
    """The ways to answer an operation: all in one statement, or with holes for what is kept of orders.

    What an operation asks of a single thing is read together with others of the same moment: with holes; or, of an
    order, in one statement that leaves out what is kept.
    """

    plain: Plan
    holed: Plan
    fragments: Sequence[Fragment] = ()
    single: Callable[[Request], Awaitable[bytes]] | None = None
    _share: float = 1.0  # of what was wanted and was found, lately
    _asked: int = 0

    def keeping_pays(self) -> bool:
        """Whether the holed statement is the cheaper one, as far as was seen; now and then a yes to see again."""
        self._asked += 1
        return bool(self.fragments) and (self._share > _PAYS or self._asked % _TRIED_EVERY == 0)

    def learn(self, filling: Filling) -> None:
        """Remember how much of what was wanted was kept."""
        if filling.wanted:
            self._share += _LEARNS * (filling.found / filling.wanted - self._share)

    @property
    def characters(self) -> int:
        """How much text its statements are."""
        return sum(len(plan.sql) for plan in (self.plain, self.holed, *(each.plan for each in self.fragments)))


class CompiledReader:
    """Reads whole operations; `fetch` runs a statement that gives one text, or its bytes. Plans used last are kept.

    `admits(operation, variables)` is asked before a plan is made: how long its pages are belongs to a plan.
    """

    def __init__(
        self,
        schema: Schema,
        dialect: Dialect,
        fetch: Fetch,
        *,
        admits: Admits = lambda _operation, _variables: True,
        most_plans: int = MOST_PLANS,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self._schema, self._writer, self._fetch = schema, writer_of(dialect), fetch
        self._admits = admits
        self._kept, self._things = Kept(kept_bytes), Things(self._writer, fetch)
        self._orders = Orders(fetch, self._kept)
        self._plans: Plans[Ways] = Plans(most_plans)

    async def read(self, operation: Operation, variables: Mapping[str, Any], scope: Scope) -> bytes:
        """The response. Raises NotCompilable for what must run the usual way, and the database's own errors."""
        request = Request(operation.coerced(variables), scope)
        ways = self._plans.of(operation, request, partial(self._made, operation, request, variables))
        if ways.single and not ways.fragments:
            return await ways.single(request)
        if not ways.keeping_pays():
            return await self._answer(ways.plain, request)
        filling = Filling(self._kept, ways.fragments, self._writer, self._fetch, request)
        holed = await (ways.single(request) if ways.single else self._answer(ways.holed, request))
        answer = await filling.filled(holed)
        ways.learn(filling)
        return answer

    async def _answer(self, plan: Plan, request: Request) -> bytes:
        try:
            parameters = plan.parameters(request)
        except GraphQLError as refusal:
            raise NotCompilable(Reason.REFUSED, refusal.message) from refusal
        answer = await self._fetch(plan.sql, parameters)
        if answer is None:
            raise NotCompilable(Reason.NULL)
        return plan.patched(in_utf8(answer), request)

    def _made(self, operation: Operation, request: Request, variables: Mapping[str, Any]) -> Ways:
        if not self._admits(operation, variables):
            raise NotCompilable(Reason.REFUSED, "it costs too much")
        document, definition = operation.document, operation.definition
        plain = Compiler(self._schema, document, request, self._writer).compile(definition)
        if not self._kept.most_bytes:
            return Ways(plain, plain)
        if single := single_of(self._schema, document, definition, request):
            whole = Compiler(self._schema, document, request, self._writer)
            if order := order_plan(whole, single.kind, single.selected, single.view):
                return Ways(plain, order.plan, (), partial(single.answer, partial(self._orders.read, order)))
            holed = Compiler(self._schema, document, request, self._writer, with_holes=True)
            thing = thing_plan(holed, single.kind, single.selected, single.view)
            if holed.fragments:
                return Ways(
                    plain, thing.plan, holed.fragments, partial(single.answer, partial(self._things.read, thing))
                )
        compiler = Compiler(self._schema, document, request, self._writer, with_holes=True)
        return Ways(plain, compiler.compile(definition), compiler.fragments or [])
