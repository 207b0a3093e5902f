"""The sample shop as a schema: every word of a view is said at least once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from tortoise.expressions import Q

from domain.kernel import actor
from domain.kernel.actor import Actor, Scope
from schema.scalars import SCALARS, Amount
from schema.views import (
    BoolFilter,
    Column,
    Connection,
    EnumFilter,
    IdFilter,
    IntFilter,
    Money,
    Node,
    Reader,
    ReaderPerOperation,
    TextFilter,
    TimeFilter,
    column,
    computed,
    connection,
    enum_of,
    exists,
    lookup,
    many,
    money,
    named,
    on,
    one,
    order_of,
    parts,
    view_of,
    where_of,
)
from tests.api import sample_rows as rows
from tests.api.sample_rows import SaleStatus

enum_of(
    SaleStatus,
    {
        SaleStatus.DRAFT: "Not sold yet.",
        SaleStatus.CONFIRMED: "Sold.",
        SaleStatus.CANCELED: "Not sold after all.",
    },
)


@where_of(rows.SaleRow)
class SaleWhere:
    """Which sales."""

    status: EnumFilter[SaleStatus]
    placed_at: TimeFilter
    number: TextFilter
    count: IntFilter = on("units")
    is_gift: BoolFilter
    id: IdFilter = on("id", prefix="sale", doc="Which sale.")
    buyer: IdFilter = on("buyer_id", prefix="buyer", doc="Whose.")


SaleOrder = order_of(rows.SaleRow, "SaleOrder", "placed_at", "number", "status", "units")
BuyerOrder = order_of(rows.BuyerRow, "BuyerOrder", "name")
SALE_ORDERINGS = ("-placed_at", "number", "status", "units")


@strawberry.type(description="How big it is.")
class Size:
    units: int = strawberry.field(description="How many units.")
    paid_before: int | None = strawberry.field(description="How much was paid before.")


def in_short(scope: Scope, status: SaleStatus, is_on_hold: bool, units: int) -> str:
    who = "staff" if scope.sees_everything else "customer"
    return f"{units} {status} {'held' if is_on_hold else 'free'} for {who}"


@view_of(rows.BuyerRow, visible=rows.visible_buyers)
class Buyer(Node):
    """Who buys."""

    name: str
    mail: str | None = column("email")
    sales: Connection[Sale] = connection(
        SALE_ORDERINGS, by="buyer", where=SaleWhere, order_by=SaleOrder, doc="What they bought."
    )


@view_of(rows.SaleRow, visible=rows.visible_sales)
class Sale(Node):
    """What was bought, by whom, and how far it is."""

    number: str
    status: SaleStatus
    placed_at: datetime
    is_gift: bool
    total: Money = money("total_minor")
    deposit: Money | None = money("deposit_minor")
    size: Size = parts(Size, units=Column("units"), paid_before=Column("deposit_minor"), doc="How big it is.")
    is_on_hold: bool = exists(rows.SaleHoldRow, by="sale", where=Q(released_at__isnull=True), doc="Whether it waits.")
    in_short: str = computed(in_short, needs=("status", "is_on_hold", "units"), doc="In a few words.")
    buyer: Buyer | None = one(by="buyer", doc="Who buys.")
    lines: list[SaleLine] = many(by="sale", order_by=("position", "id"), doc="What was bought.")
    events: Connection[SaleEvent] = connection(("sequence",), by="sale", doc="What happened.")
    history: list[SaleEvent] = many(by="sale", order_by=("sequence",), doc="What happened, all of it.")
    parcels: Connection[Parcel] = connection(("sent_at", "carrier"), by="sale", doc="What was sent.")


@view_of(rows.SaleRow, visible=rows.visible_sales, prefix="peek")
class SalePeek(Node):
    """The same row, seen from outside."""

    status: SaleStatus


@view_of(rows.SaleLineRow, visible=rows.visible_of_sale)
class SaleLine(Node):
    """One thing that was bought."""

    title: str
    sale: Sale | None = one(by="sale", doc="Where it was bought.")


@view_of(rows.ParcelRow, visible=rows.visible_of_sale)
class Parcel(Node):
    """One hand-over."""

    carrier: str
    sent_at: datetime
    sale: Sale | None = one(by="sale", doc="What it belongs to.")


@strawberry.interface(description="Something that happened.")
class SaleEvent(Node):
    sequence: int = strawberry.field(description="Its place in the history.")


@view_of(rows.SaleEventRow, visible=rows.visible_of_sale, prefix="event", when=("kind", "PLACED"))
class SalePlaced(SaleEvent):
    """It was placed."""

    sequence: int
    sale: Sale | None = one(by="sale", doc="What was placed.")


@view_of(rows.SaleEventRow, visible=rows.visible_of_sale, prefix="event", when=("kind", "NOTED"))
class SaleNoted(SaleEvent):
    """Somebody said something."""

    sequence: int
    note: str


Trackable = Annotated[Sale | Parcel, strawberry.union("Trackable", description="What can be followed.")]


@strawberry.type
class Query:
    node: Node | None = lookup(doc="Anything.")
    trackable: Trackable | None = lookup(doc="What can be followed.")
    sale: Sale | None = lookup(doc="One sale.")
    sales: Connection[Sale] = connection(SALE_ORDERINGS, where=SaleWhere, order_by=SaleOrder, doc="All sales.")
    buyers: Connection[Buyer] = connection(("name",), order_by=BuyerOrder, doc="All buyers.")

    numbered: Sale | None = named(
        lambda _scope, number: Q(number=number), number=(str, "Its number."), doc="One sale, by its number."
    )

    @strawberry.field(description="The same amount and time.")
    def echo(self, amount: Amount, at: datetime) -> str:
        return f"{amount} {at.isoformat()}"


@strawberry.type(description="What can be watched.")
class Subscription:
    @strawberry.subscription(description="A sale, again and again.")
    async def watched(self, info: strawberry.Info[Any, None], number: str) -> AsyncIterator[Sale]:
        key = (await rows.SaleRow.get(number=number)).id
        while found := await info.context.reader.load(Sale, key):
            info.context.reader.forget()
            yield found


CONFIG = StrawberryConfig(scalar_map=dict(SCALARS))
SCHEMA = strawberry.Schema(
    Query,
    subscription=Subscription,
    types=[SalePeek, SalePlaced, SaleNoted],
    extensions=[ReaderPerOperation],
    config=CONFIG,
)

STAFF = actor.staff("sam")
AS_ANN = actor.customer(rows.ANN)


@dataclass
class Context:
    """As small as a context can be."""

    reader: Reader


async def ask(query: str, who: Actor = STAFF, **variables: Any) -> ExecutionResult:
    """What the API answers."""
    return await SCHEMA.execute(query, variables, Context(Reader(who.scope)))


async def data(query: str, who: Actor = STAFF, **variables: Any) -> Any:
    """What the API answers, when it answers."""
    result = await ask(query, who, **variables)
    assert not result.errors, result.errors
    return result.data


async def code(query: str, who: Actor = STAFF, **variables: Any) -> Any:
    """Why the API does not answer."""
    result = await ask(query, who, **variables)
    assert result.errors
    assert len(result.errors) == 1
    return (result.errors[0].extensions or {}).get("code")
