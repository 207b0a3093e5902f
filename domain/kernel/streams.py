"""Streams: logs read as gapless sequences of events, from any place on, by whoever may see them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from tortoise.expressions import Q
from tortoise.models import Model

from domain.kernel.actor import ActorKind, Permission, Scope
from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.kernel.doorbell import Doorbell, Ears, OrderEars
from domain.kernel.log import feed_head
from domain.kernel.models import LogRow
from domain.kernel.visibility import of_order

EventT = TypeVar("EventT")
EventT_co = TypeVar("EventT_co", covariant=True)
RowT = TypeVar("RowT", bound=Model)

PAGE_ROWS = 200
LOOKED_THROUGH_AT_ONCE = 500  # events of a feed, few of which may be asked for
LOOKED_UP_AT_ONCE = 10_000  # ids in one statement; PostgreSQL takes 32,767 parameters, SQLite 32,766

# Named one by one, so that a new fact is for staff alone until somebody decides otherwise.
SHOWN_ON_TRACKING_LINKS = frozenset(
    {
        "OrderPlaced",
        "OrderConfirmed",
        "OrderRejected",
        "OrderCanceled",
        "OrderExpired",
        "OrderCompleted",
        "OrderReopened",
        "ShipmentPacked",
        "ShipmentShipped",
        "ShipmentDelivered",
        "ShipmentLost",
        "ShipmentReturned",
        "ShipmentCanceled",
        "ParcelScanned",
        "BackorderFilled",
        "ReturnRequested",
        "ReturnApproved",
        "ReturnDeclined",
        "ReturnCanceled",
        "ReturnReceived",
        "ReturnCompleted",
    }
)
SHOWN_TO_CUSTOMERS = SHOWN_ON_TRACKING_LINKS | {
    "OrderImported",
    "PaymentExpected",
    "PaymentCaptured",
    "PaymentCanceled",
    "RefundGranted",
    "RefundSucceeded",
}


def visible_log(scope: Scope) -> Q:
    """Rows of the log: all for staff, what is not internal for the customer, the journey for a tracking link."""
    if scope.actor_kind is ActorKind.TRACKING_LINK:
        return Q(order_id=scope.order_id, type__in=sorted(SHOWN_ON_TRACKING_LINKS))
    own = of_order(scope, "order")
    return own if scope.sees_everything else own & Q(type__in=sorted(SHOWN_TO_CUSTOMERS))


def is_visible(event: LogRow, owner_id: UUID | None, scope: Scope) -> bool:
    """What `visible_log` says of a row, of one at hand, whose order is this customer's."""
    if scope.actor_kind is ActorKind.TRACKING_LINK:
        return event.order_id == scope.order_id and event.type in SHOWN_ON_TRACKING_LINKS
    if not scope.may(Permission.READ_ORDERS):
        return False
    if scope.sees_everything:
        return True
    is_own = scope.actor_kind is ActorKind.CUSTOMER and owner_id == scope.customer_id
    return is_own and event.type in SHOWN_TO_CUSTOMERS


@dataclass(frozen=True)
class Page(Generic[EventT_co]):
    """Visible events behind a place, in order. Everything up to `place` has been read, the hidden ones too."""

    events: Sequence[EventT_co]
    place: int
    is_last: bool


@dataclass(frozen=True)
class Present:
    """How things are when a place cannot be honoured: go on from `place`. `thing` is as it is there, none in a feed."""

    place: int
    thing: Model | None = None


class Stream(Protocol[EventT_co]):
    """A gapless sequence of events; a place in it is the number of the last event that was read."""

    def listen(self, doorbell: Doorbell) -> AbstractAsyncContextManager[Ears]:
        """Ears that are rung when it has grown."""

    async def keeps(self, place: int) -> bool:
        """Whether the log still holds everything that follows the place."""

    async def read(self, place: int) -> Page[EventT_co] | None:
        """What follows the place; None when the stream never came so far (a database restored from a backup)."""

    async def present(self) -> Present:
        """Where it stands now."""

    def place_of(self, event: Any) -> int:
        """The place behind one of its events."""


@dataclass(frozen=True)
class OrderStream:
    """The events of one order by their `sequence`, as a scope sees them. It is kept for ever."""

    order_id: UUID
    orders: Q
    scope: Scope

    def listen(self, doorbell: Doorbell) -> AbstractAsyncContextManager[OrderEars]:
        return doorbell.listen(self.order_id)

    async def order(self) -> Any | None:
        """The order's row, if it is there and may be seen."""
        return await orders().filter(self.orders, id=self.order_id).get_or_none()

    def shows(self, event: LogRow, owner_id: UUID | None) -> bool:
        """Whether an event of the order, which is this customer's, belongs to the stream."""
        return is_visible(event, owner_id, self.scope)

    async def keeps(self, place: int) -> bool:
        return place >= 0

    async def read(self, place: int) -> Page[LogRow] | None:
        head = (await versions([self.order_id])).get(self.order_id, 0)
        if place > head:
            return None
        return await page_of(LogRow, Q(order_id=self.order_id) & visible_log(self.scope), "sequence", place, head)

    async def present(self) -> Present:
        order = await self.order()
        assert order is not None, "a stream of an order that is gone"
        return Present(order.version, order)

    def place_of(self, event: LogRow) -> int:
        return int(event.sequence)


@dataclass(frozen=True)
class FeedStream:
    """The events of all orders by their `position`; `where` selects by the order as it is when its event is read."""

    events: Q
    orders: Q

    def listen(self, doorbell: Doorbell) -> AbstractAsyncContextManager[Ears]:
        return doorbell.listen_feed()

    async def keeps(self, place: int) -> bool:
        first = await LogRow.filter(position__isnull=False).order_by("position").first().values_list("position")
        return first is None or bool(place >= first[0] - 1)

    async def read(self, place: int) -> Page[LogRow] | None:
        head = await feed_head()
        if place > head:
            return None
        # In steps, for of many events few may be asked for: a statement that looks for them has an end.
        page = await page_of(LogRow, self.events, "position", place, min(head, place + LOOKED_THROUGH_AT_ONCE))
        events = page.events
        if events and self.orders:
            concerned = sorted({event.order_id for event in events})
            wanted = set(await orders().filter(self.orders, id__in=concerned).values_list("id", flat=True))
            events = [event for event in events if event.order_id in wanted]
        return Page(events, page.place, is_last=page.place == head)

    async def present(self) -> Present:
        return Present(await feed_head())

    def place_of(self, event: LogRow) -> int:
        assert event.position is not None, "an event of the feed has a position"
        return int(event.position)


async def follow(
    stream: Stream[EventT], doorbell: Doorbell, after: int | None
) -> AsyncGenerator[EventT | Present, None]:
    """Every event behind `after` as it comes, each once and in order; first the present when `after` is no place.

    It listens before it reads, so nothing falls between. It never waits with an event in hand, so a slow reader hurts
    only itself. It ends when the doorbell's limits say so, and can be resumed behind the last event.
    """
    clock, limits = asyncio.get_running_loop().time, doorbell.limits
    ends, idle_until = clock() + limits.lifetime_seconds, clock() + limits.idle_seconds
    async with stream.listen(doorbell) as ears:
        place = after if after is not None and await stream.keeps(after) else None
        while clock() < ends:
            page = await stream.read(place) if place is not None else None
            if page is None:
                present = await stream.present()
                yield present
                place = present.place
                continue
            for event in page.events:
                yield event
                idle_until = clock() + limits.idle_seconds
            place = page.place
            if page.is_last and not await ears.wait(min(idle_until, ends) - clock()):
                return


async def versions(order_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The last sequence of each of these orders."""
    found: dict[UUID, int] = {}
    for start in range(0, len(order_ids), LOOKED_UP_AT_ONCE):
        some = order_ids[start : start + LOOKED_UP_AT_ONCE]
        found.update(await orders().filter(id__in=some).values_list("id", "version"))
    return found


async def write_mark() -> tuple[int, int] | None:
    """A mark that differs whenever anybody has written since; None where the database has no such thing (PostgreSQL).

    SQLite's data_version, which each connection counts by itself, tells of other connections' commits only, so our
    own changes stand beside it.
    """
    connection = current_connection()
    if dialect_of(connection) is not Dialect.SQLITE:
        return None
    [row] = await connection.execute_query_dict(
        "SELECT data_version, total_changes() AS own_changes FROM pragma_data_version"
    )
    return row["data_version"], row["own_changes"]


async def page_of(rows: type[RowT], which: Q, number: str, place: int, head: int) -> Page[RowT]:
    """A page of the rows whose `number` is behind `place`.

    `head` was read first: what is up to it was committed before this began.
    """
    if place == head:
        return Page((), place, is_last=True)
    behind: dict[str, Any] = {f"{number}__gt": place, f"{number}__lte": head}
    events = await rows.filter(which, **behind).order_by(number).limit(PAGE_ROWS)
    if len(events) < PAGE_ROWS:
        return Page(events, head, is_last=True)
    return Page(events, getattr(events[-1], number), is_last=False)


def orders() -> type[Model]:
    """The row whose `version` is the head of each stream: named by the log's own foreign key."""
    related: type[Model] = LogRow._meta.fields_map["order"].related_model  # type: ignore[attr-defined]
    return related
