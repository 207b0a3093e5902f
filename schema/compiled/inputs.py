"""Inputs: from coerced values to what a resolver would be given, with the types of Strawberry resolved once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from functools import cached_property
from typing import Any

from strawberry import UNSET, Schema
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.lazy_type import LazyType

Maker = Callable[[Any], Any]


class Inputs:
    """Does what Strawberry's `convert_arguments` does, without asking for each request what the types are."""

    def __init__(self, schema: Schema) -> None:
        self._names = schema.config.name_converter
        self._objects: dict[Any, _InputObject] = {}

    def arguments(self, arguments: Sequence[StrawberryArgument]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """From a field's arguments by their GraphQL names to those by their Python names."""
        makers = [(self._names.from_argument(each), each.python_name, self.maker(each.type)) for each in arguments]

        def made(given: Mapping[str, Any]) -> dict[str, Any]:
            return {
                python_name: given[name] if make is None else make(given[name])
                for name, python_name, make in makers
                if name in given
            }

        return made

    def maker(self, kind: Any) -> Maker | None:
        """What makes a value of this type; None where the coerced value is the value."""
        while isinstance(kind, StrawberryOptional | LazyType):
            kind = kind.of_type if isinstance(kind, StrawberryOptional) else kind.resolve_type()
        if isinstance(kind, StrawberryList):
            return _list_maker(self.maker(kind.of_type))
        definition = getattr(kind, "__strawberry_definition__", None)
        if not getattr(definition, "is_input", False):
            return None
        if kind not in self._objects:
            self._objects[kind] = _InputObject(self, kind)
        return self._objects[kind]

    def graphql_name(self, field: Any) -> str:
        """What the schema calls a field."""
        return self._names.from_field(field)


def _list_maker(each: Maker | None) -> Maker:
    def made(values: Any) -> Any:
        if values is None or values is UNSET:
            return values
        return list(values) if each is None else [each(value) for value in values]

    return made


class _InputObject:
    """Makes one input type. Its fields are looked at when the first is made: they may lead back to it."""

    def __init__(self, inputs: Inputs, kind: Any) -> None:
        self._inputs, self._kind = inputs, kind

    @cached_property
    def _fields(self) -> list[tuple[str, str, Maker | None]]:
        definition, inputs = self._kind.__strawberry_definition__, self._inputs
        return [
            (inputs.graphql_name(each), each.python_name, inputs.maker(each.resolve_type(type_definition=definition)))
            for each in definition.fields
        ]

    @cached_property
    def _absent(self) -> dict[str, None]:
        fields = self._kind.__strawberry_definition__.fields
        return {
            each.python_name: None
            for each in fields
            if each.default_value is MISSING and each.default_factory is MISSING
        }

    def __call__(self, value: Any) -> Any:
        if value is None or value is UNSET:
            return value
        given = dict(self._absent)
        for name, python_name, make in self._fields:
            if name in value:
                given[python_name] = value[name] if make is None else make(value[name])
        return self._kind(**given)
