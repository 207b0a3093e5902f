"""The compiled reader: a prepared document in, the bytes of the response out, in one statement."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode
from graphql.execution.values import VariableValues
from strawberry import Schema

from domain.kernel.actor import Scope
from domain.kernel.database import Dialect
from schema.compiled.compiler import Compiler
from schema.compiled.dialects import writer_of
from schema.compiled.fragments import Fetch, Filling, Fragment, Kept, in_utf8
from schema.compiled.plan import NotCompilable, Plan, Reason, Request
from schema.compiled.singles import Single, single_of
from schema.compiled.things import Things
from schema.compiled.variables import Variables

Admits = Callable[["Operation", Mapping[str, Any]], bool]

# Plans are kept up to a number, and up to so much text of their statements. A plan keeps its document too, which takes
# many times the memory of its text.
MOST_PLANS = 2_000
MOST_PLANNED_CHARACTERS = 20_000_000
_DOCUMENT_WEIGHS = 20
KEPT_BYTES = 64 * 1024 * 1024
# Keeping pays as long as most of what is asked for is kept. Where it does not, it is tried again now and then.
_PAYS, _LEARNS, _TRIED_EVERY = 0.5, 0.1, 32


class Operation:
    """An operation of a valid document, ready to be read the compiled way; the caller keeps it with the document."""

    def __init__(self, schema: Schema, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self.document, self.definition = document, operation
        self._variables = Variables(schema._schema, document, operation)
        self.weight = _DOCUMENT_WEIGHS * (len(document.loc.source.body) if document.loc else 0)

    @property
    def name(self) -> str | None:
        """What its author calls it."""
        return self.definition.name.value if self.definition.name else None

    def coerced(self, given: Mapping[str, Any]) -> VariableValues:
        """The values of its variables. Raises NotCompilable for what is refused: the usual way says why."""
        values = self._variables.coerced(given)
        if values is None:
            raise NotCompilable(Reason.REFUSED, "variables")
        return values

    def shape(self, values: VariableValues) -> Hashable:
        """Equal for requests that one plan serves."""
        return self._variables.shape(values)


PlanKey = tuple[Operation, str, Hashable]  # with the kind of scope, and the shape of the variables


@dataclass
class Ways:
    """The ways to answer an operation: all in one statement, or with holes for what is kept of orders.

    What an operation asks of a single order is read with holes together with others of the same moment.
    """

    plain: Plan
    holed: Plan
    fragments: Sequence[Fragment] = ()
    single: Single | None = None
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


@dataclass
class Plans:
    """The plans that were used last; for what has none, why."""

    most: int = MOST_PLANS
    most_characters: int = MOST_PLANNED_CHARACTERS
    _kept: OrderedDict[PlanKey, Ways | NotCompilable] = field(default_factory=OrderedDict)
    _characters: int = 0

    def get(self, key: PlanKey) -> Ways | NotCompilable | None:
        """What was made for this key."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: PlanKey, made: Ways | NotCompilable) -> None:
        """Keep it; those that were not used for longest go."""
        self._kept[key] = made
        self._characters += _weight(key, made)
        while len(self._kept) > self.most or self._characters > self.most_characters:
            self._characters -= _weight(*self._kept.popitem(last=False))

    def __len__(self) -> int:
        return len(self._kept)


def _weight(key: PlanKey, made: Ways | NotCompilable) -> int:
    return key[0].weight + (made.characters if isinstance(made, Ways) else 0)


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
        self._kept, self._plans, self._things = Kept(kept_bytes), Plans(most_plans), Things(self._writer, fetch)

    async def read(self, operation: Operation, variables: Mapping[str, Any], scope: Scope) -> bytes:
        """The response. Raises NotCompilable for what must run the usual way, and the database's own errors."""
        request = Request(operation.coerced(variables), scope)
        ways = self._ways(operation, request, variables)
        if not ways.keeping_pays():
            return await self._answer(ways.plain, request)
        filling = Filling(self._kept, ways.fragments, self._writer, self._fetch, request)
        single = ways.single
        holed = await (single.answer(request, self._things) if single else self._answer(ways.holed, request))
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

    def _ways(self, operation: Operation, request: Request, variables: Mapping[str, Any]) -> "Ways":
        key = (operation, request.scope.kind, operation.shape(request.variables))
        found = self._plans.get(key)
        if found is None:
            if not self._admits(operation, variables):
                raise NotCompilable(Reason.REFUSED, "it costs too much")
            found = self._made(operation, request)
            self._plans.keep(key, found)
        if isinstance(found, NotCompilable):
            raise found.with_traceback(None)  # what is raised again and again would collect its traces
        return found

    def _made(self, operation: Operation, request: Request) -> "Ways | NotCompilable":
        document, definition = operation.document, operation.definition
        try:
            plain = Compiler(self._schema, document, request, self._writer).compile(definition)
            if not self._kept.most_bytes:
                return Ways(plain, plain)
            alone = Compiler(self._schema, document, request, self._writer, with_holes=True)
            if (single := single_of(self._schema, alone, definition, request)) and alone.fragments:
                return Ways(plain, single.fragment.plan, alone.fragments, single)
            compiler = Compiler(self._schema, document, request, self._writer, with_holes=True)
            return Ways(plain, compiler.compile(definition), compiler.fragments or [])
        except GraphQLError as refusal:
            raise NotCompilable(Reason.REFUSED, refusal.message) from refusal
        except NotCompilable as refusal:
            if refusal.reason is Reason.REFUSED:  # for these values, not for others of this shape
                raise
            return refusal
