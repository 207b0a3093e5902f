"""What the house asks of a whole schema: every field says a word, every edge leads somewhere, all is described."""

from collections.abc import Iterator

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
)

from schema.views.fields import ViewField
from schema.views.view import View, together, views_of
from schema.views.words import Edge, EdgeKind, RowType, column_of, holds_keys

_MADE_OTHERWISE = ("Payload", "Connection", "ConnectionEdge", "PageInfo")
_BACK = "strawberry-definition"


def undeclared_fields(schema: strawberry.Schema) -> list[str]:
    """Every `Type.field` that is neither a declared word nor a plain attribute of a small value such as Money.

    Root types are left out (verbs live in resolvers), and so are payloads, connections and page infos.
    """
    found = []
    roots = {each.name for each in _roots(schema)}
    for name, kind in sorted(_own_types(schema)):
        if (
            name in roots
            or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
            or name.endswith(_MADE_OTHERWISE)
        ):
            continue
        is_view = hasattr(kind.extensions[_BACK].origin, "__view__")
        for field_name, field in kind.fields.items():
            said = field.extensions[_BACK]
            if not isinstance(said, ViewField) and (is_view or not said.is_basic_field):
                found.append(f"{name}.{field_name}")
    return found


def broken_edges(schema: strawberry.Schema) -> list[str]:
    """Every `Type.field` whose edge names a key or a column that is not there, or may not be ordered by."""
    found = []
    for name, kind in sorted(_own_types(schema)):
        if isinstance(kind, GraphQLObjectType):
            for field_name, field in kind.fields.items():
                said = field.extensions[_BACK]
                if isinstance(said, ViewField) and isinstance(said.declared, Edge):
                    views = views_of(schema._schema, get_named_type(field.type))
                    source = getattr(kind.extensions[_BACK].origin, "__view__", None)
                    found += [f"{name}.{field_name}: {each}" for each in _broken(said.declared, source, list(views))]
    return found


def _broken(edge: Edge, source: View | None, views: list[View]) -> Iterator[str]:
    if edge.kind is EdgeKind.LOOKUP:
        return
    if edge.kind is EdgeKind.NAMED and source is not None:
        yield "only the root names things: everything else is reached by an edge"
    if not views:
        yield "leads to no view: name those of its interface in Schema(types=…)"
        return
    row, here = together(views).row, source.row if source else None
    if edge.by is not None:
        holder, pointed_to = (here, row) if edge.kind is EdgeKind.ONE else (row, here)
        if not (holder and pointed_to and (holds_keys(holder, edge.by) or _points_to(holder, edge.by, pointed_to))):
            yield f"no foreign key {edge.by} between {row.__name__} and {here.__name__ if here else 'the root'}"
    for column in edge.order_by + edge.orderings:
        meant = column_of(row, column.lstrip("-"))
        if meant is None or (meant.null and column in edge.orderings):
            yield f"{row.__name__} cannot be ordered by {column}"


def _points_to(holder: RowType, by: str, pointed_to: RowType) -> bool:
    # The relation names its model as a text until the database is opened.
    named = getattr(holder._meta.fields_map.get(by), "model_name", "")
    return str(named).rpartition(".")[2] == pointed_to.__name__


def undescribed(schema: strawberry.Schema) -> list[str]:
    """Every type, field, argument and enum value without a description."""
    return sorted(name for kind_name, kind in _own_types(schema) for name in _without_description(kind_name, kind))


def _without_description(name: str, kind: GraphQLNamedType) -> Iterator[str]:
    if not kind.description:
        yield name
    if isinstance(kind, GraphQLEnumType):
        yield from (f"{name}.{key}" for key, value in kind.values.items() if not value.description)
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        yield from (f"{name}.{key}" for key, field in kind.fields.items() if not field.description)
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        for key, field in kind.fields.items():
            yield from (f"{name}.{key}({each})" for each, given in field.args.items() if not given.description)


def _own_types(schema: strawberry.Schema) -> Iterator[tuple[str, GraphQLNamedType]]:
    for name, kind in schema._schema.type_map.items():
        if not name.startswith("__"):
            yield name, kind


def _roots(schema: strawberry.Schema) -> Iterator[GraphQLObjectType]:
    core = schema._schema
    yield from filter(None, (core.query_type, core.mutation_type, core.subscription_type))
