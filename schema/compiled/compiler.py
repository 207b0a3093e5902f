"""The compiler: one query operation becomes one statement, from what the fields of the schema declare."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    is_abstract_type,
)
from strawberry import Schema
from tortoise.expressions import Q

from domain.kernel.errors import MalformedId
from domain.kernel.ids import parse_global_id
from domain.orders.models import OrderRow
from schema.compiled.arguments import Arguments
from schema.compiled.computed import leaves, patch_of
from schema.compiled.conditions import Conditions, both, column, table
from schema.compiled.dialects import Writer
from schema.compiled.fragments import Fragment, is_own
from schema.compiled.holes import Draft, OfOthers, hole_for
from schema.compiled.inputs import Inputs
from schema.compiled.kinds import alike, typename
from schema.compiled.pages import PageWriter
from schema.compiled.plan import Literal, NotCompilable, Plan, Reason, Request, concatenated, quoted
from schema.compiled.selections import Selected, Selections, below
from schema.compiled.values import Values
from schema.views.fields import ViewField
from schema.views.view import View, together, views_of
from schema.views.words import Column, Computed, Edge, EdgeKind, Exists, MinorUnits, Parts, foreign_key_column

Special = Callable[[str, GraphQLField, Selected], list[str]]
MOST_FIELDS = 2_000


class Compiler:
    """Makes the plan of one operation, for the shape that its variables and its scope have in this request."""

    def __init__(
        self, schema: Schema, document: DocumentNode, request: Request, writer: Writer, *, with_holes: bool = False
    ) -> None:
        self.strawberry, self.schema, self.request, self.writer = schema, schema._schema, request, writer
        self.document = document
        # The fragments that this plan's holes are filled with; None where there are to be no holes.
        self.fragments: list[Fragment] | None = [] if with_holes else None
        self.draft: Draft | None = None
        self.selections = Selections(self.schema, document, request.variables)
        self.plan = Plan()
        self.conditions = Conditions(self.plan, writer, request)
        self.values = Values(writer)
        self.arguments = Arguments(Inputs(schema), request)
        self._fields_left = MOST_FIELDS

    def compile(self, operation: OperationDefinitionNode) -> Plan:
        """The plan. Raises NotCompilable, or the GraphQLError of an argument that is refused."""
        if operation.operation is not OperationType.QUERY or self.schema.query_type is None:
            raise NotCompilable(Reason.KIND, operation.operation.value)
        data = self.object(self.schema.query_type, [operation.selection_set], "", None)
        whole = concatenated([Literal('{"data":'), *data, Literal("}")])
        self.plan.sql = f"select {self.writer.answer(whole)}"
        return self.plan

    # -- objects --------------------------------------------------------------------------------------------------
    def object(
        self,
        kind: GraphQLObjectType,
        selected: Selected,
        alias: str,
        view: View | None,
        special: Special | None = None,
        typename: str | None = None,
    ) -> list[str]:
        """The JSON of an object, as pieces of SQL. `special` writes the fields of what is not a view.

        `typename` is that of its type, in SQL, where it may be another than `kind`, of which the same is asked.
        """
        pieces: list[str] = [Literal("{")]
        fields = self.selections.fields(kind, selected)
        self._fields_left -= len(fields)  # a fragment may be spread in a fragment that is spread twice, and so on
        if self._fields_left < 0:
            raise NotCompilable(Reason.LARGE)
        for n, (key, nodes) in enumerate(fields.items()):
            pieces.append(Literal(("," if n else "") + f'"{key}":'))
            name = nodes[0].name.value
            if name == "__typename":
                pieces.append(typename or Literal(f'"{kind.name}"'))
            elif name not in kind.fields:
                raise NotCompilable(Reason.KIND, name)  # introspection
            elif special:
                pieces += special(name, kind.fields[name], below(nodes))
            else:
                pieces += self.field(kind.fields[name], nodes, alias, view)
        return [*pieces, Literal("}")]

    def row(self, named: Any, selected: Selected, alias: str, view: View) -> str:
        """The JSON of a row as the type that an edge names; behind an interface, as what the row's own column says."""
        if (
            self.fragments is not None
            and view.row is OrderRow
            and (hole := hole_for(self, named, selected, alias, view))
        ):
            return hole
        if not is_abstract_type(named):
            return concatenated(self.object(named, selected, alias, view))
        assert view.when is not None
        shown = {kind: kind.extensions["strawberry-definition"].origin.__view__ for kind in self._kinds(named, view)}
        sql, cases = column(view.row, view.when[0], alias), []
        for kinds in alike({kind: self.selections.fields(kind, selected) for kind in shown}):
            names = [(value, kind.name) for kind in kinds for value in shown[kind].when[1]]
            json = concatenated(self.object(kinds[0], selected, alias, shown[kinds[0]], typename=typename(names, sql)))
            cases.append(f"when {sql} in ({', '.join(quoted(value) for value, _ in names)}) then {json}")
        return f"case {' '.join(cases)} end"

    def _kinds(self, named: Any, view: View) -> list[GraphQLObjectType]:
        """Those behind an interface or union whose rows the view has."""
        assert view.when is not None
        kinds = self.schema.get_possible_types(named)
        own = [kind.extensions["strawberry-definition"].origin.__view__.when for kind in kinds]
        return [kind for kind, when in zip(kinds, own, strict=True) if when and set(when[1]) <= set(view.when[1])]

    def field(self, of: GraphQLField, nodes: list[FieldNode], alias: str, view: View | None) -> list[str]:
        """The JSON of one field, as pieces of SQL."""
        said = of.extensions["strawberry-definition"]
        if not isinstance(said, ViewField):
            raise NotCompilable(Reason.FIELD, said.python_name)
        declared, selected = said.declared, below(nodes)
        if isinstance(declared, Edge):
            return self._edge(of, said, declared, nodes, alias, view)
        assert view is not None
        if isinstance(declared, Computed):
            return self._computed(declared, of.type, selected, alias, view)
        if isinstance(declared, Exists):
            return [self._exists(declared, alias, view)]
        if isinstance(declared, Parts):
            return [self._parts(declared, get_named_type(of.type), selected, alias, view)]
        return [self.values.shown(declared, get_named_type(of.type), view, alias)]

    def _parts(self, declared: Parts, kind: Any, selected: Selected, alias: str, view: View) -> str:
        by_name = dict(declared.by_field)
        codes = {each.currency for each in by_name.values() if isinstance(each, MinorUnits)}

        def part(_name: str, of: GraphQLField, inner: Selected) -> list[str]:
            said = by_name[of.extensions["strawberry-definition"].python_name]
            named = get_named_type(of.type)
            if isinstance(said, Parts):
                return [self._parts(said, named, inner, alias, view)]
            if isinstance(said, Column) and said.name in codes:
                return [self.values.code(said, view, alias)]
            return [self.values.shown(said, named, view, alias)]

        json = concatenated(self.object(kind, selected, alias, view, part))
        if declared.absent_with is None:
            return json
        return f"case when {column(view.row, declared.absent_with, alias)} is null then 'null' else {json} end"

    def _exists(self, declared: Exists, alias: str, view: View) -> str:
        if self.draft is not None and not is_own(declared.row):
            raise OfOthers
        child = self.conditions.alias()
        here = column(view.row, declared.on or view.row._meta.pk_attr, alias)
        there = column(declared.row, foreign_key_column(declared.row, declared.by), child)
        found = self.conditions.met(lambda _: declared.where, declared.row, child, is_fixed=True)
        where = both(f"{there} = {here}", found)
        return (
            f"case when exists (select 1 from {table(declared.row)} {child} where {where}) then 'true' else 'false' end"
        )

    def _computed(self, declared: Computed, kind: Any, selected: Selected, alias: str, view: View) -> list[str]:
        pieces: list[str] = [Literal(f"\x01{len(self.plan.patches)}:[")]
        self.plan.patches.append(patch_of(declared, view, kind, selected, self.selections))
        for n, leaf in enumerate(leaves(declared)):
            pieces.append(Literal("," if n else ""))
            if isinstance(leaf, Exists):
                pieces.append(self._exists(leaf, alias, view))
            else:
                pieces.append(self.values.needed(leaf, view, alias))  # type: ignore[arg-type]  # patch_of refused others
        return [*pieces, Literal("]\x02")]

    # -- edges ----------------------------------------------------------------------------------------------------
    def _edge(
        self,
        of: GraphQLField,
        said: ViewField,
        edge: Edge,
        nodes: list[FieldNode],
        alias: str,
        here: View | None,
    ) -> list[str]:
        node, selected = nodes[0], below(nodes)
        named = get_named_type(of.type)
        views = views_of(self.schema, named)
        if edge.kind is EdgeKind.LOOKUP:
            return [self._lookup(of, said, node, selected, views)]
        view = together(list(views))
        if self.draft is not None:
            if not is_own(view.row):
                return self.draft.other(edge, of, nodes, alias)
            self.draft.has_children = True
        if edge.kind is EdgeKind.NAMED:
            return [self._named(of, said, edge, node, selected, view)]
        if edge.kind is EdgeKind.ONE:
            assert here is not None
            equals = column(here.row, edge.key_column(here.row), alias)
            return [self._one(named, view, selected, lambda _: Q(), equals)]
        if edge.kind is EdgeKind.MANY:
            return self._many(edge, named, view, selected, alias)
        asked = self.arguments.page(of, said, node, edge, view)
        return PageWriter(self, asked, edge, alias, view).pieces(of, selected)

    def _lookup(
        self, of: GraphQLField, said: ViewField, node: FieldNode, selected: Selected, views: Mapping[View, type[Any]]
    ) -> str:
        arguments = self.arguments.of(of, said, node)
        text = arguments(self.request)["id"]
        meant = [view for view in views if view.prefix == text.rpartition("_")[0]]
        if not meant:
            raise NotCompilable(Reason.REFUSED, "no id of this field")
        view = together(meant)
        named: Any = get_named_type(of.type)
        kinds = self.schema.get_possible_types(named) if is_abstract_type(named) else [named]
        [kind] = [each for each in kinds if each.extensions["strawberry-definition"].origin.__view__ in meant]

        def key(request: Request) -> Q:
            try:
                return Q(id=parse_global_id(view.prefix, arguments(request)["id"]))
            except MalformedId as refusal:
                raise NotCompilable(Reason.REFUSED) from refusal

        return self._one(kind, view, selected, key)

    def _named(
        self, of: GraphQLField, said: ViewField, edge: Edge, node: FieldNode, selected: Selected, view: View
    ) -> str:
        assert edge.which is not None
        which, arguments = edge.which, self.arguments.of(of, said, node)
        if which(self.request.scope, **arguments(self.request)) is None:
            return "'null'"

        def key(request: Request) -> Q:
            condition = which(request.scope, **arguments(request))
            assert condition is not None, "for one kind of scope it names something always, or never"
            return condition

        return self._one(get_named_type(of.type), view, selected, key)

    def _one(self, named: Any, view: View, selected: Selected, key: Callable[[Request], Q], equals: str = "") -> str:
        child = self.conditions.alias()
        json = self.row(named, selected, child, view)
        where = both(
            f"{child}.id = {equals}" if equals else "",
            self.conditions.met(key, view.row, child),
            self.visible(view, child),
        )
        return f"coalesce((select {json} from {table(view.row)} {child} where {where}), 'null')"

    def _many(self, edge: Edge, named: Any, view: View, selected: Selected, alias: str) -> list[str]:
        child = self.conditions.child(edge.by or "", alias)
        json = self.row(named, selected, child, view)
        parent = column(view.row, foreign_key_column(view.row, edge.by or ""), child)
        source = f"from {table(view.row)} {child} where {both(f'{parent} = {alias}.id', self.visible(view, child))}"
        order = ", ".join(
            f"{column(view.row, each.lstrip('-'), child)}{' desc' if each.startswith('-') else ''}"
            for each in edge.order_by
        )
        # Sorted by a subquery, not by the aggregate, which sorts whole texts (and on SQLite, before 3.44, cannot).
        listed = f"select {self.writer.joined('c0')} from (select {json} as c0 {source} order by {order}) p"
        return [Literal("["), f"coalesce(({listed}), '')", Literal("]")]

    def visible(self, view: View, alias: str) -> str:
        """Which rows there are for whoever asks."""
        visible = self.conditions.met(lambda request: view.visible(request.scope), view.row, alias)
        if view.when is None:
            return visible
        # Literals: of a list of parameters the database makes an array anew for each row.
        kinds = f"{column(view.row, view.when[0], alias)} in ({', '.join(map(quoted, view.when[1]))})"
        return f"{visible} and {kinds}" if visible else kinds
