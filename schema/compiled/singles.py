"""Single things: operations that ask for one thing by its key are answered together with others of the same moment."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from graphql import DocumentNode, GraphQLError, GraphQLObjectType, OperationDefinitionNode, get_named_type
from strawberry import Schema
from tortoise.expressions import Q

from schema.compiled.arguments import Arguments
from schema.compiled.inputs import Inputs
from schema.compiled.plan import NotCompilable, Reason, Request
from schema.compiled.selections import Selected, Selections, below
from schema.views.fields import ViewField
from schema.views.view import View, views_of
from schema.views.words import Edge, EdgeKind

Read = Callable[[Request, UUID], Awaitable[bytes | None]]


@dataclass(frozen=True)
class Single:
    """An operation whose only field names one thing by its key: of which kind, and what is selected of it."""

    name: str
    kind: GraphQLObjectType
    view: View
    selected: Selected
    named: Callable[[Request], Q | None]

    async def answer(self, read: Read, request: Request) -> bytes:
        """The response, where `read` gives the JSON of the thing. Raises NotCompilable, and what `read` raises."""
        try:
            key = _key(self.named(request))
        except GraphQLError as refusal:
            raise NotCompilable(Reason.REFUSED, refusal.message) from refusal
        assert key is not None, "for one shape of variables a thing is named by its key always, or never"
        return b'{"data":{"%b":%b}}' % (self.name.encode(), await read(request, key) or b"null")


def single_of(
    schema: Schema, document: DocumentNode, operation: OperationDefinitionNode, request: Request
) -> Single | None:
    """The operation as a single thing, for the shape that its variables have; None when it is of another form.

    Raises NotCompilable and GraphQLError.
    """
    query = schema._schema.query_type
    assert query is not None
    fields = Selections(schema._schema, document, request.variables).fields(query, [operation.selection_set])
    if len(fields) != 1:
        return None
    [(name, nodes)] = fields.items()
    field = query.fields.get(nodes[0].name.value)
    said = field.extensions["strawberry-definition"] if field else None
    if field is None or not isinstance(said, ViewField):
        return None
    edge = said.declared
    if not isinstance(edge, Edge) or edge.kind is not EdgeKind.NAMED or edge.which is None:
        return None
    which, arguments = edge.which, Arguments(Inputs(schema), request).of(field, said, nodes[0])

    def named(asked: Request) -> Q | None:
        return which(asked.scope, **arguments(asked))

    kind: Any = get_named_type(field.type)
    if not isinstance(kind, GraphQLObjectType) or _key(named(request)) is None:
        return None
    [view] = views_of(schema._schema, kind)
    return Single(name, kind, view, below(nodes), named)


def _key(condition: Q | None) -> UUID | None:
    """The key that a condition asks for, if it asks for nothing else."""
    if condition is None or condition.children or list(condition.filters) != ["id"]:
        return None
    return cast("UUID", condition.filters["id"])
