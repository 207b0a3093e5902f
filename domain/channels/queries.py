"""Who may see sales channels, and which of them take orders."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.lookups import look_up
from domain.kernel.visibility import EVERYTHING, NOTHING, of_staff


def visible_channels(scope: Scope) -> Q:
    """Channels: all, for whoever may read the catalog. Customers order in them, and see where they did."""
    return EVERYTHING if scope.may(Permission.READ_CATALOG) else NOTHING


def visible_channel_locations(scope: Scope) -> Q:
    """Which locations a channel sees is for staff who may read stock."""
    return of_staff(scope, Permission.READ_STOCK)


@dataclass(frozen=True)
class OpenChannel:
    """A channel that takes orders."""

    id: UUID
    code: str
    currency: str


async def open_channels(codes: Collection[str]) -> dict[str, OpenChannel]:
    """Those of these codes that take orders."""
    found = await look_up("SELECT id, code, currency FROM channels WHERE code {0} AND is_active", codes)
    return {row["code"]: OpenChannel(**row) for row in found}


async def buffers_of(channel_ids: Collection[UUID]) -> dict[UUID, dict[UUID, int]]:
    """The locations that these channels see, and the units that each leaves alone there.

    A channel that names no location sees all of them, and is not in the answer.
    """
    found: dict[UUID, dict[UUID, int]] = {}
    sql = "SELECT channel_id, location_id, buffer_units FROM channel_locations WHERE channel_id {0}"
    for row in await look_up(sql, channel_ids):
        found.setdefault(row["channel_id"], {})[row["location_id"]] = row["buffer_units"]
    return found
