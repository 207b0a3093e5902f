"""The example shop as a database: made once, found again, and never mistaken for somebody's own."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from urllib.parse import quote
from uuid import UUID

from domain.customers.models import CustomerRow
from domain.flows.open_tracking_link import OpenTrackingLink, hash_of, new_token, open_tracking_link
from domain.kernel.actor import Actor, Role, customer, staff
from domain.kernel.bell import SilentBell
from domain.kernel.ids import global_id
from domain.kernel.runner import Runner
from domain.orders.lifecycle import OrderStatus
from domain.orders.models import OrderRow
from domain.shipping.lifecycle import ParcelOutcome, ShipmentStatus
from domain.shipping.models import ParcelRow
from examples.seed import Progress, seed_shop
from examples.shop.crew import KEEPER
from examples.shop.places import CHANNELS
from server.auth import Authenticator
from server.database import DatabaseUrlError, open_database

TOKENS_LAST = timedelta(days=30)
LINKS = 3
# What SQLite and the migrations keep beside a database.
BESIDE = ("", "-wal", "-shm", ".migrate-lock")


@dataclass(frozen=True)
class TrackingLink:
    """An order that whoever holds the token may follow."""

    order_id: UUID
    number: str
    token: str


@dataclass(frozen=True)
class Showcase:
    """What there is to show of the shop: tokens by role, links, and an order to try things with."""

    tokens: dict[str, str]
    customer_id: str
    customer_name: str
    links: tuple[TrackingLink, ...]
    order_id: str
    orders: int


def url_of(path: Path) -> str:
    """The URL of the file. Raises DatabaseUrlError when nothing can be written where it should be."""
    folder = path.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise DatabaseUrlError(f"{folder} is no folder that you may write to: take another --database")
    return f"sqlite://{quote(str(path.absolute()))}"


def holds_shop(path: Path) -> bool:
    """Whether the file is there, and holds the example shop. Raises DatabaseUrlError when it holds anything else."""
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = {code for (code,) in connection.execute("SELECT code FROM channels")}
    except sqlite3.DatabaseError:
        found = set()
    if not found >= {channel.code for channel in CHANNELS}:
        raise DatabaseUrlError(f"{path} is not a database of the demo: take another --database")
    return True


async def make_shop(path: Path, orders: int, progress: Progress) -> None:
    """Make the shop, beside its place first: what is cut short is never taken for a shop."""
    unfinished = path.with_name(path.name + ".unfinished")
    remove(unfinished)
    async with open_database(url_of(unfinished), migrate=True):
        await seed_shop(Runner(SilentBell()), datetime.now(UTC), orders=orders, progress=progress)
    remove(path)
    os.replace(unfinished, path)
    remove(unfinished)


def remove(path: Path) -> None:
    """Forget the database."""
    for suffix in BESIDE:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


async def open_showcase(url: str, authenticator: Authenticator) -> Showcase:
    """Tokens for everybody, and fresh links to orders whose parcels are on their way."""
    async with open_database(url, migrate=True):
        buyer = await _buyer()
        actors: dict[str, Actor] = {
            Role.ADMIN: staff("demo-admin", Role.ADMIN),
            Role.SUPPORT: staff("demo-support", Role.SUPPORT),
            Role.WAREHOUSE: staff("demo-warehouse", Role.WAREHOUSE),
            Role.CUSTOMER: customer(buyer.id),
        }
        return Showcase(
            tokens={str(role): authenticator.issue(actor, expires_in=TOKENS_LAST) for role, actor in actors.items()},
            customer_id=global_id("customer", buyer.id),
            customer_name=buyer.name,
            links=tuple([await _link(order) for order in await _on_their_way()]),
            order_id=global_id("order", (await _to_be_held()).id),
            orders=await OrderRow.all().count(),
        )


async def _buyer() -> CustomerRow:
    """Who has the most orders."""
    bought = await OrderRow.exclude(customer_id=None).values_list("customer_id", flat=True)
    ids = [each for each in cast("Sequence[object]", bought) if isinstance(each, UUID)]
    return await CustomerRow.get(id=max(sorted(set(ids)), key=ids.count))


async def _on_their_way() -> list[OrderRow]:
    parcels = ParcelRow.filter(outcome=ParcelOutcome.OPEN, shipment__status=ShipmentStatus.SHIPPED)
    ids = await parcels.order_by("-id").limit(50).values_list("order_id", flat=True)
    found = await OrderRow.filter(id__in=list(ids)).order_by("-placed_at", "-id").limit(LINKS)
    return found or await OrderRow.all().order_by("-placed_at", "-id").limit(LINKS)


async def _to_be_held() -> OrderRow:
    """An order that nobody has begun to work on, if there is one."""
    newest = OrderRow.filter(status=OrderStatus.CONFIRMED).order_by("fulfillment_status", "-placed_at", "-id")
    found = await newest.filter(fulfillment_status="UNFULFILLED").first() or await newest.first()
    return found or await OrderRow.all().order_by("-id").get()


async def _link(order: OrderRow) -> TrackingLink:
    token = new_token()
    await Runner(SilentBell()).run(open_tracking_link, KEEPER, OpenTrackingLink(order.id, hash_of(token)))
    return TrackingLink(order.id, order.number, token)
