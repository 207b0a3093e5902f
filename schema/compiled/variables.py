"""Variables: what of them belongs to a plan, and what is only a value for it."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    VariableDefinitionNode,
    VariableNode,
    type_from_ast,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.language import Visitor, visit

from schema.compiled.coercion import Coercer, coercer_of


class Variables:
    """The variables of one operation: those whose very value a plan holds, and the types of the others."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        search = _Literal()
        visit(document, search)
        self._schema, self._definitions = schema, operation.variable_definitions or ()
        self._ready = _ready(schema, self._definitions)
        given_away = _of_verbs(document, operation)
        self._kinds: Mapping[str, Any] = {
            each.variable.name.value: None
            if each.variable.name.value in search.found
            else type_from_ast(schema, each.type)
            for each in operation.variable_definitions or ()
            if each.variable.name.value not in given_away
        }

    def coerced(self, given: Mapping[str, Any]) -> VariableValues | None:
        """Their values; None when something is refused, which the usual way tells of."""
        if self._ready is not None:
            sources, values = {}, {}
            for name, signature, coerce, is_needed in self._ready:
                value: Any = given.get(name, Undefined)
                if value is Undefined and not is_needed:
                    sources[name] = VariableValueSource(signature)
                    continue
                made = value if value is Undefined else coerce(value)
                if made is Undefined:
                    break
                sources[name], values[name] = VariableValueSource(signature, value), made
            else:
                return VariableValues(sources, values)
        found = get_variable_values(self._schema, self._definitions, dict(given))
        return found if isinstance(found, VariableValues) else None

    def shape(self, values: VariableValues) -> Hashable:
        """Equal for requests that one plan serves: it differs by what is there, by enums, lengths and kinds of ids."""
        given = values.coerced
        return tuple(
            [
                (str(given[name]) if kind is None else _shape(kind, given[name])) if name in given else None
                for name, kind in self._kinds.items()
            ]
        )


class _Names(Visitor):
    """Counts how often each variable stands somewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.found[node.name.value] += 1


def _of_verbs(document: DocumentNode, operation: OperationDefinitionNode) -> set[str]:
    """The variables of a mutation that only its verbs are given: no statement depends on them."""
    if operation.operation is not OperationType.MUTATION:
        return set()
    everywhere, verbs = _Names(), _Names()
    visit(document, everywhere)
    for node in operation.selection_set.selections:
        for argument in node.arguments or () if isinstance(node, FieldNode) else ():
            visit(argument, verbs)
    # Once more in its definition.
    return {name for name, count in verbs.found.items() if everywhere.found[name] == count + 1}


_LONGEST_PREFIX = 40  # of those that an id may have; what is longer names nothing, and is not to be remembered


def _ready(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]
) -> list[tuple[str, GraphQLVariableSignature, Coercer, bool]] | None:
    """How each variable is coerced without asking for each request what the types are; None where that is not known."""
    found = []
    for each in definitions:
        kind: Any = type_from_ast(schema, each.type)
        coerce, signature = coercer_of(kind), get_variable_signature(schema, each)
        if coerce is None or isinstance(signature, GraphQLError):
            return None
        # A variable that has a default is no more than needed: graphql-core knows what to do without it.
        is_needed = isinstance(kind, GraphQLNonNull) or each.default_value is not None
        found.append((each.variable.name.value, signature, coerce, is_needed))
    return found


class _Literal(Visitor):
    """Finds the variables that decide which fields there are, and how long a page is."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        for argument in node.arguments or ():
            self._note(argument)

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        if node.name.value == "first":
            self._note(node)

    def _note(self, argument: ArgumentNode) -> None:
        if isinstance(argument.value, VariableNode):
            self.found.add(argument.value.name.value)


def _shape(kind: Any, value: Any) -> Hashable:
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if value is None or isinstance(kind, GraphQLEnumType):
        return str(value)
    if isinstance(kind, GraphQLList):
        return tuple([_shape(kind.of_type, each) for each in (value if isinstance(value, list) else [value])])
    if isinstance(kind, GraphQLInputObjectType):
        return tuple([(name, _shape(kind.fields[name].type, each)) for name, each in sorted(value.items())])
    if kind.name == "ID":  # a look-up is compiled for the kind of thing that its id names
        return str(value).rpartition("_")[0][:_LONGEST_PREFIX]
    # An empty prefix demands nothing, and a text that is longer than its column names nothing: both have other shapes.
    return len(value) if kind.name == "String" and isinstance(value, str) else "?"
