"""Selections: which fields of an object an operation asks for, fragments, directives and all."""

from collections.abc import Iterator, Mapping, Sequence

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    get_directive_values,
    is_abstract_type,
)
from graphql.execution.values import VariableValues

Selected = Sequence[SelectionSetNode]


class Selections:
    """Collects the fields of one operation, as `CollectFields` of the GraphQL specification says."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: VariableValues) -> None:
        self.schema, self._variables = schema, variables
        self._fragments: Mapping[str, FragmentDefinitionNode] = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def fields(self, kind: GraphQLObjectType, selected: Selected) -> Mapping[str, list[FieldNode]]:
        """The fields by response key, in order; equal keys merge."""
        found: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for each in selected:
            for node in self._of(kind, each, seen):
                found.setdefault((node.alias or node.name).value, []).append(node)
        return found

    def _of(self, kind: GraphQLObjectType, selected: SelectionSetNode, seen: set[str]) -> Iterator[FieldNode]:
        for node in selected.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
                fragment: FragmentDefinitionNode | InlineFragmentNode = self._fragments[node.name.value]
            else:
                assert isinstance(node, InlineFragmentNode)
                fragment = node
            if self._applies(fragment, kind):
                yield from self._of(kind, fragment.selection_set, seen)

    def _is_included(self, node: SelectionNode) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _applies(self, fragment: FragmentDefinitionNode | InlineFragmentNode, kind: GraphQLObjectType) -> bool:
        if fragment.type_condition is None:
            return True
        on = self.schema.get_type(fragment.type_condition.name.value)
        return on is kind or (on is not None and is_abstract_type(on) and self.schema.is_sub_type(on, kind))


def below(nodes: Sequence[FieldNode]) -> list[SelectionSetNode]:
    """What is selected below these fields of one key."""
    return [node.selection_set for node in nodes if node.selection_set]
