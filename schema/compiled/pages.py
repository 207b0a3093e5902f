"""Pages: a connection is one cut of its rows, from which nodes, edges and page info are made in one pass."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, GraphQLObjectType, get_named_type
from tortoise.expressions import Q

from schema.compiled.conditions import both, column, table
from schema.compiled.plan import Literal, NotCompilable, Reason, Request, concatenated
from schema.compiled.selections import Selected, Selections, below
from schema.views.paging import Ordering, Page
from schema.views.view import View
from schema.views.words import Edge, RowType, foreign_key_column

if TYPE_CHECKING:
    from schema.compiled.compiler import Compiler

_PLACES = {"n": "row_number()", "follows": "lead(1)"}


class PageWriter:
    """Writes one connection. `asked` gives its page in a request; the size and the ordering belong to the plan."""

    def __init__(
        self, compiler: "Compiler", asked: Callable[[Request], Page], edge: Edge, alias: str, view: View
    ) -> None:
        self._compiler, self._asked, self._view = compiler, asked, view
        self._page = asked(compiler.request)
        self._child = compiler.conditions.child(edge.by or "", alias)
        self._columns: list[str] = []
        self._places: dict[str, str] = {}
        self._looks_ahead = False
        self._parent = ""
        if edge.by is not None:
            here = column(view.row, foreign_key_column(view.row, edge.by), self._child)
            self._parent = f"{here} = {alias}.id"

    def pieces(self, of: GraphQLField, selected: Selected) -> list[str]:
        """The JSON of the connection: one subquery, which selects no more than is asked for."""
        kind: Any = get_named_type(of.type)
        self._looks_ahead = asks_for(self._compiler.selections, kind, selected, "pageInfo", "hasNextPage")
        body = concatenated(self._compiler.object(kind, selected, "", None, self._part))
        if not self._columns:  # totalCount or __typename alone
            return [body]
        columns = ", ".join(f"{json} as c{n}" for n, json in enumerate(self._columns))
        child, order = self._child, ordered(self._view.row, self._page.ordering, self._child)
        source = f"from {table(self._view.row)} {child} where {self._matching(after=True)}"
        limit = self._page.first + self._looks_ahead
        if self._places:
            places = ", ".join(f"{sql} over (order by {order}) as {name}" for name, sql in self._places.items())
            cut = f"select {child}.* {source} order by {order} limit {limit}"
            rows = f"select {columns} from (select {child}.*, {places} from ({cut}) {child}) {child}"
        else:
            rows = self._compiler.writer.page(columns, child, source, order, limit)
        # Both databases give the rows of a subquery to an aggregate in the subquery's own order.
        return [f"(select {body} from ({rows}) p)"]

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
        at = self._is_last() if name == "endCursor" else f"{self._place('n')} = 1 and n <= {first}"
        return [f"coalesce(max({self._column(f'case when {at} then {self._cursor()} end')}), 'null')"]

    def _listed(self, json: str) -> list[str]:
        # The row that only says whether anything follows is not written.
        within = f"case when {self._place('n')} <= {self._page.first} then {json} end" if self._looks_ahead else json
        return [Literal("["), f"coalesce({self._compiler.writer.joined(self._column(within))}, '')", Literal("]")]

    def _is_last(self) -> str:
        """The last of the page is at its end, or nothing follows it."""
        ends = f"{self._place('follows')} is null"
        return f"{self._place('n')} = {self._page.first} or n < {self._page.first} and {ends}"

    def _place(self, name: str) -> str:
        """Where a row is on the page, by a window over the page alone."""
        self._places[name] = _PLACES[name]
        return name

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


def asks_for(selections: Selections, kind: GraphQLObjectType, selected: Selected, *names: str) -> bool:
    """Whether a field of that name is selected, or a field of that name within the first, and so on."""
    name, *further = names
    for nodes in selections.fields(kind, selected).values():
        if nodes[0].name.value == name:
            inner: Any = get_named_type(kind.fields[name].type)
            if not further or asks_for(selections, inner, below(nodes), *further):
                return True
    return False
