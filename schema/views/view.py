"""`@view_of(Row, visible=...)`: a GraphQL type as a view of a row."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar, dataclass_transform, get_args

import strawberry
from graphql import GraphQLNamedType, GraphQLObjectType, GraphQLSchema, get_named_type, is_abstract_type
from tortoise.expressions import Q

from domain.kernel.actor import Scope
from schema.views.fields import (
    ViewField,
    column,
    computed,
    connection,
    declare,
    exists,
    many,
    money,
    one,
    parts,
    pointed,
)
from schema.views.words import (
    Column,
    Computed,
    Edge,
    EdgeKind,
    Exists,
    GlobalId,
    MinorUnits,
    Parts,
    RowType,
    Value,
    column_of,
    foreign_key_column,
    term,
)


@dataclass(frozen=True)
class View:
    """What a GraphQL type is a view of, who may see which rows, and how its ids begin.

    `when` is a column and its values, where several types share the rows of one table (a type per kind of event).
    """

    row: RowType
    visible: Callable[[Scope], Q]
    prefix: str
    when: tuple[str, tuple[Any, ...]] | None = None

    def condition(self, scope: Scope) -> Q:
        """Which rows there are for this scope."""
        visible = self.visible(scope)
        return visible if self.when is None else Q(visible, term(f"{self.when[0]}__in", list(self.when[1])))

    def shows(self, source: Any) -> bool:
        """Whether this row is one of them, as far as its type goes."""
        return isinstance(source, self.row) and (self.when is None or getattr(source, self.when[0]) in self.when[1])


def together(views: Sequence[View]) -> View:
    """One view of all the rows that several views share, to read what an edge to their interface or union leads to."""
    if len(views) == 1:
        return views[0]
    assert len({(each.row, each.visible) for each in views}) == 1, "an edge leads to rows of one table"
    columns = {each.when[0] for each in views if each.when}
    assert len(columns) == 1, "views of one table behind one edge are told apart by the values of one column (when=)"
    values = tuple(value for each in views if each.when for value in each.when[1])
    prefixes = dict.fromkeys(each.prefix for each in views)
    return View(views[0].row, views[0].visible, "+".join(prefixes), (columns.pop(), values))


@strawberry.interface(description="Anything with a global id.")
class Node:
    id: strawberry.ID = strawberry.field(description="The global id: the kind of thing, `_`, and 32 hex digits.")


T = TypeVar("T")


@dataclass_transform(
    kw_only_default=True, field_specifiers=(column, money, parts, exists, computed, one, pointed, many, connection)
)
def view_of(
    row: RowType, *, visible: Callable[[Scope], Q], prefix: str | None = None, when: tuple[str, Any] | None = None
) -> Callable[[type[T]], type[T]]:
    """A GraphQL type over `row`: a bare annotation is the column of that name; every other field says its word.

    What it says is held against the row when the module is imported: a lie would fail a whole page at run time.
    `when=("kind", "ORDER_PLACED")` makes it a view of those rows only whose column has this value.
    """

    def decorate(cls: type[T]) -> type[T]:
        assert cls.__doc__, f"{cls.__name__} has no docstring: it is the description"
        named = prefix or re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        cls.__annotations__ = {"id": strawberry.ID, **cls.__annotations__}
        setattr(cls, "id", declare(GlobalId(named), f"The global id: `{named}_` and 32 hex digits."))  # noqa: B010
        for name in cls.__annotations__:
            if not isinstance(cls.__dict__.get(name), ViewField):
                assert name not in cls.__dict__, f"{cls.__name__}.{name} says no word of a view"
                setattr(cls, name, column(name))
        for name, annotation in cls.__annotations__.items():
            _settle(cls, name, row, is_nullable=_is_nullable(annotation))
        _check_interfaces(cls)
        made = View(row, visible, named, (when[0], (when[1],)) if when else None)
        # The source is the row itself, so Strawberry cannot tell by the class.
        setattr(cls, "is_type_of", staticmethod(lambda source, _info: made.shows(source)))  # noqa: B010
        setattr(cls, "__view__", made)  # noqa: B010
        return strawberry.type(cls, description=_unwrapped(cls.__doc__))

    return decorate


def view(cls: type[Any]) -> View:
    """The view that a decorated class is."""
    return cls.__view__  # type: ignore[no-any-return]


@lru_cache(maxsize=4096)  # a schema has some hundreds of edges; a test may make several schemas
def views_of(schema: GraphQLSchema, named: GraphQLNamedType) -> dict[View, type[Any]]:
    """The views that a field of this GraphQL type can answer with.

    One, or several behind an interface or a union; those of its nodes for a connection.
    """
    if isinstance(named, GraphQLObjectType) and "nodes" in named.fields:
        named = get_named_type(named.fields["nodes"].type)
    types = schema.get_possible_types(named) if is_abstract_type(named) else [named]
    origins = [each.extensions["strawberry-definition"].origin for each in types if isinstance(each, GraphQLObjectType)]
    assert all(hasattr(origin, "__view__") for origin in origins), f"{named.name} is not made of views"
    return {origin.__view__: origin for origin in origins}


def _check_interfaces(cls: type[Any]) -> None:
    """What an interface promises, each of its views declares: an inherited field would say no word."""
    for base in cls.__mro__[1:]:
        definition = base.__dict__.get("__strawberry_definition__")
        for promised in definition.fields if definition else ():
            assert promised.python_name in cls.__annotations__, (
                f"{cls.__name__} does not declare {promised.python_name}"
            )


def _settle(cls: type[Any], name: str, row: RowType, *, is_nullable: bool) -> None:
    """Hold one field against the row, and fill in what follows from it: its description, what its needs stand for."""
    field: ViewField = cls.__dict__[name]
    declared, where = field.declared, f"{cls.__name__}.{name}"
    if isinstance(declared, Column):
        meant = column_of(row, declared.name)
        assert meant is not None, f"{where}: {row.__name__} has no column {declared.name}"
        assert meant.null == is_nullable, f"{where}: the column is {'nullable' if meant.null else 'never null'}"
    elif isinstance(declared, Parts):
        declared = replace(declared, absent_with=declared.first_column if is_nullable else None)
        _check_parts(declared, row, where)
    elif isinstance(declared, Computed):
        declared = replace(declared, words=tuple(_meaning(cls, need, row, where) for need in declared.needs))
    elif isinstance(declared, Exists):
        foreign_key_column(declared.row, declared.by)
        if declared.on is not None:
            key = column_of(row, declared.on)
            assert key is not None, f"{where}: {row.__name__} has no column {declared.on}"
            assert not key.null, f"{where}: {declared.on} may be null"
    elif isinstance(declared, Edge) and declared.kind is EdgeKind.ONE:
        assert is_nullable, f"{where}: an edge that may be hidden is nullable"
        assert column_of(row, declared.key_column(row)) is not None, f"{where}: {row.__name__} has no such key"
    field.metadata = {"declared": declared}  # type: ignore[assignment]
    field.description = field.description or _column_description(declared, row)
    assert field.description, f"{where} has no description: describe the column, or give doc="


def _check_parts(declared: Parts, row: RowType, where: str) -> None:
    """Amounts need both of their columns, unless the whole object is null with the first."""
    for _, part in declared.by_field:
        if isinstance(part, Parts):
            _check_parts(part, row, where)
            continue
        for name in (part.minor, part.currency) if isinstance(part, MinorUnits) else (part.name,):
            meant = column_of(row, name)
            assert meant is not None, f"{where}: {row.__name__} has no column {name}"
            may_be_null = not isinstance(part, MinorUnits) or declared.absent_with == name
            assert may_be_null or not meant.null, f"{where}: {name} may be null"


def _meaning(cls: type[Any], need: str, row: RowType, where: str) -> Value | Exists | Computed:
    field = cls.__dict__.get(need)
    if not isinstance(field, ViewField):
        assert column_of(row, need) is not None, f"{where} needs {need}, which is neither a field nor a column"
        return Column(need)
    declared = field.declared
    assert not isinstance(declared, Edge), f"{where} needs {need}, which is an edge"
    if isinstance(declared, Computed):
        return replace(declared, words=tuple(_meaning(cls, each, row, where) for each in declared.needs))
    return declared


def _column_description(declared: Any, row: RowType) -> str | None:
    named = (
        declared.name if isinstance(declared, Column) else declared.first_column if isinstance(declared, Parts) else ""
    )
    meant = column_of(row, named)
    return meant.description if meant else None


def _is_nullable(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return bool(re.search(r"\|\s*None$|^None\s*\||^Optional\[", annotation.strip()))
    return type(None) in get_args(annotation)


def _unwrapped(docstring: str) -> str:
    """A docstring as one paragraph per blank line, without its indentation."""
    paragraphs = re.split(r"\n\s*\n", docstring.strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
