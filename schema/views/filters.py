"""What lists are filtered by: `@where_of(Row)` makes an input whose fields are filters of columns, with AND and OR."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar, dataclass_transform

import strawberry
from strawberry import UNSET
from strawberry.types.field import StrawberryField
from tortoise.expressions import Q

from domain.kernel.errors import MalformedId
from domain.kernel.ids import parse_global_id
from schema.views.refusals import bad_request, limit_exceeded, storable
from schema.views.words import RowType, column_of, term

MOST_CONDITIONS = 50
DEEPEST_NESTING = 5
MOST_VALUES = 100
LONGEST_TEXT = 20_000  # of columns without a limit of their own
_LAST_CHARACTER = "\U0010ffff"

E = TypeVar("E", bound=Enum)
T = TypeVar("T")


def _filter(doc: str) -> Any:
    # What was not sent is UNSET; a null that was sent is refused (_own_conditions), or it would ask for everything.
    return strawberry.field(description=doc, default=UNSET)


@dataclass(frozen=True, slots=True)
class TextColumn:
    """Of a column of texts: how long they get, and whether they are names, which an index finds by their beginning."""

    longest: int
    is_name: bool


@strawberry.input(description="Of a closed set of values.")
class EnumFilter(Generic[E]):
    one_of: list[E] | None = _filter("Is one of these.")
    none_of: list[E] | None = _filter("Is none of these.")

    def conditions(self, column: str, _prefix: str, _text_of: TextColumn) -> Iterator[Q]:
        if isinstance(self.one_of, list):
            yield term(f"{column}__in", _bounded(self.one_of))
        if isinstance(self.none_of, list):
            yield ~term(f"{column}__in", _bounded(self.none_of))


@strawberry.input(description="Of an instant.")
class TimeFilter:
    gte: datetime | None = _filter("At this instant or later.")
    gt: datetime | None = _filter("Later than this instant.")
    lte: datetime | None = _filter("At this instant or earlier.")
    lt: datetime | None = _filter("Earlier than this instant.")

    def conditions(self, column: str, _prefix: str, _text_of: TextColumn) -> Iterator[Q]:
        yield from _comparisons(self, column)


@strawberry.input(description="Of a whole number.")
class IntFilter:
    eq: int | None = _filter("Is this number.")
    one_of: list[int] | None = _filter("Is one of these numbers.")
    gte: int | None = _filter("Is this number or more.")
    gt: int | None = _filter("Is more than this number.")
    lte: int | None = _filter("Is this number or less.")
    lt: int | None = _filter("Is less than this number.")

    def conditions(self, column: str, _prefix: str, _text_of: TextColumn) -> Iterator[Q]:
        if self.eq is not UNSET:
            yield term(column, self.eq)
        if isinstance(self.one_of, list):
            yield term(f"{column}__in", _bounded(self.one_of))
        yield from _comparisons(self, column)


@strawberry.input(description="Of yes or no.")
class BoolFilter:
    eq: bool | None = _filter("Is this.")

    def conditions(self, column: str, _prefix: str, _text_of: TextColumn) -> Iterator[Q]:
        if self.eq is not UNSET:
            yield term(column, self.eq)


@strawberry.input(description="Of a text. Upper and lower case differ.")
class TextFilter:
    eq: str | None = _filter("Is exactly this.")
    one_of: list[str] | None = _filter("Is exactly one of these.")
    starts_with: str | None = _filter("Starts with this.")

    def conditions(self, column: str, _prefix: str, text_of: TextColumn) -> Iterator[Q]:
        if isinstance(self.eq, str):
            yield _named(column, [self.eq], text_of.longest)
        if isinstance(self.one_of, list):
            yield _named(column, _bounded(self.one_of), text_of.longest)
        if isinstance(self.starts_with, str) and self.starts_with:
            # A range: SQLite's LIKE ignores case, and only a range is read from an index on both databases. Of names
            # also as a prefix, for PostgreSQL takes any range between two parameters for a two-hundredth of the table.
            start = _text(self.starts_with)
            if len(start) >= text_of.longest:
                yield _named(column, [start], text_of.longest)
            else:
                prefix = {f"{column}__startswith": start} if text_of.is_name else {}
                yield Q(**{f"{column}__gte": start, f"{column}__lt": start + _LAST_CHARACTER}, **prefix)


@strawberry.input(description="Of a reference to another thing.")
class IdFilter:
    eq: strawberry.ID | None = _filter("Is this thing.")
    one_of: list[strawberry.ID] | None = _filter("Is one of these things.")

    def conditions(self, column: str, prefix: str, _text_of: TextColumn) -> Iterator[Q]:
        try:
            if isinstance(self.eq, str):
                yield term(column, parse_global_id(prefix, self.eq))
            if isinstance(self.one_of, list):
                yield term(f"{column}__in", [parse_global_id(prefix, each) for each in _bounded(self.one_of)])
        except MalformedId as refusal:
            raise bad_request(str(refusal)) from None


def on(column: str, *, prefix: str = "", doc: str | None = None) -> Any:
    """A filter of the column `column`; an IdFilter needs the `prefix` of the ids it takes."""
    return strawberry.field(description=doc, default=UNSET, metadata={"column": column, "prefix": prefix})


@dataclass_transform(kw_only_default=True, field_specifiers=(on,))
def where_of(row: RowType) -> Callable[[type[T]], type[T]]:
    """An input type of optional filters over columns of `row`, of which all that are given must hold.

    A bare annotation filters the column of that name. AND and OR are added, and `condition()`, which gives a Q.
    """

    def decorate(cls: type[T]) -> type[T]:
        assert cls.__doc__, f"{cls.__name__} has no docstring: it is the description"
        filters = dict(cls.__annotations__)
        for name in filters:
            field = cls.__dict__.get(name) or on(name)
            setattr(cls, name, field)
            column = field.metadata["column"]
            meant = column_of(row, column)
            assert meant is not None, f"{cls.__name__}.{name}: {row.__name__} has no column {column}"
            field.description = field.description or meant.description
            longest = getattr(meant, "max_length", None) or LONGEST_TEXT
            field.metadata = {**field.metadata, "text": TextColumn(longest, _leads_an_index(row, column))}
            field.default = field.default_value = UNSET
            assert field.description, f"{cls.__name__}.{name} has no description"
        cls.__annotations__ = {name: _optional(annotation) for name, annotation in filters.items()}
        for name, doc in (("AND", "All of these hold."), ("OR", "At least one of these holds.")):
            cls.__annotations__[name] = f"list[{cls.__name__}] | None"
            setattr(cls, name, strawberry.field(name=name, description=doc, default=UNSET))
        setattr(cls, "condition", lambda self: _condition(self, tuple(filters)))  # noqa: B010
        return strawberry.input(cls, description=" ".join(cls.__doc__.split()))

    return decorate


def _condition(where: Any, names: tuple[str, ...]) -> Q:
    """What the whole input demands. Raises LIMIT when it is too deep or has too many conditions."""
    left = MOST_CONDITIONS

    def met(part: Any, depth: int) -> Q:
        nonlocal left
        if depth > DEEPEST_NESTING:
            raise limit_exceeded(f"A filter nests AND and OR at most {DEEPEST_NESTING} deep.")
        if part.AND is None or part.OR is None or part.OR == []:
            raise bad_request("Give AND and OR conditions, or leave them out.")
        held = list(_own_conditions(part, names))
        left -= len(held) + len(part.AND or ()) + len(part.OR or ())
        if left < 0:
            raise limit_exceeded(f"A filter has at most {MOST_CONDITIONS} conditions.")
        held += [condition for each in part.AND or () if (condition := met(each, depth + 1))]
        either = [met(each, depth + 1) for each in part.OR or ()]
        if either and all(either):  # an alternative that demands nothing makes the whole OR demand nothing
            held.append(Q(*either, join_type=Q.OR))
        return Q(*held)

    return met(where, 1)


def _own_conditions(part: Any, names: tuple[str, ...]) -> Iterator[Q]:
    fields: dict[str, StrawberryField] = part.__dataclass_fields__
    for name in names:
        if (given := getattr(part, name)) is UNSET:
            continue
        empty = name if given is None else next((each for each, value in vars(given).items() if value is None), None)
        if empty is not None:
            raise bad_request(f"`{empty}` is null in a filter: leave it out to ask for all, or say what it is to be.")
        said = fields[name].metadata
        yield from given.conditions(said["column"], said["prefix"], said["text"])


def _leads_an_index(row: RowType, column: str) -> bool:
    """Whether an index begins with it, so that few rows begin alike."""
    wider = [*row._meta.indexes, *row._meta.constraints]
    leads = {fields[0] for each in wider if (fields := tuple(getattr(each, "fields", ())))}
    meant = column_of(row, column)
    return bool(getattr(meant, "unique", False) or getattr(meant, "index", False) or column in leads)


def _comparisons(given: Any, column: str) -> Iterator[Q]:
    for comparison in ("gte", "gt", "lte", "lt"):
        if (bound := getattr(given, comparison)) is not UNSET:
            yield term(f"{column}__{comparison}", bound)


def _bounded(values: list[T]) -> list[T]:
    if len(values) > MOST_VALUES:
        raise limit_exceeded(f"A filter takes at most {MOST_VALUES} values at once.")
    return values


def _named(column: str, texts: list[str], longest: int) -> Q:
    """Rows whose column is one of these texts; one that is longer than any that is stored names none."""
    fitting = [text for each in texts if len(text := _text(each)) <= longest]
    return term(column, fitting[0]) if len(fitting) == len(texts) == 1 else term(f"{column}__in", fitting)


def _text(text: str) -> str:
    try:
        return storable(text)
    except ValueError:
        raise bad_request("A text in a filter has a character that no stored text can have.") from None


def _optional(annotation: Any) -> Any:
    return f"{annotation} | None" if isinstance(annotation, str) else annotation | None
