"""Sales channels as the API shows them, and the locations that they sell from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.channels.models import ChannelLocationRow, ChannelRow
from domain.channels.queries import visible_channel_locations, visible_channels
from schema.views import Node, many, one, view_of

if TYPE_CHECKING:
    from schema.locations import Location


@view_of(ChannelRow, visible=visible_channels)
class Channel(Node):
    """Where orders come from: a web shop, a marketplace, the phone, a till."""

    code: str
    name: str
    currency: str
    legal_entity: str
    time_zone: str
    is_active: bool
    locations: list[ChannelLocation] = many(
        by="channel",
        order_by=("location_id",),
        doc="The locations whose stock it sells; none named, those of all. For staff who may read stock.",
    )


@view_of(ChannelLocationRow, visible=visible_channel_locations)
class ChannelLocation(Node):
    """A location whose stock a channel sells, and how much of it stays out of its sight."""

    buffer_units: int
    location: Annotated[Location, strawberry.lazy("schema.locations")] | None = one(
        by="location", doc="Whose stock it is."
    )
