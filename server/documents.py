"""Documents on their way to execution: parsed and validated once, within their limits, and given a deadline."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import ASTValidationRule, DocumentNode, GraphQLError, OperationDefinitionNode, OperationType
from graphql.utilities import get_operation_ast
from strawberry.extensions import SchemaExtension
from strawberry.schema import Schema
from strawberry.schema.schema import validate_document

from schema.compiled import Operation
from schema.views import bad_request
from server.answers import DeadlineExceeded
from server.limits import DocumentLimits, cost_refusal, shape_refusal
from server.settings import Settings

# A parsed document takes some hundred times the memory of its text, so the cache is bounded by text.
MOST_CACHED_CHARACTERS = 250_000
LONGEST_CACHED_DOCUMENT = 20_000


@dataclass(frozen=True)
class Prepared:
    """A document that is valid for the schema and within the limits of its form."""

    document: DocumentNode
    _operations: dict[str | None, Operation] = field(default_factory=dict)

    def operation(self, schema: Schema, name: str | None, kind: OperationType) -> Operation | None:
        """The operation of that name; None when there is none, it is of another kind, or not clearly named."""
        found = self._operations.get(name)
        if found is None:
            definition = get_operation_ast(self.document, name)
            if definition is None:
                return None
            found = self._operations[name] = Operation(schema, self.document, definition)
        return found if found.definition.operation is kind else None


class Documents:
    """Prepared documents by their text, those used last; one per schema."""

    def __init__(self, limits: DocumentLimits) -> None:
        self.limits = limits
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._characters = 0

    def get(self, text: str) -> Prepared | None:
        """The document, if it was prepared before."""
        found = self._kept.get(text)
        if found is not None:
            self._kept.move_to_end(text)
        return found

    def prepared(
        self, schema: Schema, text: str, document: DocumentNode, rules: tuple[type[ASTValidationRule], ...]
    ) -> Prepared | Sequence[GraphQLError]:
        """The document, checked and remembered; or what is wrong with it."""
        if refusal := shape_refusal(document, self.limits):
            return [refusal]
        if errors := validate_document(schema._schema, document, rules):
            return errors
        made = Prepared(document)
        self.keep(text, made)
        return made

    def admits(self, schema: Schema, operation: Operation, variables: Mapping[str, Any]) -> bool:
        """Whether the operation asks for no more nodes than it may."""
        document, definition = operation.document, operation.definition
        return cost_refusal(schema._schema, document, definition, variables, self.limits) is None

    def keep(self, text: str, prepared: Prepared) -> None:
        """Remember it; those not used for longest are forgotten for it."""
        if len(text) > LONGEST_CACHED_DOCUMENT or text in self._kept:
            return
        self._kept[text] = prepared
        self._characters += len(text)
        while self._characters > MOST_CACHED_CHARACTERS:
            forgotten, _ = self._kept.popitem(last=False)
            self._characters -= len(forgotten)


class Preparation(SchemaExtension):
    """Parses and validates in place of Strawberry, whose caches raise out of their hooks and hash whole documents.

    Only the cost depends on the variables, so only that is reckoned for each operation.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._prepared: Prepared | None = None

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        context.parse_options = {"max_tokens": self._documents.limits.tokens}
        self._prepared = self._documents.get(context.query or "")
        if self._prepared is not None:
            context.graphql_document = self._prepared.document
        yield

    def on_validate(self) -> Iterator[None]:
        self.execution_context.pre_execution_errors = self._errors()
        yield

    def _errors(self) -> list[GraphQLError]:
        context, limits = self.execution_context, self._documents.limits
        document = context.graphql_document
        assert document is not None
        if self._prepared is None:
            rules = context.validation_rules
            found = self._documents.prepared(context.schema, context.query or "", document, rules)
            if not isinstance(found, Prepared):
                return [*found]
            self._prepared = found
        operation = get_operation_ast(document, context._provided_operation_name)
        if not isinstance(operation, OperationDefinitionNode):
            return [bad_request("Say which of the document's operations is meant: `operationName`.")]
        refusal = cost_refusal(context.schema._schema, document, operation, context.variables or {}, limits)
        return [refusal] if refusal else []


class Deadline(SchemaExtension):
    """Ends queries and mutations that take too long, and the opening of subscriptions; never a commit half-way."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def on_execute(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except TimeoutError:
            raise DeadlineExceeded(self._seconds) from None


def preparation(settings: Settings) -> Documents:
    """The documents of one schema, within the limits of the settings."""
    return Documents(DocumentLimits.of(settings))
