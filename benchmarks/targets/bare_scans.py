"""Recording a scan by plain asyncpg: one transaction, separate statements, and the rows that Waybill writes.

Only what these benchmarks tell: a parcel that is on its way, and stays so. A delivery would have to be booked through.
"""

from datetime import datetime
from typing import Any

import asyncpg
import orjson
from uuid_utils.compat import uuid7

ACTOR = "plain:bench"
PARCEL = "select id, order_id from parcels where carrier = $1 and tracking_number = $2"
LOCK = "select status, fulfillment_status, version, now() as now from orders where id = $1 for update"
SCAN = """
insert into scans (id, parcel_id, order_id, status, occurred_at, recorded_at, place, description, carrier_reference)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (parcel_id, carrier_reference) do nothing"""
TRACKED = """
update parcels set tracking_status = case when tracked_at < $3 then $2 else tracking_status end,
  tracked_at = greatest(tracked_at, $3)
where id = $1 returning tracking_number, tracking_status, tracked_at, outcome"""
FACT = """
insert into log (id, order_id, sequence, type, subject_id, data, actor, occurred_at)
values ($1, $2, $3, 'ParcelScanned', $4, $5::text::jsonb, $6, $7)"""
VERSION = "update orders set version = $2, updated_at = $3 where id = $1"


async def record(connection: asyncpg.Connection, given: dict[str, Any]) -> bytes:
    """Record the scan of a GraphQL input, in a transaction that is open; the answer as GraphQL would give it."""
    at, status = datetime.fromisoformat(given["occurredAt"]), given["status"]
    parcel = await connection.fetchrow(PARCEL, given["carrier"], given["trackingNumber"])
    order_id = parcel["order_id"]
    order = await connection.fetchrow(LOCK, order_id)
    now, reference = order["now"], given["carrierReference"]
    said = (given["place"], given["description"], reference)
    if await connection.execute(SCAN, uuid7(), parcel["id"], order_id, status, at, now, *said) == "INSERT 0 1":
        data = orjson.dumps({"status": status, "scanned_at": at.isoformat()}).decode()
        version = order["version"] + 1
        await connection.execute(FACT, uuid7(), order_id, version, parcel["id"], data, ACTOR, now)
        await connection.execute(VERSION, order_id, version, now)
    tracked = await connection.fetchrow(TRACKED, parcel["id"], status, at)
    shown = {
        "trackingNumber": tracked["tracking_number"],
        "trackingStatus": tracked["tracking_status"],
        "trackedAt": tracked["tracked_at"].replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z",
        "outcome": tracked["outcome"],
        "order": {
            "id": f"order_{order_id.hex}",
            "status": order["status"],
            "fulfillmentStatus": order["fulfillment_status"],
        },
    }
    return orjson.dumps({"data": {"parcelScan": {"parcel": shown, "errors": []}}})
