"""How far an order is, for people: its stages, and the one sentence that says it."""

from collections.abc import Mapping
from typing import Any, Final

Tracking = Mapping[str, Any]

STAGES: Final = ("PLACED", "CONFIRMED", "PREPARED", "SHIPPED", "DELIVERED")
ENDED: Final = frozenset({"CANCELED", "REJECTED", "EXPIRED"})
_BY_GOODS: Final = {
    "IN_PROGRESS": "PREPARED",
    "PARTIALLY_SHIPPED": "SHIPPED",
    "SHIPPED": "SHIPPED",
    "PARTIALLY_DELIVERED": "SHIPPED",
    "DELIVERED": "DELIVERED",
}
_PARTLY: Final = {"PARTIALLY_SHIPPED": "PARTLY", "PARTIALLY_DELIVERED": "ARRIVED"}
_PACKED: Final = frozenset({"PENDING", "PACKED"})
# Shipments whose goods are with the buyer, or are about to be: only those can be sent back.
_SENT: Final = frozenset({"SHIPPED", "DELIVERED", "COLLECTED"})
_GIVEN_UP: Final = frozenset({"DECLINED", "CANCELED", "EXPIRED"})


def stage(tracking: Tracking) -> str | None:
    """The last stage that it has reached; None when it ended before its time."""
    if tracking["status"] in ENDED:
        return None
    if found := _BY_GOODS.get(tracking["fulfillmentStatus"]):
        return found
    return {"CONFIRMED": "CONFIRMED", "COMPLETED": "DELIVERED"}.get(tracking["status"], "PLACED")


def headline(tracking: Tracking) -> str:
    """The key of the sentence that says how far it is."""
    status, goods = tracking["status"], tracking["fulfillmentStatus"]
    if status in ENDED or (status == "COMPLETED" and goods != "DELIVERED"):
        return str(status)
    return _PARTLY.get(goods) or stage(tracking) or str(status)


def parcels(tracking: Tracking) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Its parcels, each with the shipment that it is part of; not those that were unpacked again."""
    shipments = [each for each in tracking["shipments"] if each["status"] != "CANCELED"]
    return [(shipment, parcel) for shipment in shipments for parcel in shipment["parcels"]]


def state(shipment: Mapping[str, Any], parcel: Mapping[str, Any]) -> tuple[str, str]:
    """The kind and the name of the text that says where a parcel is."""
    if shipment["status"] in _PACKED:
        return "shipment", "PACKED"
    if parcel["trackingStatus"] == "UNKNOWN" and shipment["status"] == "SHIPPED":
        return "shipment", "SHIPPED"
    if parcel["trackingStatus"] == "UNKNOWN" and shipment["status"] in ("DELIVERED", "LOST"):
        return "tracking", shipment["status"]
    return "tracking", parcel["trackingStatus"]


def returnable(tracking: Tracking) -> dict[str, int]:
    """Units of each SKU that were sent and are not announced to come back: what the form offers. The API decides."""
    units: dict[str, int] = {}
    for shipment, parcel in parcels(tracking):
        for each in parcel["contents"] if shipment["status"] in _SENT else ():
            units[each["sku"]] = units.get(each["sku"], 0) + each["quantity"]
    for announced in tracking["returns"]:
        for each in announced["lines"] if announced["status"] not in _GIVEN_UP else ():
            units[each["sku"]] = units.get(each["sku"], 0) - each["quantity"]
    return {sku: count for sku, count in units.items() if count > 0}


def may(tracking: Tracking, action: str) -> bool:
    """Whether the buyer may ask for it now."""
    return any(each["action"] == action and each["enabled"] for each in tracking["availableActions"])
