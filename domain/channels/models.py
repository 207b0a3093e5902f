"""Rows of sales channels, and which locations they see."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.kernel.rows import Row, reference


class ChannelRow(Row):
    """Where orders come from: a web shop, a marketplace, the phone, a till."""

    code = fields.CharField(max_length=40, unique=True, description="Its short name, such as web-de.")
    name = fields.CharField(max_length=120, description="Its name for people.")
    currency = fields.CharField(max_length=3, description="The ISO 4217 currency it sells in.")
    legal_entity = fields.CharField(max_length=120, description="The company that sells here.")
    time_zone = fields.CharField(max_length=60, description="Its IANA time zone.")
    is_active = fields.BooleanField(default=True, description="Whether it takes orders.")

    class Meta:
        table = "channels"


class ChannelLocationRow(Row):
    """A location whose stock a channel sells, and how much of it stays out of its sight.

    A channel without any such row sells the stock of all locations.
    """

    channel: Any = reference("ChannelRow", "Who sells.", index=False)
    channel_id: UUID
    location: Any = reference("LocationRow", "Whose stock it is.")
    location_id: UUID
    buffer_units = fields.IntField(default=0, description="Units of each SKU there that the channel does not see.")

    class Meta:
        table = "channel_locations"
        constraints = [
            UniqueConstraint(fields=("channel_id", "location_id"), name="channel_locations_channel_location"),
            CheckConstraint(check="buffer_units >= 0", name="channel_locations_buffer_not_negative"),
        ]
