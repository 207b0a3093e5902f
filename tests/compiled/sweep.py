"""Every field of every type, on the shortest way that leads to the type: what chance may have left out."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import graphql as g

from tests.compiled.queries import NOT_COMPILED

FIELDS_AT_ONCE = 25


def every_field(schema: g.GraphQLSchema) -> Iterator[str]:
    """Documents which together select every field of every object type that a query can lead to.

    Fields that need arguments are left out: the root's alone do.
    """
    for kind, way in ways(schema):
        fields = [_shown(schema, name, of) for name, of in kind.fields.items() if _is_free(kind, name, of)]
        for start in range(0, len(fields), FIELDS_AT_ONCE):
            yield way.replace("*", " ".join(fields[start : start + FIELDS_AT_ONCE]))


def ways(schema: g.GraphQLSchema) -> Iterator[tuple[g.GraphQLObjectType, str]]:
    """Each type, and a document with a star where its fields belong."""
    assert schema.query_type
    seen, waiting = {schema.query_type.name}, deque([(schema.query_type, "{ * }")])
    while waiting:
        kind, way = waiting.popleft()
        yield kind, way
        for name, of in kind.fields.items():
            named: Any = g.get_named_type(of.type)
            if g.is_leaf_type(named) or not _is_free(kind, name, of):
                continue
            possible = schema.get_possible_types(named) if g.is_abstract_type(named) else [named]
            for each in possible:
                if each.name not in seen:
                    seen.add(each.name)
                    inner = f"... on {each.name} {{ * }}" if each is not named else "*"
                    waiting.append((each, way.replace("*", f"{name} {{ {inner} }}")))


def _is_free(kind: g.GraphQLObjectType, name: str, of: g.GraphQLField) -> bool:
    return (kind.name, name) not in NOT_COMPILED and not any(map(g.is_required_argument, of.args.values()))


def _shown(schema: g.GraphQLSchema, name: str, of: g.GraphQLField) -> str:
    named: Any = g.get_named_type(of.type)
    if g.is_leaf_type(named):
        return name
    if g.is_abstract_type(named):
        return f"{name} {{ __typename }}"
    leaves = [each for each, inner in named.fields.items() if g.is_leaf_type(g.get_named_type(inner.type))]
    return f"{name} {{ {' '.join(leaves) or '__typename'} }}"
