"""A Strawberry field that reads what it declares, and the words an author writes to declare one."""

from collections.abc import Callable
from functools import cached_property
from operator import attrgetter
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from tortoise.expressions import Q

from schema.scalars import Amount, Cursor
from schema.views.paging import DEFAULT_FIRST, LARGEST_FIRST
from schema.views.words import Column, Computed, Edge, EdgeKind, Exists, MinorUnits, Parts, RowType, Value, Word


class ViewField(StrawberryField):
    """A value takes the fast path of a plain attribute (no Info is made); a read goes to the operation's reader."""

    @property
    def declared(self) -> Word:
        """What this field says it is."""
        return self.metadata["declared"]  # type: ignore[no-any-return]

    @cached_property
    def _value(self) -> Callable[[Any], Any] | None:
        if isinstance(self.declared, Column):
            return attrgetter(self.declared.name)
        return self.declared.value if isinstance(self.declared, Value) else None

    @property
    def is_basic_field(self) -> bool:
        return isinstance(self.declared, Value)

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:  # noqa: ARG002
        if self._value is not None:
            return self._value(source)
        return info.context.reader.read(self, source, kwargs, info._raw_info)


@strawberry.type(description="An amount of money.")
class Money:
    amount: Amount = strawberry.field(description="With exactly the digits of the currency, such as `12.34` for EUR.")
    currency: str = strawberry.field(description="The ISO 4217 code, such as `EUR`.")


def column(name: str, *, doc: str | None = None) -> Any:
    """Another name for the column `name`; it is described by the column unless `doc` is given."""
    return declare(Column(name), doc)


def parts(made: Callable[..., Any], *, doc: str, **by_field: Column | MinorUnits | Parts) -> Any:
    """An object of type `made`, out of columns of this row. Nullable: null when its first column is null."""
    return declare(Parts(made, tuple(by_field.items())), doc)


def money(minor: str, *, currency: str = "currency", doc: str | None = None) -> Any:
    """Money { amount currency } from a column of minor units and one of the currency; described by the former."""
    return declare(Parts(Money, (("amount", MinorUnits(minor, currency)), ("currency", Column(currency)))), doc)


def exists(row: RowType, *, by: str, where: Q | None = None, on: str | None = None, doc: str) -> Any:
    """Whether any `row` that points here, or to what our column `on` names, by its foreign key `by` fulfils `where`."""
    return declare(Exists(row, by, where if where is not None else Q(), on), doc)


def computed(function: Callable[..., Any], *, needs: tuple[str, ...] = (), doc: str) -> Any:
    """`function(scope, *needs)`: what only Python knows. Each need is a field of this view, or a column of its row."""
    return declare(Computed(function, needs), doc)


def one(*, by: str, doc: str) -> Any:
    """The row that our foreign key `by` points to, or null where the actor may not see it."""
    return declare(Edge(EdgeKind.ONE, by), doc)


def many(*, by: str, order_by: tuple[str, ...], doc: str) -> Any:
    """All rows whose foreign key `by` points here: for short, bounded lists only."""
    return declare(Edge(EdgeKind.MANY, by, order_by), doc)


def connection(
    orderings: tuple[str, ...], *, by: str | None = None, where: Any = None, order_by: Any = None, doc: str
) -> Any:
    """A page of the rows whose foreign key `by` points here, or of all rows.

    `orderings` are the columns it may be ordered by: the first is the default (`"-placed_at"`: newest first).
    """
    offered = {ordering.lstrip("-") for ordering in orderings}
    assert set(getattr(order_by, "columns", offered)) <= offered, f"{order_by} orders by more than {offered}"
    arguments = [
        _argument("first", int, f"How many at most, from 0 to {LARGEST_FIRST}.", DEFAULT_FIRST),
        _argument("after", Cursor | None, "Go on after this cursor, under the same ordering.", strawberry.UNSET),
    ]
    if where is not None:
        arguments.append(_argument("where", where | None, "Only those that fulfil this.", strawberry.UNSET))
    if order_by is not None:
        arguments.append(
            _argument("order_by", order_by | None, f"Default: {_ordering_in_words(orderings[0])}.", strawberry.UNSET)
        )
    return declare(Edge(EdgeKind.CONNECTION, by, (), orderings), doc, arguments)


def pointed(*, on: str, doc: str, name: str | None = None) -> Any:
    """The row whose key our column `on` holds, where its table depends on the row; null where it may not be seen.

    `name` is the field's in GraphQL, if Python has it.
    """
    field = declare(Edge(EdgeKind.ONE, on=on), doc)
    field.graphql_name = name
    return field


def named(which: Callable[..., Q | None], *, doc: str, name: str | None = None, **arguments: tuple[Any, str]) -> Any:
    """The one row that `which(scope, **arguments)` names by a unique key; null where it names none, or none to see.

    Each argument is its type and its description. `name` is the field's in GraphQL, if Python has it.
    """
    made = [_argument(each, kind, about, strawberry.UNSET) for each, (kind, about) in arguments.items()]
    field = declare(Edge(EdgeKind.NAMED, which=which), doc, made)
    field.graphql_name = name
    return field


def lookup(*, doc: str) -> Any:
    """The one thing with this global id: a view, or an interface or union of views."""
    identity = _argument("id", strawberry.ID, "The global id, such as `order_0193…`.", strawberry.UNSET)
    return declare(Edge(EdgeKind.LOOKUP), doc, [identity])


def declare(declared: Word, doc: str | None, arguments: list[StrawberryArgument] | None = None) -> ViewField:
    """A field that says this word."""
    field = ViewField(metadata={"declared": declared}, description=doc)
    field.arguments = arguments or []
    return field


def _argument(name: str, annotation: Any, doc: str, default: Any) -> StrawberryArgument:
    return StrawberryArgument(name, None, StrawberryAnnotation(annotation), description=doc, default=default)


def _ordering_in_words(ordering: str) -> str:
    return f"{ordering.lstrip('-').upper()} {'DESC' if ordering.startswith('-') else 'ASC'}"
