"""Single things: operations that ask for one thing by its key are answered together with others of the same moment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from graphql import GraphQLError, GraphQLObjectType, OperationDefinitionNode, get_named_type
from strawberry import Schema
from tortoise.expressions import Q

from schema.compiled.arguments import Arguments
from schema.compiled.compiler import Compiler
from schema.compiled.fragments import Fragment
from schema.compiled.inputs import Inputs
from schema.compiled.plan import NotCompilable, Reason, Request
from schema.compiled.selections import below
from schema.compiled.things import Things, thing_plan
from schema.views.fields import ViewField
from schema.views.view import views_of
from schema.views.words import Edge, EdgeKind


@dataclass
class Single:
    """An operation whose only field names one thing by its key."""

    name: str
    fragment: Fragment
    named: Callable[[Request], Q | None]

    async def answer(self, request: Request, things: Things) -> bytes:
        """The response, with holes. Raises NotCompilable, and the database's own errors."""
        try:
            key = _key(self.named(request))
        except GraphQLError as refusal:
            raise NotCompilable(Reason.REFUSED, refusal.message) from refusal
        assert key is not None, "for one shape of variables a thing is named by its key always, or never"
        json = await things.read(self.fragment, request, key)
        return b'{"data":{"%s":%s}}' % (self.name.encode(), json or b"null")


def single_of(
    schema: Schema, compiler: Compiler, operation: OperationDefinitionNode, request: Request
) -> Single | None:
    """The operation as a single thing, for the shape that its variables have; None when it is of another form.

    Raises NotCompilable and GraphQLError. The compiler serves nothing else.
    """
    query = schema._schema.query_type
    assert query is not None
    fields = compiler.selections.fields(query, [operation.selection_set])
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
    return Single(name, thing_plan(compiler, kind, below(nodes), view), named)


def _key(condition: Q | None) -> UUID | None:
    """The key that a condition asks for, if it asks for nothing else."""
    if condition is None or condition.children or list(condition.filters) != ["id"]:
        return None
    return cast("UUID", condition.filters["id"])
