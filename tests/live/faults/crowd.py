"""Who watches what: a shop with a few orders, and a crowd of subscribers of every sort before it."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from tortoise.expressions import Q

from domain.flows.open_tracking_link import OpenTrackingLink, hash_of, new_token, open_tracking_link
from domain.flows.placement import PlaceCustomer
from domain.flows.ship_shipment import ShipShipment, ship_shipment
from domain.kernel.actor import Actor, Role, customer, staff, tracking_link
from domain.kernel.ids import global_id
from domain.kernel.models import LogRow
from domain.kernel.streams import visible_log
from domain.shipping.models import ParcelRow
from schema.cursors import StreamKind, stream_cursor
from server.auth import Authenticator
from tests.domain import shop
from tests.live.faults.subscriber import Habit, Subscriber
from tests.live.faults.transports import TRANSPORTS, Watch
from tests.live.faults.writer import Sold
from tests.stories.serving import SECRET

EVENT = "__typename ... on OrderEventMessage { cursor event { id %s } }"
RESYNC = "... on ResyncRequired { cursor }"
FEED_RESYNC = "... on FeedResyncRequired { cursor }"
OF_ORDER = "subscription ($order: ID!, $after: Cursor) { watched: orderEvents(order: $order, after: $after) { %s } }"
OF_FEED = (
    "subscription ($where: OrderWhere, $after: Cursor) { watched: ordersChanged(where: $where, after: $after) { %s } }"
)
OF_LINK = """subscription ($after: Cursor) { watched: trackingEvents(after: $after) {
  __typename ... on TrackingEventMessage { cursor event { id %s } } ... on TrackingResyncRequired { cursor }
} }"""
# What a screen shows beside the event itself; nothing for those who only count.
OF_ORDER_MORE = """occurredAt actorKind order { number status revision lines { sku quantity } }
... on OrderHeld { hold { kind reason placedBy } } ... on ParcelScanned { status parcel { trackingNumber } }"""
OF_FEED_MORE = "sequence order { number status }"
OF_LINK_MORE = "kind scannedStatus tracking { number status shipments { status } }"


@dataclass(frozen=True)
class WatchedOrder:
    """One order of the shop, and everybody who may watch it."""

    order_id: UUID
    parcel_id: UUID
    buyer: UUID
    token: str

    @property
    def sold(self) -> Sold:
        return Sold(global_id("order", self.order_id), global_id("parcel", self.parcel_id))


async def open_shop(orders: int) -> list[WatchedOrder]:
    """A shop with so many orders, of as many buyers, half of each on its way."""
    await shop.open_shop({"MUG": (1_000_000,)})
    return [await _sell(number) for number in range(orders)]


async def _sell(number: int) -> WatchedOrder:
    buyer = PlaceCustomer(email=f"buyer-{number}@example.org")
    order_id = await shop.place({"MUG": 2}, customer=buyer)
    [work] = await shop.works(order_id)
    await shop.run(ship_shipment, ShipShipment(await shop.pack(work, {"MUG": 1})))
    token = new_token()
    await shop.run(open_tracking_link, OpenTrackingLink(order_id, hash_of(token)))
    parcel, order = await ParcelRow.get(order_id=order_id), await shop.order(order_id)
    assert order.customer_id
    return WatchedOrder(order_id, parcel.id, order.customer_id, token)


@dataclass(frozen=True)
class Part:
    """What a subscriber may see: a part of the log, read in one order."""

    rows: Q
    number: str

    async def events(self) -> list[str]:
        """The ids of its events, as the API shows them."""
        known = LogRow.filter(self.rows).order_by(self.number)
        return [global_id("event", event) for (event,) in await known.values_list("id")]


@dataclass
class Crowd:
    """The subscribers, and what each of them is to see."""

    orders: Sequence[WatchedOrder]
    seed: int
    subscribers: list[Subscriber] = field(default_factory=list)
    parts: dict[str, Part] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)

    def gather(self, count: int) -> None:
        """So many of them. The same seed gathers the same crowd."""
        draw = random.Random(f"{self.seed} crowd")
        for number in range(count):
            # Three of five watch an order, one the feed, and one has a tracking link.
            of_what = (_of_order, _of_order, _of_feed, _of_order, _of_link)[number % 5]
            watch, part, start = of_what(draw.choice(self.orders), draw)
            begins = draw.choices(("now", "start", "late"), (1, 5, 4))[0]
            habit = draw.choices(list(Habit), (4, 2, 2, 2))[0]
            transport = TRANSPORTS[number // 5 % len(TRANSPORTS)]
            name = f"{number} {transport.__name__} {habit} {begins} {' '.join(watch.document.split())[:90]}"
            self.parts[name] = part
            if begins == "late":
                self.late.add(name)
            self.subscribers.append(
                Subscriber(name, watch, transport, habit, None if begins == "now" else start, self.seed)
            )

    def by_arrival(self) -> tuple[list[Subscriber], list[Subscriber]]:
        """Those who are there when it begins, and those who come later with a cursor from the beginning."""
        late = [each for each in self.subscribers if each.name in self.late]
        return [each for each in self.subscribers if each.name not in self.late], late


Choice = tuple[Watch, Part, str]


def _of_order(order: WatchedOrder, draw: random.Random) -> Choice:
    """Staff, or the buyer, on the order's own page."""
    actor = draw.choice((agent(draw), customer(order.buyer)))
    document = OF_ORDER % f"{EVENT % draw.choice(('', '', OF_ORDER_MORE))} {RESYNC}"
    watch = Watch("watched", document, {"order": global_id("order", order.order_id)}, bearer(actor))
    part = Part(Q(order_id=order.order_id) & visible_log(actor.scope), "sequence")
    return watch, part, stream_cursor(StreamKind.ORDER, order.order_id, 0)


def _of_feed(order: WatchedOrder, draw: random.Random) -> Choice:
    """Staff, in front of all orders or of one customer's; or a customer with their own."""
    actor, where, own = draw.choice(
        (
            (agent(draw), None, Q()),
            (agent(draw), {"customer": {"eq": global_id("customer", order.buyer)}}, Q(order__customer_id=order.buyer)),
            (customer(order.buyer), None, Q()),
        )
    )
    document = OF_FEED % f"{EVENT % draw.choice(('', OF_FEED_MORE))} {FEED_RESYNC}"
    variables: Mapping[str, object] = {"where": where}
    part = Part(visible_log(actor.scope) & own, "position")
    return Watch("watched", document, variables, bearer(actor)), part, stream_cursor(StreamKind.FEED, None, 0)


def _of_link(order: WatchedOrder, draw: random.Random) -> Choice:
    """Whoever has the tracking link."""
    scope = tracking_link(order.order_id).scope
    document = OF_LINK % draw.choice(("", OF_LINK_MORE))
    watch = Watch("watched", document, {}, f"Tracking {order.token}")
    return watch, Part(visible_log(scope), "sequence"), stream_cursor(StreamKind.TRACKING, order.order_id, 0)


def agent(draw: random.Random) -> Actor:
    """One of the staff. All of them may see the same."""
    return staff(f"agent-{draw.randrange(10)}", Role.SUPPORT)


def bearer(actor: Actor) -> str:
    """The header of whoever is signed in."""
    return f"Bearer {Authenticator(SECRET).issue(actor, expires_in=timedelta(hours=3))}"
