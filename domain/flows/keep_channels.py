"""What a channel sells from: the locations that it sees, and what of their stock stays out of its sight."""

from dataclasses import dataclass
from uuid import UUID

from domain.channels.decisions import MOST_LOCATIONS, checked_buffer
from domain.channels.models import ChannelLocationRow, ChannelRow
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.locations.queries import no_location


@dataclass(frozen=True)
class SeenLocation:
    """A location whose stock a channel sells; of each SKU there it leaves so many units alone."""

    location_id: UUID
    buffer_units: int = 0


@dataclass(frozen=True)
class SetChannelLocations:
    """All the locations that a channel sees; none for every one there is."""

    channel_id: UUID
    locations: tuple[SeenLocation, ...]


async def set_channel_locations(tx: UnitOfWork, request: SetChannelLocations) -> UUID:
    """Say which locations the channel sells from; its id. What is allocated already stays where it is.

    Raises NotFound or InvalidInput.
    """
    tx.actor.require(Permission.MANAGE_CATALOG)
    if len(request.locations) > MOST_LOCATIONS:
        raise InvalidInput(f"A channel names at most {MOST_LOCATIONS} locations.", path=("locations",))
    channel = await ChannelRow.filter(id=request.channel_id).select_for_update().get_or_none()
    if channel is None:
        raise NotFound("channel", f"channel_{request.channel_id.hex}")
    wanted = {each.location_id for each in request.locations}
    there = {row.id for row in await LocationRow.filter(id__in=wanted)} if wanted else set()
    for n, each in enumerate(request.locations):
        path = ("locations", str(n))
        if each.location_id not in there:
            raise no_location(each.location_id, path=(*path, "location"))
        if each.location_id in [earlier.location_id for earlier in request.locations[:n]]:
            raise InvalidInput("Name a location once.", path=(*path, "location"))
        checked_buffer(each.buffer_units, path=(*path, "bufferUnits"))
    await ChannelLocationRow.filter(channel_id=channel.id).delete()
    tx.add(
        *(
            ChannelLocationRow(
                id=new_id(), channel_id=channel.id, location_id=each.location_id, buffer_units=each.buffer_units
            )
            for each in request.locations
        )
    )
    return channel.id
