"""Who may see the places that hold and ship stock."""

from collections.abc import Collection
from uuid import UUID

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.lookups import look_up
from domain.kernel.visibility import EVERYTHING, NOTHING


def visible_locations(scope: Scope) -> Q:
    """Locations are for staff who may read stock or orders."""
    may_read = scope.may(Permission.READ_STOCK) or scope.may(Permission.READ_ORDERS)
    return EVERYTHING if scope.sees_everything and may_read else NOTHING


_SERVING = """
    SELECT channel.id AS channel_id, place.id FROM channels AS channel JOIN locations AS place ON place.is_active
    WHERE channel.id {0} AND (
        EXISTS (SELECT 1 FROM channel_locations AS seen
            WHERE seen.channel_id = channel.id AND seen.location_id = place.id)
        OR NOT EXISTS (SELECT 1 FROM channel_locations AS seen WHERE seen.channel_id = channel.id))
    ORDER BY place.priority, place.code
"""


async def serving_locations(channel_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The locations that each of these channels sells from and that take work, in the order in which they are asked."""
    found: dict[UUID, list[UUID]] = {}
    for row in await look_up(_SERVING, channel_ids):
        found.setdefault(row["channel_id"], []).append(row["id"])
    return found
