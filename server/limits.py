"""What a document may cost: bounds that are checked before anything of it runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_introspection_type,
)
from graphql.language import DirectiveNode, Visitor, visit

from schema.views import limit_exceeded
from schema.views.paging import DEFAULT_FIRST, LARGEST_FIRST
from server.settings import Settings

# Fields of one name at one place are compared pair by pair when a document is validated: hundreds take seconds.
MOST_REPEATS = 20
MOST_SPREADS = 200


@dataclass(frozen=True)
class DocumentLimits:
    """The bounds of one document, from the settings."""

    tokens: int
    depth: int
    aliases: int
    directives: int
    nodes: int

    @classmethod
    def of(cls, settings: Settings) -> "DocumentLimits":
        return cls(
            settings.max_tokens,
            settings.max_depth,
            settings.max_aliases,
            settings.max_directives,
            settings.max_nodes,
        )


def shape_refusal(document: DocumentNode, limits: DocumentLimits) -> GraphQLError | None:
    """Why the document is too large to be validated at all, or None. Looks at its form alone, once."""
    count = _Count()
    visit(document, count)
    if count.aliases > limits.aliases:
        return limit_exceeded(f"The document has {count.aliases} aliases; at most {limits.aliases} are allowed.")
    if count.directives > limits.directives:
        return limit_exceeded(
            f"The document has {count.directives} directives; at most {limits.directives} are allowed."
        )
    if count.spreads > MOST_SPREADS:
        return limit_exceeded(f"The document spreads {count.spreads} fragments; at most {MOST_SPREADS} are allowed.")
    if count.repeats > MOST_REPEATS:
        return limit_exceeded(f"The document selects a field {count.repeats} times; at most {MOST_REPEATS} make sense.")
    deepest = max((_Depth(document).of(each.selection_set) for each in _operations(document)), default=0)
    if deepest > limits.depth:
        return limit_exceeded(f"The document is {deepest} fields deep; at most {limits.depth} are allowed.")
    return None


class _Count(Visitor):
    """Counts what a document has of each sort, as it is written."""

    def __init__(self) -> None:
        super().__init__()
        self.aliases = self.directives = self.spreads = self.repeats = 0

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.aliases += node.alias is not None

    def enter_directive(self, _node: DirectiveNode, *_: Any) -> None:
        self.directives += 1

    def enter_fragment_spread(self, _node: FragmentSpreadNode, *_: Any) -> None:
        self.spreads += 1

    def enter_selection_set(self, node: SelectionSetNode, *_: Any) -> None:
        seen: dict[str, int] = {}
        for field in _fields_here(node.selections):
            name = (field.alias or field.name).value
            seen[name] = seen.get(name, 0) + 1
        self.repeats = max(self.repeats, max(seen.values(), default=0))


def _fields_here(selections: Iterable[SelectionNode]) -> Iterable[FieldNode]:
    """The fields of a selection, those within inline fragments too."""
    waiting = list(selections)
    while waiting:
        node = waiting.pop()
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            waiting.extend(node.selection_set.selections)


class _Depth:
    """How deep fields nest, through fragments; each fragment is measured once."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = _fragments(document)
        self._known: dict[str, int] = {}

    def of(self, selected: SelectionSetNode | None) -> int:
        return max((self._of_node(node) for node in selected.selections), default=0) if selected else 0

    def _of_node(self, node: SelectionNode) -> int:
        match node:
            case FieldNode():
                # graphql-core has a rule of its own against deep introspection (MaxIntrospectionDepthRule).
                return 0 if node.name.value.startswith("__") else 1 + self.of(node.selection_set)
            case InlineFragmentNode():
                return self.of(node.selection_set)
            case FragmentSpreadNode():
                return self._of_fragment(node.name.value)
        raise AssertionError(node.kind)

    def _of_fragment(self, name: str) -> int:
        if name not in self._known:
            self._known[name] = 0  # of a fragment within itself, which validation refuses
            fragment = self._fragments.get(name)
            self._known[name] = self.of(fragment.selection_set) if fragment else 0
        return self._known[name]


def cost_refusal(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    limits: DocumentLimits,
) -> GraphQLError | None:
    """Why a valid operation asks for too many nodes, or None.

    Each connection asks for its `first`, times the `first` of those around it; their sum is the cost. Plain lists are
    small by the domain's own bounds, and not counted.
    """
    cost = _Cost(schema, document, operation, variables).of_operation()
    if cost > limits.nodes:
        return limit_exceeded(f"This asks for up to {cost} nodes; at most {limits.nodes} are allowed. Lower `first`.")
    return None


class _Cost:
    """Nodes that a selection asks for, per object that it is selected on; so a fragment is reckoned once."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema, self._operation, self._variables = schema, operation, variables
        self._fragments = _fragments(document)
        self._known: dict[str, int] = {}

    def of_operation(self) -> int:
        root = self._schema.get_root_type(self._operation.operation)
        return self._of(self._operation.selection_set, root)

    def _of(self, selected: SelectionSetNode | None, parent: Any) -> int:
        return sum(self._of_node(node, parent) for node in selected.selections) if selected else 0

    def _of_node(self, node: SelectionNode, parent: Any) -> int:
        match node:
            case FieldNode():
                return self._of_field(node, parent)
            case InlineFragmentNode():
                condition = node.type_condition
                return self._of(
                    node.selection_set, self._schema.get_type(condition.name.value) if condition else parent
                )
            case FragmentSpreadNode():
                return self._of_fragment(node.name.value)
        raise AssertionError(node.kind)

    def _of_field(self, node: FieldNode, parent: Any) -> int:
        field = getattr(parent, "fields", {}).get(node.name.value)
        if field is None:  # __typename, __schema
            return 0
        below = get_named_type(field.type)
        if not is_composite_type(below) or is_introspection_type(below):
            return 0
        inner = self._of(node.selection_set, below)
        if "first" not in field.args:
            return inner
        first = self._first(node)
        return first + first * inner

    def _first(self, node: FieldNode) -> int:
        value: Any = None
        for argument in node.arguments or ():
            if argument.name.value == "first":
                match argument.value:
                    case IntValueNode():
                        value = int(argument.value.value)
                    case VariableNode():
                        value = self._variables.get(argument.value.name.value, self._default_of(argument.value))
        if value is None:
            return DEFAULT_FIRST
        # Out of range it is refused by the list itself; not understood, it is the most that it could be.
        return min(max(value, 0), LARGEST_FIRST) if isinstance(value, int) else LARGEST_FIRST

    def _default_of(self, variable: VariableNode) -> int | None:
        for defined in self._operation.variable_definitions or ():
            if defined.variable.name.value == variable.name.value and isinstance(defined.default_value, IntValueNode):
                return int(defined.default_value.value)
        return None

    def _of_fragment(self, name: str) -> int:
        if name not in self._known:
            fragment = self._fragments[name]
            condition = self._schema.get_type(fragment.type_condition.name.value)
            self._known[name] = self._of(fragment.selection_set, condition)
        return self._known[name]


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    found = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
    return {each.name.value: each for each in found}


def _operations(document: DocumentNode) -> Iterable[OperationDefinitionNode]:
    return (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
