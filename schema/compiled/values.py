"""Values: what a column, an id, an amount or a cursor is as JSON, in SQL and (of what Python computes with) back."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from graphql import GraphQLEnumType, GraphQLNamedType
from tortoise import fields

from schema.compiled.conditions import column
from schema.compiled.dialects import Writer
from schema.compiled.plan import NotCompilable, Reason, quoted
from schema.views.paging import Ordering
from schema.views.view import View
from schema.views.words import Column, GlobalId, MinorUnits, RowType, column_of


class Values:
    """Writes the values of rows as JSON texts, in one dialect."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def shown(self, said: Column | GlobalId | MinorUnits, kind: GraphQLNamedType, view: View, alias: str) -> str:
        """What a field shows."""
        if isinstance(said, GlobalId):
            return self._identity(said, view.row, alias)
        if isinstance(said, MinorUnits):
            return self._writer.amount(column(view.row, said.minor, alias), column(view.row, said.currency, alias))
        if isinstance(kind, GraphQLEnumType):
            stored = getattr(column_of(view.row, said.name), "enum_type", None)
            if stored is None or any(member.name != member.value for member in stored):
                raise NotCompilable(Reason.FIELD, f"{kind.name} is not stored by its names")
        elif kind.name not in _SHOWN[_sort(view.row, said.name)]:
            raise NotCompilable(Reason.FIELD, f"{view.row.__name__}.{said.name} as {kind.name}")
        return self.plain(view.row, said.name, alias, digits=3)

    def code(self, said: Column, view: View, alias: str) -> str:
        """The currency beside an amount: three letters, or there would be no amount."""
        return f"""'"' || {column(view.row, said.name, alias)} || '"'"""

    def needed(self, said: Column | GlobalId, view: View, alias: str) -> str:
        """What Python computes with: instants are exact."""
        if isinstance(said, GlobalId):
            return self._identity(said, view.row, alias)
        return self.plain(view.row, said.name, alias, digits=6)

    def plain(self, row: RowType, name: str, alias: str, *, digits: int) -> str:
        """A column as JSON; null where it is null."""
        sql, meant = column(row, name, alias), column_of(row, name)
        assert meant is not None
        json = self._json(_sort(row, name), sql, digits)
        # json_quote(null) is the text null, to_json(null) is SQL's null.
        return f"case when {sql} is null then 'null' else {json} end" if meant.null else json

    def cursor(self, row: RowType, list_name: str, ordering: Ordering, alias: str) -> str:
        """The JSON of a row's cursor (schema.views.paging.Page.cursor)."""
        sql, sort = column(row, ordering.column, alias), _sort(row, ordering.column)
        if sort is datetime:
            text = self._writer.time(sql, 6)
        elif sort is UUID:
            text = self._writer.hex_id(sql)
        else:
            text = sql if sort is str else self._json(sort, sql, 6)
        identity = self._writer.hex_id(f"{alias}.id")
        head = quoted(f"{list_name}.{ordering}|")
        return f"""'"' || {self._writer.hex(f"{head} || {identity} || '|' || {text}")} || '"'"""

    def _identity(self, said: GlobalId, row: RowType, alias: str) -> str:
        return f"""'"{said.prefix}_' || {self._writer.hex_id(column(row, row._meta.pk_attr, alias))} || '"'"""

    def _json(self, sort: Any, sql: str, digits: int) -> str:
        if sort is datetime:
            return f"""'"' || {self._writer.time(sql, digits)} || '"'"""
        if sort is date:
            return f"""'"' || {self._writer.day(sql)} || '"'"""
        if sort is UUID:
            return f"""'"' || {self._writer.hex_id(sql)} || '"'"""
        if sort is bool:
            return f"case when {sql} then 'true' else 'false' end"
        if sort in (int, dict):
            return f"cast({sql} as text)"
        if sort is Column:  # an enum: letters and underscores alone
            return f"""'"' || {sql} || '"'"""
        return self._writer.json_text(sql)


# Which GraphQL types show a column of this sort. An enum's sort is Column, for its members differ.
_SHOWN: dict[Any, tuple[str, ...]] = {
    datetime: ("DateTime",),
    date: ("Date",),
    bool: ("Boolean",),
    int: ("Int",),
    str: ("String", "ID"),
    Column: ("String",),
    UUID: (),
    dict: (),
}


def _sort(row: RowType, name: str) -> Any:
    """What sort of value a column holds."""
    meant = column_of(row, name)
    if getattr(meant, "enum_type", None) is not None:
        return Column
    match meant:
        case fields.DatetimeField():
            return datetime
        case fields.DateField():
            return date
        case fields.BooleanField():
            return bool
        case fields.IntField() | fields.BigIntField() | fields.SmallIntField():
            return int
        case fields.JSONField():
            return dict
        case fields.CharField() | fields.TextField():
            return str
    if isinstance(meant, fields.UUIDField) or name.endswith("_id"):
        return UUID
    raise NotCompilable(Reason.FIELD, f"{row.__name__}.{name}")


def parser(row: RowType, name: str) -> Callable[[Any], Any]:
    """From what `needed` wrote, parsed as JSON, to what Tortoise's row has there."""
    kind, sort = getattr(column_of(row, name), "enum_type", None), _sort(row, name)
    makers: dict[Any, Callable[[Any], Any]] = {datetime: datetime.fromisoformat, UUID: UUID, date: date.fromisoformat}
    made = kind or makers.get(sort)
    if made is None:
        return lambda value: value
    return lambda value: None if value is None else made(value)
