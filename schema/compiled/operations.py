"""Operations, ready to be answered the compiled way, and the plans that were made for them."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode
from graphql.execution.values import VariableValues
from strawberry import Schema

from schema.compiled.plan import NotCompilable, Reason, Request
from schema.compiled.variables import Variables

# Plans are kept up to a number, and up to so much text of their statements. A plan keeps its document too, which takes
# many times the memory of its text.
MOST_PLANS = 2_000
MOST_PLANNED_CHARACTERS = 20_000_000
_DOCUMENT_WEIGHS = 20


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


class Planned(Protocol):
    """How an operation is answered."""

    @property
    def characters(self) -> int:
        """How much text its statements are."""


PlannedT = TypeVar("PlannedT", bound=Planned)
_Key = tuple[Operation, str, Hashable]  # with the kind of scope, and the shape of the variables


@dataclass
class Plans(Generic[PlannedT]):
    """The plans that were used last; for what has none, why."""

    most: int = MOST_PLANS
    most_characters: int = MOST_PLANNED_CHARACTERS
    _kept: OrderedDict[_Key, PlannedT | NotCompilable] = field(default_factory=OrderedDict)
    _characters: int = 0

    def of(self, operation: Operation, request: Request, make: Callable[[], PlannedT]) -> PlannedT:
        """The plan for requests like this one, made if none is kept. Raises NotCompilable."""
        key = (operation, request.scope.kind, operation.shape(request.variables))
        found = self._kept.get(key)
        if found is None:
            found = _made(make)
            self._keep(key, found)
        else:
            self._kept.move_to_end(key)
        if isinstance(found, NotCompilable):
            raise found.with_traceback(None)  # what is raised again and again would collect its traces
        return found

    def _keep(self, key: _Key, made: PlannedT | NotCompilable) -> None:
        """Keep it; those that were not used for longest go."""
        self._kept[key] = made
        self._characters += _weight(key, made)
        while len(self._kept) > self.most or self._characters > self.most_characters:
            self._characters -= _weight(*self._kept.popitem(last=False))

    def __len__(self) -> int:
        return len(self._kept)


def _made(make: Callable[[], PlannedT]) -> PlannedT | NotCompilable:
    """What is made, or why it cannot be for any values. Raises NotCompilable for these values, not for others."""
    try:
        return make()
    except GraphQLError as refusal:
        raise NotCompilable(Reason.REFUSED, refusal.message) from refusal
    except NotCompilable as refusal:
        if refusal.reason is Reason.REFUSED:
            raise
        return refusal


def _weight(key: _Key, made: Planned | NotCompilable) -> int:
    return key[0].weight + (0 if isinstance(made, NotCompilable) else made.characters)
