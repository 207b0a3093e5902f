"""Every list that the schema offers, in every ordering, with every filter alone: drawn from the schema itself."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import asyncpg
import graphql as g
from tortoise.expressions import Q

from domain.kernel.ids import global_id
from schema.scalars import print_time
from schema.views.fields import ViewField
from schema.views.paging import Ordering, Page
from schema.views.view import View, together, views_of
from schema.views.words import Edge, EdgeKind, foreign_key_column

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Offered:
    """A connection: the field of a type, or of the root where there is no `parent`."""

    name: str
    field: g.GraphQLField
    edge: Edge
    view: View
    parent: View | None
    parent_kind: str

    @property
    def table(self) -> str:
        return self.view.row._meta.db_table

    @property
    def by(self) -> str:
        """The column that holds the parent's key."""
        return foreign_key_column(self.view.row, self.edge.by) if self.edge.by else ""


@dataclass(frozen=True)
class Asked:
    """One query of a list; `column` is what it is filtered by, `ordering` what it is ordered by."""

    name: str
    query: str


def offered_lists(schema: g.GraphQLSchema) -> Iterator[Offered]:
    """All connections of all types."""
    for kind in schema.type_map.values():
        if not isinstance(kind, g.GraphQLObjectType):
            continue
        for name, field in kind.fields.items():
            said = field.extensions.get("strawberry-definition")
            if isinstance(said, ViewField) and isinstance(said.declared, Edge):
                edge = said.declared
                if edge.kind is EdgeKind.CONNECTION:
                    view = together(list(views_of(schema, g.get_named_type(field.type))))
                    origin = kind.extensions["strawberry-definition"].origin
                    parent = getattr(origin, "__view__", None)
                    yield Offered(f"{kind.name}.{name}", field, edge, view, parent, kind.name)


class Asking:
    """Writes the queries of a list, with values that are in the books."""

    def __init__(self, connection: asyncpg.Connection, listed: Offered) -> None:
        self._connection, self._listed = connection, listed
        self._parent_id = ""

    async def queries(self) -> AsyncIterator[Asked]:
        """First pages and deep ones in every ordering, without a filter and with each alone."""
        if self._listed.parent:
            self._parent_id = global_id(self._listed.parent.prefix, await self._largest_parent())
        filters = [("", "")]
        if where := self._listed.field.args.get("where"):
            filters += [each async for each in self._filters(g.get_named_type(where.type))]
        for ordering in self._orderings():
            cursor = await self._middle(ordering)
            for said, condition in filters:
                for page in ("first",) if condition else ("first", "deep"):
                    arguments = ["first: 20"]
                    if "orderBy" in self._listed.field.args:
                        direction = "DESC" if ordering.is_descending else "ASC"
                        arguments.append(f"orderBy: {{field: {ordering.column.upper()}, direction: {direction}}}")
                    arguments += [f'after: "{cursor}"'] if page == "deep" else []
                    arguments += [f"where: {condition}"] if condition else []
                    yield Asked(f"{self._listed.name} {page} by {ordering}{said}", self.written(", ".join(arguments)))

    def written(self, arguments: str, nodes: str = "id") -> str:
        """The query of the list with these arguments."""
        name = self._listed.name.partition(".")[2]
        field = f"{name}({arguments}) {{ nodes {{ {nodes} }} pageInfo {{ hasNextPage endCursor }} }}"
        if self._listed.parent is None:
            return f"{{ {field} }}"
        return f'{{ node(id: "{self._parent_id}") {{ ... on {self._listed.parent_kind} {{ {field} }} }} }}'

    def _orderings(self) -> Iterator[Ordering]:
        orderings = self._listed.edge.orderings
        if "orderBy" not in self._listed.field.args:
            yield Ordering.written(orderings[0])
            return
        for column in orderings:
            yield Ordering(column.lstrip("-"), False)
            yield Ordering(column.lstrip("-"), True)

    async def _largest_parent(self) -> Any:
        by = self._listed.by
        return await self._connection.fetchval(
            f'select {by} from "{self._listed.table}" where {by} is not null group by 1 order by count(*) desc limit 1'
        )

    async def _middle(self, ordering: Ordering) -> str:
        """The cursor of the middle of the list."""
        key, column = self._listed.by, ordering.column
        mine = f"where {key} = '{self._parent_id.rpartition('_')[2]}'" if key else ""
        row = await self._connection.fetchrow(
            f'select id, {column} from "{self._listed.table}" {mine} order by {column}, id'
            f' offset (select count(*) / 2 from "{self._listed.table}" {mine}) limit 1'
        )
        page = Page(1, ordering, Q(), Q(), is_continued=False, list_name=self._listed.view.prefix)
        return page.cursor(SimpleNamespace(pk=row["id"], **{column: row[column]}))

    async def _filters(self, where: Any) -> AsyncIterator[tuple[str, str]]:
        for name, field in where.fields.items():
            if name in ("AND", "OR"):
                continue
            said = field.extensions["strawberry-definition"].metadata
            samples = await self._samples(said["column"])
            for condition in _conditions(g.get_named_type(field.type), samples, said["prefix"]):
                yield f" where {name} {condition}", f"{{{name}: {{{condition}}}}}"

    async def _samples(self, column: str) -> Sequence[Any]:
        """Two values of the column: of rows in the middle of the table, and near its end."""
        table = f'from "{self._listed.table}" where {column} is not null'
        return [
            await self._connection.fetchval(
                f"select {column} {table} order by id offset (select count(*) * {place} / 10 {table}) limit 1"
            )
            for place in (5, 9)
        ]


def _conditions(kind: Any, samples: Sequence[Any], prefix: str) -> Iterator[str]:
    """What can be said with a filter of this kind, each word alone; a closed set of values value by value."""

    def text(value: Any) -> str:
        if prefix:
            return json.dumps(global_id(prefix, value))
        return json.dumps(print_time(value) if isinstance(value, datetime) else value)

    for word, field in kind.fields.items():
        named = g.get_named_type(field.type)
        if isinstance(named, g.GraphQLEnumType):
            values = list(named.values)
            alone = values if word == "oneOf" else [samples[0]]
            yield from (f"{word}: [{value}]" for value in alone)
            yield f"{word}: [{', '.join(values[:2])}]"
        elif named.name == "Boolean":
            yield from (f"{word}: {value}" for value in ("true", "false"))
        elif word == "startsWith":
            yield f"{word}: {text(samples[0])}"
        elif word == "oneOf":
            yield f"{word}: [{', '.join(map(text, samples))}]"
        elif word in ("eq", "gte", "lte"):
            yield f"{word}: {text(samples[0])}"
    if "gte" in kind.fields and isinstance(samples[0], datetime):
        yield f"gte: {text(samples[0])}, lt: {text(samples[0] + DAY)}"
