"""Holes: where a plan leaves out what is an order's own, and the statement that reads it for the fragments."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLField

from schema.compiled.conditions import column, table
from schema.compiled.fragments import OTHER, Fragment
from schema.compiled.plan import Literal, concatenated
from schema.compiled.selections import Selected
from schema.views.view import View
from schema.views.words import Edge, EdgeKind

if TYPE_CHECKING:
    from schema.compiled.compiler import Compiler

Others = list[tuple[GraphQLField, list[FieldNode]]]


class OfOthers(Exception):
    """An order's part holds rows that are not its own, at a depth where they cannot be left out."""


@dataclass
class Draft:
    """The fragment that is being written."""

    alias: str
    others: Others = field(default_factory=list)
    has_children: bool = False

    def other(self, edge: Edge, of: GraphQLField, nodes: list[FieldNode], alias: str) -> list[str]:
        """The place of what hangs on the order itself, but is not its own."""
        if edge.kind is not EdgeKind.ONE or alias != self.alias:
            raise OfOthers
        self.others.append((of, nodes))
        return [Literal(f"\x06{len(self.others) - 1}\x07")]


def hole_for(compiler: "Compiler", named: Any, selected: Selected, alias: str, view: View) -> str:
    """A hole for an order's own part; empty when there is none, or it would be no cheaper to keep than to read."""
    fragments, compiler.fragments = compiler.fragments, None  # there are no holes within
    assert fragments is not None
    try:
        made = _fragment(type(compiler), compiler, named, selected, view)
        if made is None:
            return ""
        fragment, others = made
        hole = [Literal(f"\x03{len(fragments)}:"), *_name(compiler, alias, view)]
        hole += pieces_of_others(compiler, others, alias, view)
        fragments.append(fragment)
        return concatenated([*hole, Literal("\x04")])
    finally:
        compiler.fragments = fragments


def own_part(
    compiler: "Compiler", named: Any, selected: Selected, alias: str, view: View
) -> tuple[list[str], Others] | None:
    """The pieces of what is an order's own, and the fields that have places in it, for they are of others.

    None when there is no such part, or it would be no cheaper to keep than to read.
    """
    draft = compiler.draft = Draft(alias)
    try:
        pieces = compiler.object(named, selected, alias, view)
    except OfOthers:
        return None
    finally:
        compiler.draft = None
    return (pieces, draft.others) if draft.has_children else None


def pieces_of_others(compiler: "Compiler", others: Others, alias: str, view: View) -> list[str]:
    """What goes to the places in an order's own part, in their order."""
    return [piece for of, nodes in others for piece in (Literal(OTHER), *compiler.field(of, nodes, alias, view))]


def _fragment(
    kind: type["Compiler"], outer: "Compiler", named: Any, selected: Selected, view: View
) -> tuple[Fragment, Others] | None:
    """What is selected of an order as a statement of its own, and the fields of it that are of others."""
    compiler = kind(outer.strawberry, outer.document, outer.request, outer.writer)
    alias = compiler.conditions.alias()
    part = own_part(compiler, named, selected, alias, view)
    if part is None:
        return None
    own, others = part
    parts = [*_name(compiler, alias, view), Literal("\x02"), *own, Literal("\x04")]
    listed = compiler.writer.answer(compiler.writer.joined(concatenated(parts)))
    compiler.plan.sql = f"select {listed} from {table(view.row)} {alias}"
    return Fragment(compiler.plan, alias, compiler.visible(view, alias)), others


def _name(compiler: "Compiler", alias: str, view: View) -> list[str]:
    version = f"cast({column(view.row, 'version', alias)} as text)"
    return [compiler.writer.hex_id(f"{alias}.id"), Literal(":"), version]
