"""What a variable is coerced to: by our coercers as by graphql-core, for every input of the schema."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    get_named_type,
    is_required_input_field,
)
from graphql.utilities import coerce_input_value

from resolvers import build_schema
from schema.compiled.coercion import coercer_of

SCHEMA = build_schema()._schema
INPUTS = [kind for kind in SCHEMA.type_map.values() if isinstance(kind, GraphQLInputObjectType)]
SAMPLES = {
    "Int": 7,
    "Boolean": True,
    "Amount": "12.34",
    "DateTime": "2026-11-22T09:30:00+01:00",
    "Date": "2026-11-22",
}
# What somebody may send in the place of any value.
ODD: tuple[Any, ...] = (None, 1, 2**31, 1.5, True, "?", "", [], ["?"], [None], [[]], {}, {"?": 1})


def sample(kind: Any, *, everything: bool) -> Any:
    """A value of the type: with all its fields, or those alone that it must have."""
    if isinstance(kind, GraphQLNonNull):
        return sample(kind.of_type, everything=everything)
    if isinstance(kind, GraphQLList):
        return [sample(kind.of_type, everything=everything)] * 2
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        chosen = [name for name, each in kind.fields.items() if everything or is_required_input_field(each)]
        is_one_of = kind.extensions["strawberry-definition"].is_one_of
        chosen = list(kind.fields)[:1] if is_one_of else chosen
        return {name: sample(kind.fields[name].type, everything=everything) for name in chosen}
    return SAMPLES.get(kind.name, "some text")


def spoiled(value: Any) -> Iterator[Any]:
    """The value with something odd at each of its places, one after the other."""
    yield from ODD
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for place, part in parts:
        for odd in spoiled(part):
            copied = value.copy()
            copied[place] = odd
            yield copied
    if isinstance(value, dict):
        yield {**value, "nobodyKnowsThis": 1}
        yield from ({name: part for name, part in value.items() if name != gone} for gone in value)


def is_endless(kind: GraphQLInputObjectType, within: tuple[Any, ...] = ()) -> bool:
    """Whether it may hold itself."""
    parts = [get_named_type(each.type) for each in kind.fields.values()]
    return kind in within or any(
        is_endless(part, (*within, kind)) for part in parts if isinstance(part, GraphQLInputObjectType)
    )


@pytest.mark.parametrize("kind", INPUTS, ids=str)
def test_a_coercer_gives_what_graphql_core_gives_or_leaves_it_to_it(kind: GraphQLInputObjectType) -> None:
    coerce = coercer_of(GraphQLNonNull(kind))
    assert (coerce is None) is is_endless(kind)
    if coerce is None:
        return
    for whole in (sample(kind, everything=True), sample(kind, everything=False)):
        assert coerce(whole) == coerce_input_value(whole, GraphQLNonNull(kind)) is not Undefined
        for odd in spoiled(whole):
            made = coerce(odd)
            assert made is Undefined or made == coerce_input_value(odd, GraphQLNonNull(kind)), odd


def test_what_may_be_absent_gets_its_default() -> None:
    line = coercer_of(SCHEMA.type_map["OrderLineInput"])
    assert line is not None
    assert line({"sku": "MUG", "quantity": 2}) == {
        "sku": "MUG",
        "quantity": 2,
        "unitPrice": None,
        "discount": None,
        "tax": None,
        "components": [],
        "acceptsSubstitutes": False,
    }
