"""The compiled reader: a prepared document in, the bytes of the response out, in one statement."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode
from graphql.execution.values import VariableValues, get_variable_values
from strawberry import Schema

from domain.kernel.actor import Scope
from domain.kernel.database import Dialect
from schema.compiled.compiler import Compiler
from schema.compiled.dialects import writer_of
from schema.compiled.plan import NotCompilable, Plan, Reason, Request
from schema.compiled.variables import Variables

Fetch = Callable[[str, Sequence[Any]], Awaitable[str | None]]
Admits = Callable[["Operation", Mapping[str, Any]], bool]

MOST_PLANS = 2_000


class Operation:
    """An operation of a valid document, ready to be read the compiled way; the caller keeps it with the document."""

    def __init__(self, schema: Schema, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self.document, self.definition = document, operation
        self._schema = schema._schema
        self._variables = Variables(self._schema, document, operation)

    @property
    def name(self) -> str | None:
        """What its author calls it."""
        return self.definition.name.value if self.definition.name else None

    def coerced(self, given: Mapping[str, Any]) -> VariableValues:
        """The values of its variables. Raises NotCompilable for what is refused: the usual way says why."""
        values = get_variable_values(self._schema, self.definition.variable_definitions or (), dict(given))
        if isinstance(values, VariableValues):
            return values
        raise NotCompilable(Reason.REFUSED, "variables")

    def shape(self, values: VariableValues) -> Hashable:
        """Equal for requests that one plan serves."""
        return self._variables.shape(values)


class CompiledReader:
    """Reads whole operations; `fetch` runs a statement that gives one text. Plans are kept, those used last.

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
    ) -> None:
        self._schema, self._writer, self._fetch = schema, writer_of(dialect), fetch
        self._admits, self._most_plans = admits, most_plans
        self._plans: OrderedDict[Hashable, Plan | NotCompilable] = OrderedDict()

    async def read(self, operation: Operation, variables: Mapping[str, Any], scope: Scope) -> bytes:
        """The response. Raises NotCompilable for what must run the usual way, and the database's own errors."""
        request = Request(operation.coerced(variables), scope)
        plan = self._plan(operation, request, variables)
        try:
            parameters = plan.parameters(request)
        except GraphQLError as refusal:
            raise NotCompilable(Reason.REFUSED, refusal.message) from refusal
        answer = await self._fetch(plan.sql, parameters)
        if answer is None:
            raise NotCompilable(Reason.NULL)
        return plan.patched(answer.encode(), request)

    def _plan(self, operation: Operation, request: Request, variables: Mapping[str, Any]) -> Plan:
        key = (operation, request.scope.kind, operation.shape(request.variables))
        found = self._plans.get(key)
        if found is None:
            if not self._admits(operation, variables):
                raise NotCompilable(Reason.REFUSED, "it costs too much")
            found = self._made(operation, request)
            self._plans[key] = found
            if len(self._plans) > self._most_plans:
                self._plans.popitem(last=False)
        else:
            self._plans.move_to_end(key)
        if isinstance(found, NotCompilable):
            raise found
        return found

    def _made(self, operation: Operation, request: Request) -> Plan | NotCompilable:
        try:
            return Compiler(self._schema, operation.document, request, self._writer).compile(operation.definition)
        except GraphQLError as refusal:
            raise NotCompilable(Reason.REFUSED, refusal.message) from refusal
        except NotCompilable as refusal:
            if refusal.reason is Reason.REFUSED:  # for these values, not for others of this shape
                raise
            return refusal
