"""Rows of sales channels."""

from tortoise import fields

from domain.kernel.rows import Row


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
