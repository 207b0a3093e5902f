"""Pages: a connection is one cut of its rows, from which nodes, edges and page info are made in one pass."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, get_named_type
from tortoise.expressions import Q

from schema.compiled.conditions import both, column, table
from schema.compiled.plan import Literal, NotCompilable, Reason, Request, concatenated
from schema.compiled.selections import Selected
from schema.views.paging import Ordering, Page
from schema.views.view import View
from schema.views.words import Edge, RowType, foreign_key_column

if TYPE_CHECKING:
    from schema.compiled.compiler import Compiler


class PageWriter:
    """Writes one connection. `asked` gives its page in a request; the size and the ordering belong to the plan."""

    def __init__(
        self, compiler: "Compiler", asked: Callable[[Request], Page], edge: Edge, alias: str, view: View
    ) -> None:
        self._compiler, self._asked, self._view = compiler, asked, view
        self._page = asked(compiler.request)
        self._child = compiler.conditions.alias()
        self._columns: list[str] = []
        self._parent = ""
        if edge.by is not None:
            here = column(view.row, foreign_key_column(view.row, edge.by), self._child)
            self._parent = f"{here} = {alias}.id"

    def pieces(self, of: GraphQLField, selected: Selected) -> list[str]:
        """The JSON of the connection: one subquery, which selects no more than is asked for."""
        kind: Any = get_named_type(of.type)
        body = concatenated(self._compiler.object(kind, selected, "", None, self._part))
        if not self._columns:  # totalCount or __typename alone
            return [body]
        columns = ", ".join(f"{json} as c{n}" for n, json in enumerate(self._columns))
        child, order = self._child, ordered(self._view.row, self._page.ordering, self._child)
        source = f"from {table(self._view.row)} {child} where {self._matching(after=True)}"
        cut = f"select {child}.* {source} order by {order} limit {self._page.first + 1}"
        places = f"row_number() over (order by {order}) as n, count(*) over () as whole"
        numbered = f"select {child}.*, {places} from ({cut}) {child}"
        return [f"(select {body} from (select n, {columns} from ({numbered}) {child}) p)"]

    def _part(self, name: str, of: GraphQLField, selected: Selected) -> list[str]:
        kind: Any = get_named_type(of.type)
        if name == "totalCount":
            source = f"from {table(self._view.row)} {self._child} where {self._matching(after=False)}"
            return [f"(select cast(count(*) as text) {source})"]
        if name == "nodes":
            return self._listed(self._compiler.row(kind, selected, self._child, self._view))
        if name == "edges":
            return self._listed(concatenated(self._compiler.object(kind, selected, "", None, self._edge)))
        if name == "pageInfo":
            return self._compiler.object(kind, selected, "", None, self._info)
        raise NotCompilable(Reason.FIELD, name)

    def _edge(self, name: str, of: GraphQLField, selected: Selected) -> list[str]:
        if name == "cursor":
            return [self._cursor()]
        return [self._compiler.row(get_named_type(of.type), selected, self._child, self._view)]

    def _info(self, name: str, _of: GraphQLField, _selected: Selected) -> list[str]:
        first = self._page.first
        if name == "hasNextPage":
            self._column("1")
            return [f"case when count(*) > {first} then 'true' else 'false' end"]
        if name == "hasPreviousPage":
            return [Literal("true" if self._page.is_continued else "false")]
        # The last of the page is at its end, or is the last that there is.
        last = f"n = {first} or (n < {first} and n = whole)"
        at = last if name == "endCursor" else f"n = 1 and n <= {first}"
        return [f"coalesce(max({self._column(f'case when {at} then {self._cursor()} end')}), 'null')"]

    def _listed(self, json: str) -> list[str]:
        # The row that only says whether anything follows is not written.
        written = self._column(f"case when n <= {self._page.first} then {json} end")
        return [Literal("["), f"coalesce({self._compiler.writer.joined(written, 'n')}, '')", Literal("]")]

    def _column(self, sql: str) -> str:
        if sql not in self._columns:
            self._columns.append(sql)
        return f"c{self._columns.index(sql)}"

    def _cursor(self) -> str:
        return self._compiler.values.cursor(self._view.row, self._view.prefix, self._page.ordering, self._child)

    def _matching(self, *, after: bool) -> str:
        def asked(request: Request) -> Q:
            page = self._asked(request)
            return Q(page.where, page.after) if after else page.where

        conditions = self._compiler.conditions
        met = conditions.met(asked, self._view.row, self._child)
        return both(self._parent, self._compiler.visible(self._view, self._child), met)


def ordered(row: RowType, ordering: Ordering, alias: str) -> str:
    """The ORDER BY of a page: by its column, then by id."""
    direction = "desc" if ordering.is_descending else "asc"
    return ", ".join(f"{column(row, term.lstrip('-'), alias)} {direction}" for term in ordering.terms)
