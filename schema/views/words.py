"""The words a view is declared with: frozen data that the reader asks for a value and a compiler asks for SQL."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tortoise.expressions import Q
from tortoise.fields import Field, UUIDField
from tortoise.models import Model

from domain.kernel.ids import global_id
from domain.kernel.money import format_minor
from schema.scalars import Amount

RowType = type[Model]


@dataclass(frozen=True)
class Column:
    """The column of that name."""

    name: str

    def value(self, row: Any) -> Any:
        return getattr(row, self.name)


@dataclass(frozen=True)
class GlobalId:
    """`<prefix>_<32 hex digits>` of the row's primary key."""

    prefix: str

    def value(self, row: Any) -> str:
        return global_id(self.prefix, row.pk)


@dataclass(frozen=True)
class MinorUnits:
    """An amount with exactly the currency's digits; both are columns."""

    minor: str
    currency: str

    def value(self, row: Any) -> Amount:
        return Amount(format_minor(getattr(row, self.minor), getattr(row, self.currency)))


@dataclass(frozen=True)
class Parts:
    """A small object made of columns of the same row, such as Money.

    `absent_with` names the column whose null makes the whole object null.
    """

    made: Callable[..., Any]
    by_field: tuple[tuple[str, "Column | MinorUnits | Parts"], ...]
    absent_with: str | None = None

    def value(self, row: Any) -> Any:
        if self.absent_with is not None and getattr(row, self.absent_with) is None:
            return None
        return self.made(**{name: part.value(row) for name, part in self.by_field})

    @property
    def first_column(self) -> str:
        """The column that says whether there is anything at all."""
        part = self.by_field[0][1]
        return (
            part.minor if isinstance(part, MinorUnits) else part.first_column if isinstance(part, Parts) else part.name
        )


Value = Column | GlobalId | MinorUnits | Parts


@dataclass(frozen=True)
class Exists:
    """Whether any row of `row` points by its foreign key `by` to what our column `on` names, and fulfils `where`.

    Without `on` it points here. `on="order_id"` asks about our order: whether the order of a shipment is on hold.
    """

    row: RowType
    by: str
    where: Q
    on: str | None = None

    def key(self, row: Any) -> Any:
        """What the other rows must point to."""
        return row.pk if self.on is None else getattr(row, self.on)


@dataclass(frozen=True)
class Computed:
    """Only Python knows: `function(scope, *needs)`, pure and at once.

    `needs` are other fields of the same view, or columns of its row; `words` is what they stand for.
    """

    function: Callable[..., Any]
    needs: tuple[str, ...]
    words: tuple["Value | Exists | Computed", ...] = ()


class EdgeKind(StrEnum):
    """How many rows an edge leads to, and by which key."""

    ONE = "ONE"
    MANY = "MANY"
    CONNECTION = "CONNECTION"
    LOOKUP = "LOOKUP"
    NAMED = "NAMED"


@dataclass(frozen=True)
class Edge:
    """To rows of another view.

    `by` names the foreign key: ours for ONE, theirs for MANY and CONNECTION, none for a CONNECTION of all rows.
    `on` names our column instead, where a ONE leads to a row that no foreign key names: its table depends on the row.
    `order_by` orders a MANY. `orderings` are the columns a CONNECTION may be ordered by: the first is the default,
    descending when it is written with a minus. `which(scope, **arguments)` is the unique key of a NAMED, or None.
    """

    kind: EdgeKind
    by: str | None = None
    order_by: tuple[str, ...] = ()
    orderings: tuple[str, ...] = ()
    on: str | None = None
    which: Callable[..., Q | None] | None = None

    def key_column(self, row: RowType) -> str:
        """Our column that holds the key of the one row that this leads to."""
        return self.on or foreign_key_column(row, self.by or "")


Word = Value | Exists | Computed | Edge


def term(path: str, value: Any) -> Q:
    """The condition that `path`, as Tortoise writes it (`placed_at__lt`), has this value."""
    return Q(**{path: value})


def foreign_key_column(row: RowType, by: str) -> str:
    """The attribute that holds the key of relation `by`: order_id for order.

    A column that holds keys of several tables (a movement's subject_id) is no relation: `by` is its own name then.
    """
    if holds_keys(row, by):
        return by
    assert by in row._meta.fk_fields | row._meta.o2o_fields, f"{row.__name__} has no foreign key {by}"
    return f"{by}_id"


def holds_keys(row: RowType, name: str) -> bool:
    """Whether it is a column of keys that no foreign key binds to one table, nor the row's own."""
    meant = column_of(row, name)
    return isinstance(meant, UUIDField) and not meant.pk


def column_of(row: RowType, name: str) -> Field[Any] | None:
    """The column of that name, if the row has one.

    Keys such as order_id stand for their relation: Tortoise adds them only when the database is opened.
    """
    relation = name.removesuffix("_id")
    if relation in row._meta.fk_fields | row._meta.o2o_fields:
        return row._meta.fields_map[relation]
    return row._meta.fields_map.get(name) if name in row._meta.db_fields else None
