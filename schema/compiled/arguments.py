"""Arguments: what a field is asked with in a request; without variables, the same in all of them."""

from collections.abc import Callable
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    ObjectValueNode,
    Undefined,
    VariableNode,
    get_named_type,
)
from graphql.execution.values import get_argument_values
from graphql.language import Visitor, visit

from schema.compiled.inputs import Inputs
from schema.compiled.plan import Request
from schema.views.fields import ViewField
from schema.views.paging import Page, page_of
from schema.views.view import View
from schema.views.words import Edge


class Arguments:
    """Reads the arguments of fields; those that `request` refuses raise their GraphQLError."""

    def __init__(self, inputs: Inputs, request: Request) -> None:
        self._inputs, self._request = inputs, request
        sources = request.variables.sources
        self._sure = {name for name, source in sources.items() if isinstance(source.signature.type, GraphQLNonNull)}

    def of(self, field: GraphQLField, said: ViewField, node: FieldNode) -> Callable[[Request], dict[str, Any]]:
        """The field's arguments in a request, as a resolver would be given them."""
        made, direct = self._inputs.arguments(said.arguments), self._direct(field, node)

        def given(request: Request) -> dict[str, Any]:
            values = get_argument_values(field, node, request.variables) if direct is None else direct(request)
            return made(values)

        if not _has_variables(node):
            fixed = given(self._request)
            return lambda _request: fixed
        return lambda request: request.once(id(node), lambda: given(request))

    def _direct(self, field: GraphQLField, node: FieldNode) -> Callable[[Request], dict[str, Any]] | None:
        """The coerced arguments, where all that is to be done is to take variables that are always there."""
        parts: list[tuple[str, str | None, str]] = []
        nodes = {each.name.value: each.value for each in node.arguments or ()}
        for name, argument in field.args.items():
            value, key = nodes.get(name), None
            if value is None and argument.default is None and argument.default_value is Undefined:
                continue
            if isinstance(value, ObjectValueNode) and len(value.fields) == 1 and _is_one_of(argument.type):
                [entry] = value.fields
                value, key = entry.value, entry.name.value
            if not isinstance(value, VariableNode) or value.name.value not in self._sure:
                return None
            parts.append((name, key, value.name.value))

        def taken(request: Request) -> dict[str, Any]:
            given = request.variables.coerced
            return {name: given[variable] if key is None else {key: given[variable]} for name, key, variable in parts}

        return taken

    def page(
        self, field: GraphQLField, said: ViewField, node: FieldNode, edge: Edge, view: View
    ) -> Callable[[Request], Page]:
        """The page that a connection is asked for in a request."""
        arguments = self.of(field, said, node)
        if not _has_variables(node):
            fixed = page_of(edge, view.row, view.prefix, arguments(self._request))
            return lambda _request: fixed
        return lambda request: request.once(
            (id(node), "page"), lambda: page_of(edge, view.row, view.prefix, arguments(request))
        )


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, _node: VariableNode, *_: Any) -> None:
        self.found = True


def _is_one_of(kind: Any) -> bool:
    named = get_named_type(kind)
    return isinstance(named, GraphQLInputObjectType) and named.extensions["strawberry-definition"].is_one_of


def _has_variables(node: FieldNode) -> bool:
    search = _Variables()
    for argument in node.arguments or ():
        visit(argument, search)
    return search.found
