"""The places that hold and ship stock: who may see them, and the one that is meant."""

from collections.abc import Collection
from uuid import UUID

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.errors import NotFound, Path
from domain.kernel.lookups import look_up
from domain.kernel.visibility import EVERYTHING, NOTHING
from domain.locations.models import LocationRow


def visible_locations(scope: Scope) -> Q:
    """Locations are for staff who may read stock or orders."""
    may_read = scope.may(Permission.READ_STOCK) or scope.may(Permission.READ_ORDERS)
    return EVERYTHING if scope.sees_everything and may_read else NOTHING


async def location_at(location_id: UUID, *, path: Path = ("location",)) -> LocationRow:
    """The location with this id. Raises NotFound, naming the field at `path`."""
    found = await LocationRow.get_or_none(id=location_id)
    if found is None:
        raise no_location(location_id, path=path)
    return found


def no_location(location_id: UUID, *, path: Path = ("location",)) -> NotFound:
    """What is said of an id that no location has."""
    return NotFound("location", f"location_{location_id.hex}", path=path)


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
