"""Tracking scans: carriers tell where parcels are, many at once."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks.facts import Facts
from benchmarks.rows import plain
from benchmarks.workloads import Answer, Call, graphql

PLACES = ("Hamburg", "Hannover", "Kassel", "Leipzig", "Berlin")
NEWEST = {
    "orders": "SELECT * FROM orders WHERE id = $1",
    "parcels": "SELECT * FROM parcels WHERE order_id = $1",
    "scans": "SELECT * FROM scans WHERE order_id = $1 ORDER BY occurred_at DESC LIMIT 1",
    "log": "SELECT * FROM log WHERE order_id = $1 ORDER BY sequence DESC LIMIT 1",
}


@dataclass(frozen=True)
class Scans:
    """Each scan is new, and the latest of its parcel, which is on its way and stays so."""

    name: str = "scan"
    title: str = "W3 tracking scans in"
    clients: int = 32
    writes: bool = True

    def calls(self, target: str, facts: Facts, chance: random.Random) -> Iterator[Call]:
        """Scans of parcels on their way."""
        path = "/scan" if target == "bare" else "/graphql"
        while True:
            given = {
                "carrier": "dhl",
                "trackingNumber": chance.choice(facts.parcels),
                "status": "IN_TRANSIT",
                "occurredAt": datetime.now(UTC).isoformat(),
                "place": chance.choice(PLACES),
                "description": "Sorted, and on its way to the next depot.",
                # Not `chance`: each run and target tells of scans of its own.
                "carrierReference": f"{random.getrandbits(128):032x}",
            }
            yield Call(path, graphql("scan", {"input": given}))

    def told(self, target: str, answer: Answer) -> Any:
        """The parcel, but for the time of the scan."""
        return {**answer["data"]["parcelScan"]["parcel"], "trackedAt": None}

    async def written(self, connection: asyncpg.Connection, target: str, answer: Answer) -> Any:
        """The order, its parcel, and the newest scan and event; how many came before is different each time."""
        key = UUID(hex=answer["data"]["parcelScan"]["parcel"]["order"]["id"].removeprefix("order_"))
        found = {table: [plain(row) for row in await connection.fetch(sql, key)] for table, sql in NEWEST.items()}
        [order], [fact] = found["orders"], found["log"]
        assert order.pop("version") == fact.pop("sequence"), "the order's version is not that of its last event"
        for row in (*found["scans"], fact):
            row.pop("carrier_reference", None), row.pop("data", None)
        return found


SCANS = Scans()
