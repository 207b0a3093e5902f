"""Payloads: the answer of a mutation, of which Python knows what became of it, and the database the things."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLList,
    GraphQLObjectType,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.error import located_error
from strawberry import Schema

from schema.compiled.arguments import Arguments
from schema.compiled.compiler import Compiler
from schema.compiled.computed import Shape, shape_of
from schema.compiled.dialects import Writer
from schema.compiled.fragments import Fragment
from schema.compiled.inputs import Inputs
from schema.compiled.operations import Operation
from schema.compiled.plan import NotCompilable, Reason, Request
from schema.compiled.selections import Selections, below
from schema.compiled.things import Things, thing_plan
from schema.views import Unread
from schema.views.view import together, views_of


@dataclass
class Verb:
    """One mutation of an operation: what carries it out, with which arguments, and what is asked of its payload."""

    key: str
    nodes: list[FieldNode]
    resolve: Callable[..., Awaitable[Any]]
    arguments: Callable[[Request], dict[str, Any]]
    parts: list[tuple[str, str, Shape | Fragment]]

    @property
    def characters(self) -> int:
        """How much text its statements are."""
        return sum(len(part.plan.sql) for _, _, part in self.parts if isinstance(part, Fragment))

    def given(self, request: Request) -> dict[str, Any]:
        """Its arguments. Raises NotCompilable for what is refused: the usual way says where."""
        try:
            return self.arguments(request)
        except GraphQLError as refusal:
            raise NotCompilable(Reason.REFUSED, refusal.message) from refusal

    def failed(self, error: Exception) -> GraphQLError:
        """What it raised, as an error of the operation. A payload is never null, so there are no data beside it."""
        return located_error(error, self.nodes, [self.key])

    async def shown(self, payload: Any, request: Request, things: Things) -> bytes:
        """The response. Raises NotCompilable for what only the usual way can tell, and the database's own errors."""
        shown = []
        for key, name, part in self.parts:
            value = getattr(payload, name)
            if not isinstance(part, Fragment):
                json = orjson.dumps(part(value))
            elif isinstance(value, Unread):
                read = await things.read(part, request, value.key)
                if read is None:  # out of sight, or with a null where none may be
                    raise NotCompilable(Reason.NULL, key)
                json = read
            else:
                json = b"null"
            shown.append(b'"%s":%s' % (key.encode(), json))
        return b'{"data":{"%s":{%s}}}' % (self.key.encode(), b",".join(shown))


def verb_of(schema: Schema, operation: Operation, request: Request, writer: Writer) -> Verb:
    """The one mutation of the operation. Raises NotCompilable when it is of another sort, or has several."""
    mutations, definition = schema._schema.mutation_type, operation.definition
    if definition.operation is not OperationType.MUTATION or mutations is None:
        raise NotCompilable(Reason.KIND, definition.operation.value)
    selections = Selections(schema._schema, operation.document, request.variables)
    fields = selections.fields(mutations, [definition.selection_set])
    if len(fields) != 1:
        raise NotCompilable(Reason.KIND, "several mutations")
    [(key, nodes)] = fields.items()
    name = nodes[0].name.value
    if name == "__typename":
        raise NotCompilable(Reason.KIND, name)
    field = mutations.fields[name]
    said = field.extensions["strawberry-definition"]
    kind: Any = get_named_type(field.type)
    arguments = Arguments(Inputs(schema), request).of(field, said, nodes[0])

    def part(nodes: list[FieldNode]) -> tuple[str, Shape | Fragment]:
        return part_of(schema, operation, request, writer, kind, nodes)

    parts = [(key, *part(inner)) for key, inner in selections.fields(kind, below(nodes)).items()]
    return Verb(key, nodes, said.base_resolver.wrapped_func, arguments, parts)


def part_of(
    schema: Schema,
    operation: Operation,
    request: Request,
    writer: Writer,
    parent: GraphQLObjectType,
    nodes: list[FieldNode],
) -> tuple[str, Shape | Fragment]:
    """What is asked of one field of an object that Python made: its attribute, and how that is shown, or read."""
    name, compiler = nodes[0].name.value, Compiler(schema, operation.document, request, writer)
    if name == "__typename":
        return "__class__", lambda _parent: parent.name
    field = parent.fields[name]
    said = field.extensions["strawberry-definition"]
    if not said.is_basic_field:
        raise NotCompilable(Reason.FIELD, f"{parent.name}.{name}")
    python_name: str = said.python_name
    named: Any = get_named_type(field.type)
    if isinstance(get_nullable_type(field.type), GraphQLList) or not is_of_views(schema, named):
        return python_name, shape_of(field.type, below(nodes), compiler.selections)
    view = together(list(views_of(schema._schema, named)))
    return python_name, thing_plan(compiler, named, below(nodes), view)


def is_of_views(schema: Schema, named: Any) -> bool:
    """Whether rows stand for what the type names: an object, or what is behind an interface or a union."""
    if is_leaf_type(named):
        return False
    kinds = schema._schema.get_possible_types(named) if is_abstract_type(named) else [named]
    return all(hasattr(kind.extensions["strawberry-definition"].origin, "__view__") for kind in kinds)
