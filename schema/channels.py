"""Sales channels as the API shows them."""

from domain.channels.models import ChannelRow
from domain.channels.queries import visible_channels
from schema.views import Node, view_of


@view_of(ChannelRow, visible=visible_channels)
class Channel(Node):
    """Where orders come from: a web shop, a marketplace, the phone, a till."""

    code: str
    name: str
    currency: str
    legal_entity: str
    time_zone: str
    is_active: bool
