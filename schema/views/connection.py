"""The GraphQL types of a page (Relay's, and `nodes`), and how an ordering is chosen."""

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, StrEnum
from typing import Any, ClassVar, Generic, TypeVar

import strawberry

from schema.scalars import Cursor
from schema.views.paging import Ordering, Page
from schema.views.words import RowType

T = TypeVar("T")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether anything follows this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page was asked for after a cursor.")
    start_cursor: Cursor | None = strawberry.field(description="Of the first on this page; null when it is empty.")
    end_cursor: Cursor | None = strawberry.field(description="Of the last on this page; null when it is empty.")


@strawberry.type(description="One thing on a page, and its place in the list.")
class ConnectionEdge(Generic[T]):
    cursor: Cursor = strawberry.field(description="Go on from here with `after`.")
    node: T = strawberry.field(description="The thing itself.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    nodes: list[T] = strawberry.field(description="What is on this page.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in its list.")
    page: strawberry.Private[Page]
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="What is on this page, each with its cursor.")  # type: ignore[untyped-decorator]
    def edges(self) -> list[ConnectionEdge[T]]:
        return [ConnectionEdge(cursor=self.page.cursor(node), node=node) for node in self.nodes]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="How many there are in the whole list; counted only when it is selected."
    )
    async def total_count(self) -> int:
        return await self.count()


def cut(page: Page, rows: Sequence[Any], count: Callable[[], Awaitable[int]]) -> Connection[Any]:
    """The page made of `rows`, which hold one more than was asked for if anything follows."""
    nodes = list(rows[: page.first])
    info = PageInfo(
        has_next_page=len(rows) > page.first,
        has_previous_page=page.is_continued,
        start_cursor=page.cursor(nodes[0]) if nodes else None,
        end_cursor=page.cursor(nodes[-1]) if nodes else None,
    )
    return Connection(nodes=nodes, page_info=info, page=page, count=count)


class Direction(StrEnum):
    """Which end of the list comes first."""

    ASC = "ASC"
    DESC = "DESC"


def order_of(row: RowType, name: str, *columns: str) -> Any:
    """The input type `name` { field direction }, whose field is one of these columns.

    Its enum is called `<name>Field`, and described by the columns.
    """
    for each in columns:
        assert not row._meta.fields_map[each].null, f"{name}: {row.__name__}.{each} may be null, which has no place"
    offered: Any = StrEnum(f"{name}Field", {each.upper(): each for each in columns})  # type: ignore[misc]
    descriptions = {each: row._meta.fields_map[each].description or f"By {each.replace('_', ' ')}." for each in offered}
    enum_of(offered, descriptions, doc="What the list can be ordered by.")

    class OrderBy:
        field: offered = strawberry.field(description="What to order by.")
        direction: Direction = strawberry.field(description="Which end comes first.", default=Direction.ASC)
        columns: ClassVar[tuple[str, ...]] = ()

        def ordering(self) -> Ordering:
            return Ordering(self.field.value, self.direction is Direction.DESC)

    OrderBy.__annotations__ = {"field": offered, "direction": Direction}
    OrderBy.columns = columns
    OrderBy.__name__ = OrderBy.__qualname__ = name
    return strawberry.input(OrderBy, name=name, description="How the list is ordered. Ties are broken by id.")


E = TypeVar("E", bound=type[Enum])


def enum_of(kind: E, descriptions: Any = None, *, doc: str | None = None, name: str | None = None) -> E:
    """`kind` as a GraphQL enum with a description per value.

    `descriptions` maps each member to its sentence; without it every member has one as its attribute `doc`.
    The enum itself is described by its docstring, or by `doc`.
    """
    described = doc or kind.__dict__.get("__doc__")
    assert described, f"{kind.__name__} has no description"
    strawberry.enum(kind, name=name, description=" ".join(described.split()))
    for member, shown in zip(kind, kind.__strawberry_definition__.values, strict=True):  # type: ignore[attr-defined]
        shown.description = descriptions[member] if descriptions is not None else getattr(member, "doc", None)
        assert shown.description, f"{kind.__name__}.{member.name} has no description"
    return kind


enum_of(Direction, {Direction.ASC: "Smallest, oldest or A first.", Direction.DESC: "Largest, newest or Z first."})
