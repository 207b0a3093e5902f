"""What only Python knows: the needs are selected, and the answer's text is patched with what is computed of them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, is_abstract_type, is_leaf_type

from domain.kernel.actor import Scope
from schema.compiled.plan import NotCompilable, Patch, Reason, Request
from schema.compiled.selections import Selected, Selections, below
from schema.compiled.values import parser
from schema.views.view import View
from schema.views.words import Column, Computed, Exists, GlobalId, Value


def leaves(declared: Computed) -> Iterator[Value | Exists]:
    """What a computed field needs in the end, computed needs resolved: in the order in which `evaluator` takes it."""
    for word in declared.words:
        if isinstance(word, Computed):
            yield from leaves(word)
        else:
            yield word


def evaluator(declared: Computed, view: View) -> Callable[[Scope, Iterator[Any]], Any]:
    """Computes the field for a scope from the values of its leaves, parsed as JSON."""
    takers = [_taker(word, view) for word in declared.words]

    def evaluate(scope: Scope, values: Iterator[Any]) -> Any:
        return declared.function(scope, *[take(scope, values) for take in takers])

    return evaluate


def _taker(word: Value | Exists | Computed, view: View) -> Callable[[Scope, Iterator[Any]], Any]:
    if isinstance(word, Computed):
        return evaluator(word, view)
    if isinstance(word, Column):
        parse = parser(view.row, word.name)
        return lambda _scope, values: parse(next(values))
    if isinstance(word, GlobalId | Exists):
        return lambda _scope, values: next(values)
    raise NotCompilable(Reason.FIELD, f"computed with {type(word).__name__}")


def patch_of(declared: Computed, view: View, kind: Any, selected: Selected, selections: Selections) -> Patch:
    """What stands in the answer for the field, from the values of its leaves."""
    evaluate, shape = evaluator(declared, view), shape_of(kind, selected, selections)

    def patch(request: Request, values: Sequence[Any]) -> Any:
        return shape(evaluate(request.scope, iter(values)))

    return patch


Shape = Callable[[Any], Any]


def shape_of(kind: Any, selected: Selected, selections: Selections) -> Shape:
    """From what Python made to what the selection asks of it: there is no I/O and there are no arguments in it."""
    if isinstance(kind, GraphQLNonNull):
        return _never_null(shape_of(kind.of_type, selected, selections))
    if isinstance(kind, GraphQLList):
        each = shape_of(kind.of_type, selected, selections)
        return lambda made: None if made is None else [each(one) for one in made]
    if is_leaf_type(kind):
        return lambda made: None if made is None else kind.serialize(made)
    if is_abstract_type(kind):
        return _shape_of_some(kind, selected, selections)
    if not isinstance(kind, GraphQLObjectType):
        raise NotCompilable(Reason.FIELD, f"computed {kind}")
    parts = [(key, *_part(kind, nodes, selections)) for key, nodes in selections.fields(kind, selected).items()]
    return lambda made: None if made is None else {key: part(getattr(made, name, None)) for key, name, part in parts}


def _shape_of_some(kind: Any, selected: Selected, selections: Selections) -> Shape:
    """Of an interface or a union: each made thing is of the type whose class it has."""
    by_class = {
        each.extensions["strawberry-definition"].origin: shape_of(each, selected, selections)
        for each in selections.schema.get_possible_types(kind)
    }
    return lambda made: None if made is None else by_class[type(made)](made)


def _part(kind: GraphQLObjectType, nodes: Any, selections: Selections) -> tuple[str, Shape]:
    name = nodes[0].name.value
    if name == "__typename":
        return "__class__", lambda _made: kind.name
    field = kind.fields[name]
    said = field.extensions["strawberry-definition"]
    if not said.is_basic_field:
        raise NotCompilable(Reason.FIELD, f"{kind.name}.{name}")
    return said.python_name, shape_of(field.type, below(nodes), selections)


def _never_null(shape: Shape) -> Shape:
    def shaped(made: Any) -> Any:
        if made is None:
            raise NotCompilable(Reason.NULL)
        return shape(made)

    return shaped
