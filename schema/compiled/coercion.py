"""Coercion: what a caller sent becomes what graphql-core makes of it, by a function that is made once for a type."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    Undefined,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

# Gives Undefined for what is refused, or so unusual that it is left to graphql-core, which says where and why.
Coercer = Callable[[Any], Any]

_LARGEST = 2**31  # of GraphQL's Int
_PLAIN: Mapping[str, type] = {"ID": str, "String": str, "Cursor": str, "Amount": str, "Boolean": bool}


def coercer_of(kind: Any, within: tuple[GraphQLInputObjectType, ...] = ()) -> Coercer | None:
    """The coercer of a type; None of one that may hold itself, whose depth nobody has bounded here."""
    match kind:
        case GraphQLNonNull():
            return _bare(kind.of_type, within)
        case _:
            bare = _bare(kind, within)
            return bare and (lambda value: None if value is None else bare(value))


def _bare(kind: Any, within: tuple[GraphQLInputObjectType, ...]) -> Coercer | None:
    """That of what is not null."""
    match kind:
        case GraphQLList():
            each = coercer_of(kind.of_type, within)
            return each and _list(each)
        case GraphQLInputObjectType():
            return None if kind in within else _object(kind, (*within, kind))
        case GraphQLScalarType(name="Int"):
            return lambda value: value if type(value) is int and -_LARGEST <= value < _LARGEST else Undefined
        case GraphQLScalarType(name=name) if name in _PLAIN:
            plain = _PLAIN[name]
            return lambda value: value if type(value) is plain else Undefined
        case GraphQLEnumType():
            return _enum(kind)
        case _:
            return _scalar(kind)


def _list(each: Coercer) -> Coercer:
    def coerced(value: Any) -> Any:
        if type(value) is not list:  # one thing may stand for a list of one
            return Undefined
        made = [each(item) for item in value]
        return Undefined if Undefined in made else made

    return coerced


def _object(kind: GraphQLInputObjectType, within: tuple[GraphQLInputObjectType, ...]) -> Coercer | None:
    fields = []
    for name, field in kind.fields.items():
        coerce = coercer_of(field.type, within)
        if coerce is None:
            return None
        default = None if is_required_input_field(field) else coerce_default_value(field)
        fields.append((name, field.out_name or name, coerce, is_required_input_field(field), default))
    names, made_of = kind.fields.keys(), kind.out_type

    def coerced(value: Any) -> Any:
        if type(value) is not dict or not value.keys() <= names:
            return Undefined
        made = {}
        for name, shown, coerce, is_required, default in fields:
            if name in value:
                part = coerce(value[name])
                if part is Undefined:
                    return Undefined
                made[shown] = part
            elif is_required:
                return Undefined
            elif default is not Undefined:
                made[shown] = default
        try:
            return made_of(made)  # refuses what is not one of a kind
        except GraphQLError:
            return Undefined

    return coerced


def _enum(kind: GraphQLEnumType) -> Coercer:
    known = {name: kind.coerce_input_value(name) for name in kind.values}
    return lambda value: known.get(value, Undefined) if type(value) is str else Undefined


def _scalar(kind: Any) -> Coercer:
    def coerced(value: Any) -> Any:
        try:
            return kind.coerce_input_value(value)
        except Exception:
            return Undefined

    return coerced
