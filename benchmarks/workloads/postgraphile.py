"""PostGraphile's own words: it names things after the tables, and leaves ids, amounts and times as the rows have them.

What it is spared (amounts as objects, global ids) is put right here, so that its answers can be compared.
"""

import base64
from datetime import datetime
from typing import Any

import orjson

from benchmarks.facts import Place

# What PostGraphile calls the ordering by time and key; a page from another ordering is refused, so it cannot be wrong.
ORDERING = "8810cbf0ed"

Node = dict[str, Any]


def cursor_after(place: Place) -> str:
    """The place behind an order in PostGraphile's list."""
    return base64.b64encode(orjson.dumps([ORDERING, place.at.replace("Z", "+00:00"), dashed(place.key)])).decode()


def dashed(key: str) -> str:
    """A UUID as PostgreSQL writes it."""
    return "-".join((key[:8], key[8:12], key[12:16], key[16:20], key[20:]))


def page_of(data: Node) -> Any:
    """A page of orders as Waybill shows it."""
    page = data["allOrders"]
    nodes = [
        {
            **_head(order),
            "customer": _identified("customer", order["customerByCustomerId"]),
            "subtotal": _money(order["subtotalMinor"], order["currency"]),
            "total": _money(order["totalMinor"], order["currency"]),
            "lines": [_line(line) for line in order["orderLinesByOrderId"]["nodes"]],
            "shipments": {"nodes": [_hand_over(each) for each in order["shipmentsByOrderId"]["nodes"]]},
        }
        for order in page["nodes"]
    ]
    return {"nodes": nodes, "hasNextPage": page["pageInfo"]["hasNextPage"]}


def order_of(data: Node) -> Any:
    """An order for whoever tracks it, as Waybill shows it."""
    order = data["orderByRowId"]
    shipments = [_tracked(each) for each in order["shipmentsByOrderId"]["nodes"]]
    return {**_head(order), "lines": order["orderLinesByOrderId"]["nodes"], "shipments": {"nodes": shipments}}


def placed_of(data: Node) -> Any:
    """An order that was placed, as Waybill shows it."""
    order = data["peersPlaceOrder"]["result"]
    lines = [
        {"sku": line["sku"], "quantity": line["quantity"], "gross": _money(line["grossMinor"], line["currency"])}
        for line in order["orderLinesByOrderId"]["nodes"]
    ]
    total = _money(order["totalMinor"], order["currency"])
    return {"id": _id("order", order), "status": order["status"], "total": total, "lines": lines}


def _head(order: Node) -> Node:
    said = {name: order[name] for name in ("number", "status", "fulfillmentStatus")}
    return {"id": _id("order", order), **said, "placedAt": _time(order["placedAt"])}


def _line(line: Node) -> Node:
    return {
        "id": _id("order_line", line),
        **{name: line[name] for name in ("sku", "title", "quantity")},
        "unitPrice": _money(line["unitPriceMinor"], line["currency"]),
        "gross": _money(line["grossMinor"], line["currency"]),
    }


def _hand_over(shipment: Node) -> Node:
    return {
        **_identified("shipment", {name: shipment[name] for name in ("rowId", "status", "carrier")}),
        "shippedAt": _time(shipment["shippedAt"]),
        "parcels": shipment["parcelsByShipmentId"]["nodes"],
    }


def _tracked(shipment: Node) -> Node:
    return {
        "status": shipment["status"],
        "carrier": shipment["carrier"],
        "shippedAt": _time(shipment["shippedAt"]),
        "deliveredAt": _time(shipment["deliveredAt"]),
        "parcels": [_parcel(parcel) for parcel in shipment["parcelsByShipmentId"]["nodes"]],
    }


def _parcel(parcel: Node) -> Node:
    scans = [{**scan, "occurredAt": _time(scan["occurredAt"])} for scan in parcel["scansByParcelId"]["nodes"]]
    said = {name: parcel[name] for name in ("position", "trackingNumber", "trackingUrl", "trackingStatus")}
    return {**said, "trackedAt": _time(parcel["trackedAt"]), "scans": {"nodes": scans}}


def _identified(kind: str, row: Node) -> Node:
    return {"id": _id(kind, row), **{name: value for name, value in row.items() if name != "rowId"}}


def _id(kind: str, row: Node) -> str:
    return f"{kind}_{row['rowId'].replace('-', '')}"


def _money(minor: str, currency: str) -> Node:
    return {"amount": f"{int(minor) // 100}.{int(minor) % 100:02}", "currency": currency}


def _time(text: str | None) -> str | None:
    """Cut to milliseconds, with Z."""
    if text is None:
        return None
    return datetime.fromisoformat(text).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
