"""Verbs about what channels sell from."""

from typing import Annotated

import strawberry

from domain.flows.keep_channels import set_channel_locations
from resolvers.mutations.deed import ASKED, Info, done
from schema.channels import Channel
from schema.inputs.channels import ChannelSetLocationsInput
from schema.supply_payloads import ChannelSetLocationsPayload


@strawberry.type
class ChannelMutations:
    """Verbs about what channels sell from."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Say which locations a channel sells from, and how many units of each SKU it leaves alone there."
        " What is set aside already stays where it is."
    )
    async def channel_set_locations(
        self, info: Info, input: Annotated[ChannelSetLocationsInput, ASKED]
    ) -> ChannelSetLocationsPayload:
        return await done(info, set_channel_locations, input, ChannelSetLocationsPayload, channel=Channel)
