"""What a channel sells from, as it is entered."""

import strawberry

from domain.flows.keep_channels import SeenLocation, SetChannelLocations
from schema.inputs.intentions import Intention, local_id


@strawberry.input(description="A location whose stock a channel sells.")
class ChannelLocationInput:
    """One of the locations that a channel sees."""

    location: strawberry.ID = strawberry.field(description="Which one.")
    buffer_units: int = strawberry.field(
        default=0, description="Units of each SKU there that the channel leaves alone, 0 to 1,000,000."
    )


@strawberry.input(description="All the locations that a channel sells from.")
class ChannelSetLocationsInput(Intention):
    """What `channelSetLocations` is given."""

    channel: strawberry.ID = strawberry.field(description="Which channel.")
    locations: list[ChannelLocationInput] = strawberry.field(
        description="All of them, at most 100, in the place of those before; none for every location there is."
    )

    def request(self) -> SetChannelLocations:
        """What `set_channel_locations` is asked."""
        seen = (
            SeenLocation(local_id("location", each.location, "locations", str(n), "location"), each.buffer_units)
            for n, each in enumerate(self.locations)
        )
        return SetChannelLocations(local_id("channel", self.channel, "channel"), tuple(seen))
