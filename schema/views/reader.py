"""The reader of one operation: whatever is not a column of the row at hand is read here, in batches and in scope."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from copy import copy
from inspect import isawaitable
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from graphql import GraphQLResolveInfo, get_named_type
from strawberry.dataloader import DataLoader
from strawberry.extensions import SchemaExtension
from tortoise.exceptions import ValidationError
from tortoise.expressions import Q
from tortoise.functions import Count
from tortoise.queryset import QuerySet

from domain.kernel.actor import Scope
from domain.kernel.errors import MalformedId
from domain.kernel.ids import parse_global_id
from schema.views.connection import Connection, cut
from schema.views.fields import ViewField
from schema.views.paging import Page, page_of
from schema.views.refusals import bad_request
from schema.views.view import View, together, views_of
from schema.views.windows import first_of_each
from schema.views.words import Computed, Edge, EdgeKind, Exists, Word, foreign_key_column, term

T = TypeVar("T")
LARGEST_BATCH = 10_000  # keys in one statement; PostgreSQL takes 32,767 parameters, SQLite 32,766


class Reader:
    """Reads for one actor and one operation: it remembers what it loaded, so it must not outlive either."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    def forget(self) -> None:
        """Read everything anew from now on: between two events of a subscription, after a write."""
        self._loaders.clear()

    # -- for resolvers --------------------------------------------------------------------------------------------
    async def load(self, view: type[T], key: UUID) -> T | None:
        """The visible row with this primary key, in a batch with all others of this moment."""
        return await self._row(view.__view__, key)  # type: ignore[attr-defined,no-any-return]

    # -- for fields -----------------------------------------------------------------------------------------------
    def read(self, field: ViewField, source: Any, arguments: Mapping[str, Any], info: GraphQLResolveInfo[Any]) -> Any:
        """What the field declares, of the row `source`: a value, or the promise of one."""
        declared = field.declared
        if not isinstance(declared, Edge):
            return self._value(declared, source)
        views = views_of(info.schema, get_named_type(info.return_type))
        if declared.kind is EdgeKind.LOOKUP:
            return self._lookup(views, arguments["id"])
        view = together(list(views))
        if declared.kind is EdgeKind.NAMED:
            return self._named(declared, view, arguments)
        if declared.kind is EdgeKind.ONE:
            key = getattr(source, declared.key_column(type(source)))
            return None if key is None else self._row(view, key)
        if declared.kind is EdgeKind.MANY:
            return self._loader(field, lambda keys: self._children(view, declared, keys)).load(source.pk)
        return self._page(field, declared, view, source, arguments)

    def _value(self, declared: Word, source: Any) -> Any:
        if isinstance(declared, Exists):
            which = self._loader(("exists", id(declared)), lambda keys: _which_exist(declared, keys))
            return which.load(declared.key(source))
        if not isinstance(declared, Computed):
            assert not isinstance(declared, Edge)
            return declared.value(source)
        needs = [self._value(each, source) for each in declared.words]
        if any(map(isawaitable, needs)):
            return self._computed_later(declared, needs)
        return declared.function(self.scope, *needs)

    async def _computed_later(self, declared: Computed, needs: list[Any]) -> Any:
        # One after the other costs nothing: all of them were asked for before the first is awaited.
        return declared.function(self.scope, *[await need if isawaitable(need) else need for need in needs])

    async def _named(self, edge: Edge, view: View, arguments: Mapping[str, Any]) -> Any:
        assert edge.which is not None
        where = edge.which(self.scope, **arguments)
        try:
            return None if where is None else await self._visible(view, where).get_or_none()
        except ValidationError:  # a text that is longer than its column names nothing
            return None

    async def _lookup(self, views: Mapping[View, type[Any]], text: str) -> Any:
        meant = [view for view in views if view.prefix == text.rpartition("_")[0]]
        try:
            key = parse_global_id(meant[0].prefix, text) if meant else None
        except MalformedId:
            key = None
        if key is None:
            wanted = ", ".join(dict.fromkeys(f"{view.prefix}_…" for view in views))
            raise bad_request(f'"{text[:60]}" is not an id of this field: {wanted}')
        row = await self._row(together(meant), key)
        # Two views may show the same row: the id says which of them is meant, or the row itself (`when`).
        return row if row is None or len(meant) > 1 else strawberry.cast(views[meant[0]], row)

    def _row(self, view: View, key: Any) -> Awaitable[Any]:
        return self._loader(("row", view), lambda keys: self._rows(view, keys)).load(key)

    # -- pages ----------------------------------------------------------------------------------------------------
    async def _page(
        self, field: ViewField, edge: Edge, view: View, source: Any, arguments: Mapping[str, Any]
    ) -> Connection[Any]:
        page = page_of(edge, view.row, view.prefix, arguments)
        if edge.by is None:
            matching = self._visible(view, page.where)
            ordered = matching.filter(page.after).order_by(*page.ordering.terms)
            return cut(page, await ordered.limit(page.first + 1), matching.count)
        key = (field, repr(arguments))  # inputs are dataclasses: equal texts mean equal pages
        rows = await self._loader(key, lambda keys: self._pages(view, edge, page, keys)).load(source.pk)
        counts = self._loader((key, "count"), lambda keys: self._counts(view, edge, page, keys))
        return cut(page, rows, lambda: counts.load(source.pk))

    async def _pages(self, view: View, edge: Edge, page: Page, keys: list[Any]) -> list[list[Any]]:
        parent = foreign_key_column(view.row, edge.by or "")
        matching = self._visible(view, page.where, page.after, term(f"{parent}__in", keys))
        return _by_parent(await first_of_each(matching, parent, page.ordering, page.first + 1), parent, keys)

    # -- statements -----------------------------------------------------------------------------------------------
    async def _counts(self, view: View, edge: Edge, page: Page, keys: list[Any]) -> list[int]:
        parent = foreign_key_column(view.row, edge.by or "")
        matching = self._visible(view, page.where, term(f"{parent}__in", keys))
        counted = await matching.annotate(_count=Count("id")).group_by(parent).values_list(parent, "_count")
        by_parent: dict[Any, int] = dict(counted)
        return [by_parent.get(key, 0) for key in keys]

    async def _children(self, view: View, edge: Edge, keys: list[Any]) -> list[list[Any]]:
        parent = foreign_key_column(view.row, edge.by or "")
        matching = self._visible(view, term(f"{parent}__in", keys))
        return _by_parent(await matching.order_by(*edge.order_by), parent, keys)

    async def _rows(self, view: View, keys: list[Any]) -> list[Any]:
        found = {row.pk: row for row in await self._visible(view, term("pk__in", keys))}
        return [found.get(key) for key in keys]

    def _visible(self, view: View, *where: Q) -> QuerySet[Any]:
        """Every statement about a view starts here, so that none forgets who asks."""
        return view.row.filter(view.condition(self.scope), *where)

    def _loader(self, key: Hashable, load: Callable[[list[Any]], Awaitable[list[Any]]]) -> DataLoader[Any, Any]:
        if key not in self._loaders:
            self._loaders[key] = _Loader(load, max_batch_size=LARGEST_BATCH)
        return self._loaders[key]


class _Loader(DataLoader[Any, Any]):
    """Others may wait for what a field waits for: where an error ends that field, it is not lost to them."""

    def load(self, key: Any) -> Awaitable[Any]:
        return asyncio.shield(super().load(key))


async def _which_exist(declared: Exists, keys: list[Any]) -> list[bool]:
    parent = foreign_key_column(declared.row, declared.by)
    matching = declared.row.filter(declared.where, **{f"{parent}__in": keys})
    found = set(await matching.distinct().values_list(parent, flat=True))
    return [key in found for key in keys]


def _by_parent(rows: Sequence[Any], parent: str, keys: Sequence[Any]) -> list[list[Any]]:
    found: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, parent)].append(row)
    return [found[key] for key in keys]


class ReaderPerOperation(SchemaExtension):
    """Gives each operation a context with a reader of its own: a socket makes its context once for all of them."""

    def on_operation(self) -> Iterator[None]:
        context = copy(self.execution_context.context)
        context.reader = Reader(context.reader.scope)
        self.execution_context.context = context
        yield
