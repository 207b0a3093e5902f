"""Kinds: the types behind an interface or a union. Those of which the same is asked are written once, not each."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from graphql import FieldNode, GraphQLObjectType

from schema.compiled.plan import quoted
from schema.views.fields import ViewField


def alike(asked: Mapping[GraphQLObjectType, Mapping[str, list[FieldNode]]]) -> list[list[GraphQLObjectType]]:
    """The kinds in groups, by which words what is asked of them says. All are views of one table's rows."""
    groups: dict[Hashable, list[GraphQLObjectType]] = {}
    for kind, fields in asked.items():
        words = tuple((key, tuple(map(id, nodes)), _word(kind, nodes[0].name.value)) for key, nodes in fields.items())
        groups.setdefault(words, []).append(kind)
    return list(groups.values())


def _word(kind: GraphQLObjectType, name: str) -> Hashable:
    if name == "__typename":
        return None
    of = kind.fields.get(name)
    said: Any = of.extensions["strawberry-definition"] if of is not None else None
    if of is None or of.args or not isinstance(said, ViewField) or not _is_hashable(said.declared):
        return kind.name  # like no other
    return said.declared, str(of.type)


def _is_hashable(word: object) -> bool:
    try:
        hash(word)
    except TypeError:  # there is a condition in it
        return False
    return True


def typename(names: Sequence[tuple[str, str]], sql: str) -> str:
    """The JSON of a row's typename, in SQL, where its column gives these values for these names."""
    if all(value == name for value, name in names):
        return f"'\"' || {sql} || '\"'"
    cases = " ".join(f"when {quoted(value)} then {quoted(name)}" for value, name in names)
    return f"'\"' || case {sql} {cases} end || '\"'"
