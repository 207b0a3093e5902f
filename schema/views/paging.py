"""Keyset pages: what a list is ordered by, where a page starts, and the cursors that say so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model

from schema.scalars import Cursor
from schema.views.refusals import bad_request, limit_exceeded, storable
from schema.views.words import Edge, RowType, term

DEFAULT_FIRST = 20
LARGEST_FIRST = 100
_LARGEST_INTEGER = 2**63  # a column holds no more, and PostgreSQL's driver refuses to send it


@dataclass(frozen=True)
class Ordering:
    """By one column, then by id in the same direction: a total order, so that a page can start after any row."""

    column: str
    is_descending: bool

    @classmethod
    def written(cls, text: str) -> "Ordering":
        """`-placed_at` is by placed_at, descending."""
        return cls(text.lstrip("-"), text.startswith("-"))

    def __str__(self) -> str:
        return ("-" if self.is_descending else "") + self.column

    @property
    def terms(self) -> tuple[str, ...]:
        """As Tortoise's `order_by` wants it."""
        sign = "-" if self.is_descending else ""
        return tuple(sign + name for name in dict.fromkeys((self.column, "id")))


@dataclass(frozen=True)
class Page:
    """One request for a part of a list: how much, in which order, of which rows, after which place."""

    first: int
    ordering: Ordering
    where: Q
    after: Q
    is_continued: bool
    list_name: str

    def cursor(self, row: Any) -> Cursor:
        """Opaque: the list, the ordering, the id and the exact value.

        Hex, for neither base64 nor its line breaks are the same in SQLite and PostgreSQL.
        """
        value = _print(getattr(row, self.ordering.column))
        return Cursor(f"{self.list_name}.{self.ordering}|{row.pk.hex}|{value}".encode().hex())


def page_of(edge: Edge, row: RowType, list_name: str, arguments: Mapping[str, Any]) -> Page:
    """The page that these arguments ask for.

    Raises LIMIT when `first` is out of range, BAD_REQUEST for a cursor of another list or ordering.
    """
    first, after, where, order_by = (arguments.get(name) for name in ("first", "after", "where", "order_by"))
    first = DEFAULT_FIRST if first is None else first
    if not 0 <= first <= LARGEST_FIRST:
        raise limit_exceeded(f"`first` is {first}; it must be from 0 to {LARGEST_FIRST}.")
    ordering = order_by.ordering() if order_by else Ordering.written(edge.orderings[0])
    assert not row._meta.fields_map[ordering.column].null, (
        f"{row.__name__} cannot be ordered by {ordering.column}: nulls"
    )
    return Page(
        first,
        ordering,
        where.condition() if where else Q(),
        _beyond(after, ordering, row, list_name) if after is not None else Q(),
        after is not None,
        list_name,
    )


def _beyond(cursor: str, ordering: Ordering, row: RowType, list_name: str) -> Q:
    refused = bad_request("This cursor is not of this list and ordering.")
    try:
        named, hex_id, text = bytes.fromhex(cursor).decode().split("|", 2)
        if named != f"{list_name}.{ordering}":
            raise refused
        value, tie = _parser(row, ordering.column)(text), UUID(hex=hex_id)
    except (ValueError, OverflowError):
        raise refused from None
    column, than = ordering.column, "lt" if ordering.is_descending else "gt"
    if column == "id":
        return term(f"id__{than}", tie)
    # `x <= a and (x < a or id < b)`, not the plain `or`: its first half is a range that an index can start from.
    either = Q(term(f"{column}__{than}", value), term(f"id__{than}", tie), join_type=Q.OR)
    return Q(term(f"{column}__{than}e", value), either)


def _print(value: Any) -> str:
    """The exact value as a text, the same for both databases."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if isinstance(value, UUID):
        return value.hex
    return str(value.value if isinstance(value, Enum) else value)


def _parser(row: type[Model], column: str) -> Callable[[str], Any]:
    """Back from the text: raises ValueError for what this column cannot hold."""
    kind = row._meta.fields_map[column]
    if enum_type := getattr(kind, "enum_type", None):
        return enum_type  # type: ignore[no-any-return]
    if isinstance(kind, fields.DatetimeField):
        return _instant
    if isinstance(kind, fields.DateField):
        return date.fromisoformat
    if isinstance(kind, fields.UUIDField):
        return UUID
    if kind.field_type is int:
        return _integer
    assert kind.field_type is str, f"{row.__name__} cannot be ordered by {column}"
    return storable


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _integer(text: str) -> int:
    number = int(text)
    if not -_LARGEST_INTEGER <= number < _LARGEST_INTEGER:
        raise ValueError("beyond what a column holds")
    return number
