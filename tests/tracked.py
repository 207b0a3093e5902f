"""An order with an address, a buyer and a tracking link, for the tests of the page and of its stream."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from domain.flows.open_tracking_link import OpenTrackingLink, hash_of, new_token, open_tracking_link
from domain.flows.placement import PlaceAddress, PlaceCustomer
from domain.flows.record_scan import RecordScan, record_scan
from domain.orders.models import AddressKind
from domain.shipping.lifecycle import TrackingStatus
from domain.shipping.models import ParcelRow
from tests.domain import shop

POSTAL_CODE, MAIL, NAME, STREET = "SW1A 1AA", "ann@example.org", "Ann Onymous", "Weg 1"
HOME = PlaceAddress(AddressKind.SHIPPING, NAME, STREET, POSTAL_CODE, "London", "GB")
WATCH = """subscription Watch($after: Cursor) { trackingEvents(after: $after) {
  ... on TrackingEventMessage { cursor event { sequence kind } }
  ... on TrackingResyncRequired { cursor }
} }"""


@dataclass(frozen=True)
class Sale:
    """An order, and what opens it."""

    order_id: UUID
    number: str
    token: str

    @property
    def credentials(self) -> dict[str, str]:
        """The header that carries the link."""
        return {"Authorization": f"Tracking {self.token}"}


async def sold(units: int = 2) -> Sale:
    """The first sale of a new shop."""
    await shop.open_shop({"MUG": (9, 9)})
    return await sold_again(units)


async def sold_again(units: int = 2) -> Sale:
    """Another sale of the shop."""
    order_id = await shop.place({"MUG": units}, addresses=(HOME,), customer=PlaceCustomer(email=MAIL, name=NAME))
    token = new_token()
    await shop.run(open_tracking_link, OpenTrackingLink(order_id, hash_of(token)))
    return Sale(order_id, (await shop.order(order_id)).number, token)


async def seen(order_id: UUID, status: TrackingStatus, place: str) -> None:
    """The carrier sees every parcel of the order."""
    for parcel in await ParcelRow.filter(order_id=order_id).order_by("id"):
        await shop.run(record_scan, RecordScan(status, datetime.now(UTC), parcel_id=parcel.id, place=place))
