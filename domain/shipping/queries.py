"""Who may see shipments and what belongs to them, and what is told of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from domain.kernel.actor import Scope
from domain.kernel.models import LogRow
from domain.kernel.thing_feed import Things
from domain.kernel.visibility import of_order
from domain.shipping.events import SHIPMENT_FACTS, ParcelScanned
from domain.shipping.models import ParcelRow, ShipmentRow


def visible_shipments(scope: Scope) -> Q:
    """Shipments, parcels, their contents and their scans: with their order."""
    return of_order(scope, "order")


async def shipments_of_scanned(events: Sequence[LogRow]) -> Mapping[Any, UUID]:
    """The shipment of each parcel that these events say was scanned."""
    scanned = sorted({each.subject_id for each in events if each.type == ParcelScanned.__name__ and each.subject_id})
    return dict(await ParcelRow.filter(id__in=scanned).values_list("id", "shipment_id")) if scanned else {}


# What a feed of shipments tells.
WATCHED_SHIPMENTS = Things(SHIPMENT_FACTS, ShipmentRow, wholes=shipments_of_scanned)
