"""Random, valid operations, drawn from the schema itself: a new field is tested the day it is declared."""

import json
import random
import re
from collections.abc import Sequence
from typing import Any

import graphql as g

from schema.compiled import Operation
from tests.builders import SCHEMA

_CURSOR = re.compile(r'"((?:[0-9a-f]{2}){40,})"')
TIMES = ("2026-11-01T00:00:01Z", "2026-11-20T02:00:00.999600+02:00", "2026-11-23T12:00:00.000Z", "2030-01-01T00:00:00Z")
DEEPEST = 5
# What Python alone knows, and nobody asks for often.
NOT_COMPILED = {
    ("Query", "viewer"),
    ("Query", "ordersCursor"),
    ("Query", "stockCursor"),
    ("Query", "stockConsistency"),
    ("Query", "availability"),
}


class Queries:
    """Writes operations. `ids` and `texts` are what it names things by; cursors are learned from answers."""

    def __init__(
        self, schema: g.GraphQLSchema, chance: random.Random, ids: Sequence[str], texts: Sequence[str]
    ) -> None:
        self._schema, self._chance, self._ids, self._texts = schema, chance, ids, texts
        self._cursors: list[str] = ["", "nonsense", "6f72646572"]
        self._declared: list[str] = []
        self._fragments: list[str] = []
        self._variables: dict[str, Any] = {}
        self._about = ""  # the kind of thing that an id or a cursor should name

    def learn(self, answer: bytes) -> None:
        """Remember the cursors of an answer."""
        self._cursors = (self._cursors + _CURSOR.findall(answer.decode()))[-40:]

    def operation(self, root: str | None = None) -> tuple[str, dict[str, Any]]:
        """A document with one operation, and its variables; of this root field, or of any."""
        self._declared, self._fragments, self._variables = [], [], {}
        assert self._schema.query_type
        body = self._selection(self._schema.query_type, 0, only=root)
        head = f"query Q({', '.join(self._declared)}) " if self._declared else "query Q "
        return "\n".join([head + body, *self._fragments]), self._variables

    def payload(self, verb: str) -> tuple[str, dict[str, Any]]:
        """A document that carries out one verb with the variable `input`, and its other variables."""
        self._declared, self._fragments, self._variables = [], [], {}
        assert self._schema.mutation_type
        of = self._schema.mutation_type.fields[verb]
        body = self._selection(g.get_named_type(of.type), 1)
        self._declared.append(f"$input: {of.args['input'].type}")
        head = f"mutation M({', '.join(self._declared)}) {{ {verb}(input: $input) {body} }}"
        return "\n".join([head, *self._fragments]), self._variables

    # -- selections -----------------------------------------------------------------------------------------------
    def _selection(self, kind: Any, depth: int, *, aliased: bool = False, only: str | None = None) -> str:
        chance = self._chance
        if g.is_abstract_type(kind):
            return self._of_kinds(kind, depth)
        fields = [
            name
            for name, of in kind.fields.items()
            if (depth < DEEPEST or g.is_leaf_type(g.get_named_type(of.type))) and (kind.name, name) not in NOT_COMPILED
        ]
        most = 2 if depth == 0 else 7 if depth < 3 else 4
        chosen = [only] if only else chance.sample(fields, chance.randint(1, min(len(fields), most))) if fields else []
        parts = ["__typename"] if chance.random() < 0.2 or not chosen else []
        parts += [self._field(kind, name, depth, aliased=aliased) for name in chosen]
        return "{ " + " ".join(parts) + " }"

    def _of_kinds(self, kind: Any, depth: int) -> str:
        possible = list(self._schema.get_possible_types(kind))
        kinds = self._chance.sample(possible, min(len(possible), self._chance.randint(0, 6)))
        shared = [name for name, of in getattr(kind, "fields", {}).items() if g.is_leaf_type(g.get_named_type(of.type))]
        parts = ["__typename", *self._chance.sample(shared, self._chance.randint(0, len(shared)))]
        parts += [f"... on {each.name} {self._selection(each, depth + 1, aliased=True)}" for each in kinds]
        return "{ " + " ".join(parts) + " }"

    def _field(self, kind: Any, name: str, depth: int, *, aliased: bool) -> str:
        chance, of = self._chance, kind.fields[name]
        below = g.get_named_type(of.type)
        needs_alias = bool(of.args) or aliased or chance.random() < 0.2
        alias = f"a{depth}_{chance.randint(0, 10**9)}: " if needs_alias else ""
        inner = "" if g.is_leaf_type(below) else " " + self._selection(below, depth + 1)
        part = f"{alias}{name}{self._arguments(of)}{self._directive()}{inner}"
        dice = chance.random()
        if dice < 0.08:
            return f"...{chance.choice(['', f' on {kind.name}'])}{self._directive()} {{ {part} }}"
        if dice < 0.16:
            fragment = f"F{len(self._fragments)}"
            self._fragments.append(f"fragment {fragment} on {kind.name} {{ {part} }}")
            again = f" ...{fragment}" if chance.random() < 0.2 else ""
            return f"...{fragment}{self._directive()}{again}"
        if dice < 0.24 and not of.args and inner:  # the same key twice: its selections merge
            return f"{part} {alias}{name} {{ __typename }}"
        return part

    def _directive(self) -> str:
        if self._chance.random() < 0.92:
            return ""
        condition = self._said(g.GraphQLNonNull(g.GraphQLBoolean), self._chance.random() < 0.5)
        return f" @{self._chance.choice(['skip', 'include'])}(if: {condition})"

    # -- arguments ------------------------------------------------------------------------------------------------
    def _arguments(self, of: g.GraphQLField) -> str:
        said = []
        for name, argument in of.args.items():
            left_out = 0.85 if name == "after" else 0.55
            if not g.is_required_argument(argument) and self._chance.random() < left_out:
                continue
            self._about = _thing(g.get_named_type(of.type).name)
            value = self._first() if name == "first" else self._value(argument.type, 0)
            if not isinstance(argument.type, g.GraphQLNonNull) and self._chance.random() < 0.03:
                value = None
            said.append(f"{name}: {self._said(argument.type, value, has_default=argument.default is not None)}")
        return f"({', '.join(said)})" if said else ""

    def _first(self) -> int:
        return 101 if self._chance.random() < 0.01 else self._chance.choice([0, 1, 2, 2, 5, 5, 20, 100])

    def _said(self, kind: Any, value: Any, *, has_default: bool = False) -> str:
        """The value as a variable, or as it is written in a document."""
        chance = self._chance
        if chance.random() < 0.5:
            return _written(kind, value)
        if isinstance(kind, g.GraphQLNonNull) and has_default and chance.random() < 0.3:
            kind = kind.of_type  # a variable that may be absent, for an argument that has a default
        name, dice = f"v{len(self._declared)}", chance.random()
        may_be_absent = not isinstance(kind, g.GraphQLNonNull)
        if dice < 0.15:  # by the operation's own default, unless another value is sent
            self._declared.append(f"${name}: {kind} = {_written(kind, value)}")
            if may_be_absent and dice < 0.02:
                self._variables[name] = None
            return f"${name}"
        self._declared.append(f"${name}: {kind}")
        if not (may_be_absent and dice < 0.25):
            self._variables[name] = _loosened(kind, value) if dice > 0.8 else value
        return f"${name}"

    def _value(self, kind: Any, depth: int) -> Any:
        chance = self._chance
        if isinstance(kind, g.GraphQLNonNull):
            return self._value(kind.of_type, depth)
        if isinstance(kind, g.GraphQLList):
            most = 3 if depth < 3 else 0
            return [self._value(kind.of_type, depth) for _ in range(chance.randint(0, most))]
        if isinstance(kind, g.GraphQLEnumType):
            return chance.choice(list(kind.values))
        if isinstance(kind, g.GraphQLInputObjectType):
            return self._input(kind, depth)
        return {
            "ID": lambda: self._fitting(self._ids, f"{self._about}_"),
            "String": lambda: chance.choice(self._texts),
            "Int": lambda: chance.choice([-1, 0, 1, 2, 5, 100, 2**31 - 1]),
            "Boolean": lambda: chance.random() < 0.5,
            "DateTime": lambda: chance.choice(TIMES),
            "Cursor": lambda: self._fitting(self._cursors, f"{self._about}.".encode().hex()),
        }[kind.name]()

    def _fitting(self, offered: Sequence[str], start: str) -> str:
        """One that begins so, nearly always."""
        fitting = [each for each in offered if each.startswith(start)] if self._chance.random() < 0.95 else []
        return self._chance.choice(fitting or list(offered))

    def _input(self, kind: g.GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        chance = self._chance
        if kind.extensions["strawberry-definition"].is_one_of:
            name = chance.choice(list(kind.fields))
            return {name: self._value(kind.fields[name].type, depth + 1)}
        made: dict[str, Any] = {}
        for name, field in kind.fields.items():
            is_nested = name in ("AND", "OR")
            if isinstance(field.type, g.GraphQLNonNull) or chance.random() < (0.08 if is_nested else 0.25):
                if is_nested and depth > 2:
                    continue
                if getattr(field.type, "name", "") == "IdFilter":
                    self._about = name
                is_null = not isinstance(field.type, g.GraphQLNonNull) and chance.random() < 0.02
                made[name] = None if is_null else self._value(field.type, depth + 1)
        return made


def _loosened(kind: Any, value: Any) -> Any:
    """The same to GraphQL: a list of one is what is in it."""
    if isinstance(kind, g.GraphQLNonNull):
        return _loosened(kind.of_type, value)
    if isinstance(kind, g.GraphQLList) and isinstance(value, list) and len(value) == 1:
        return _loosened(kind.of_type, value[0])
    if isinstance(kind, g.GraphQLInputObjectType) and isinstance(value, dict):
        return {name: _loosened(kind.fields[name].type, each) for name, each in value.items()}
    return value


def _thing(kind: str) -> str:
    """The kind of thing as ids name it: stock_level of StockLevelConnection."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.removesuffix("Connection")).lower()


def _written(kind: Any, value: Any) -> str:
    """A value as a literal of a document."""
    if isinstance(kind, g.GraphQLNonNull):
        return _written(kind.of_type, value)
    if value is None:
        return "null"
    if isinstance(kind, g.GraphQLList):
        return f"[{', '.join(_written(kind.of_type, each) for each in value)}]"
    if isinstance(kind, g.GraphQLEnumType):
        return str(value)
    if isinstance(kind, g.GraphQLInputObjectType):
        fields = (f"{name}: {_written(kind.fields[name].type, each)}" for name, each in value.items())
        return f"{{{', '.join(fields)}}}"
    return json.dumps(value)


def operation_of(text: str) -> Operation:
    """The one operation of a document. Its plan is its own, and so is what is kept for it."""
    document = g.parse(text)
    assert not (errors := g.validate(SCHEMA._schema, document)), (errors, text)
    [definition] = [each for each in document.definitions if isinstance(each, g.OperationDefinitionNode)]
    return Operation(SCHEMA, document, definition)
