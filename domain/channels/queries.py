"""Who may see sales channels, and which of them take orders."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import Q

from domain.channels.decisions import EVERY_LOCATION, Sight
from domain.kernel.actor import Permission, Scope
from domain.kernel.lookups import Found, LookUp, look_up
from domain.kernel.visibility import EVERYTHING, NOTHING, of_staff


def visible_channels(scope: Scope) -> Q:
    """Channels: all, for whoever may read the catalog. Customers order in them, and see where they did."""
    return EVERYTHING if scope.may(Permission.READ_CATALOG) else NOTHING


def visible_channel_locations(scope: Scope) -> Q:
    """Which locations a channel sees is for staff who may read stock."""
    return of_staff(scope, Permission.READ_STOCK)


@dataclass(frozen=True)
class OpenChannel:
    """A channel that takes orders, and what it sees of our stock."""

    id: UUID
    code: str
    currency: str
    sight: Sight = EVERY_LOCATION


def open_channels(codes: Collection[str]) -> LookUp[dict[str, OpenChannel]]:
    """Those of these codes that take orders."""
    sql = """
        SELECT channel.id, channel.code, channel.currency, seen.location_id, seen.buffer_units
        FROM channels AS channel LEFT JOIN channel_locations AS seen ON seen.channel_id = channel.id
        WHERE channel.code {0} AND channel.is_active
    """
    return LookUp(sql, (codes,), _channels)


def _channels(rows: list[Found]) -> dict[str, OpenChannel]:
    buffers: dict[UUID, dict[UUID, int]] = {row["id"]: {} for row in rows}
    for row in rows:
        if row["location_id"] is not None:
            buffers[row["id"]][row["location_id"]] = row["buffer_units"]
    return {
        row["code"]: OpenChannel(row["id"], row["code"], row["currency"], Sight(buffers[row["id"]])) for row in rows
    }


async def sight_of(channel_id: UUID) -> Sight:
    """What the channel sees of our stock."""
    sql = "SELECT location_id, buffer_units FROM channel_locations WHERE channel_id {0}"
    return Sight({row["location_id"]: row["buffer_units"] for row in await look_up(sql, [channel_id])})
