"""Writers: they change orders through the API, and ask again with the same key until somebody answers."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from domain.kernel.ids import global_id
from domain.kernel.models import LogRow
from domain.orders.models import HoldRow
from tests.domain.shop import CHANNEL, NOON
from tests.live.faults.transports import PASSING_ERRORS, PASSING_STATUSES

LONGEST_PAUSE_SECONDS = 1.0
HOLD = "mutation ($input: OrderHoldInput!) { done: orderHold(input: $input) { errors { code retryable } replayed } }"
SCAN = "mutation ($input: ParcelScanInput!) { done: parcelScan(input: $input) { errors { code retryable } replayed } }"
PLACE = """mutation ($input: OrderPlaceInput!) {
  done: orderPlace(input: $input) { order { id } errors { code retryable } replayed }
}"""


@dataclass(frozen=True)
class Sold:
    """An order that is written to, as the API knows it."""

    order: str
    parcel: str


@dataclass
class Desk:
    """Several writers with a common allowance of writes. `acknowledged` names the fact that each made."""

    sold: Sequence[Sold]
    authorization: str
    seed: int
    acknowledged: list[str] = field(default_factory=list)
    retries: int = 0
    replays: int = 0
    _allowance: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def allow(self, writes: int) -> None:
        """Let so many more be written."""
        for _ in range(writes):
            self._allowance.release()

    async def keep_writing(self, writer: int, client: httpx.AsyncClient, url: str) -> None:
        """Write what is allowed, until cancelled. Never writes anything else before an answer has come."""
        draw, number = random.Random(f"{self.seed} writer {writer}"), 0
        while True:
            await self._allowance.acquire()
            number += 1
            self.acknowledged.append(await self._write(draw, f"{writer}-{number}", client, url))

    async def _write(self, draw: random.Random, key: str, client: httpx.AsyncClient, url: str) -> str:
        sold, chance = draw.choice(self.sold), draw.random()
        if chance < 0.5:
            await self._done(client, url, HOLD, idempotencyKey=key, order=sold.order, kind="FRAUD", reason=key)
            return f"held {key}"
        if chance < 0.97:
            # No two scans of the same instant: it is what names the event in the log.
            writer, number = map(int, key.split("-"))
            seen_at = (NOON + timedelta(days=writer, seconds=number)).isoformat()
            seen = {"parcel": sold.parcel, "status": "IN_TRANSIT", "occurredAt": seen_at, "place": key}
            await self._done(client, url, SCAN, idempotencyKey=key, **seen)
            return f"scanned {seen_at}"
        wanted = {"channel": CHANNEL, "lines": [{"sku": "MUG", "quantity": 1}]}
        return f"placed {(await self._done(client, url, PLACE, idempotencyKey=key, **wanted))['order']['id']}"

    async def _done(self, client: httpx.AsyncClient, url: str, query: str, **asked: Any) -> Mapping[str, Any]:
        """The payload of a mutation, sooner or later."""
        while True:
            answered = await self._asked(client, url, query, asked)
            if answered is not None:
                self.replays += answered["replayed"]
                return answered
            self.retries += 1
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))

    async def _asked(
        self, client: httpx.AsyncClient, url: str, query: str, asked: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """The payload; None when nobody knows whether it was done, or it was not and may be asked again."""
        headers = {"Authorization": self.authorization}
        body = {"query": query, "variables": {"input": asked}}
        try:
            response = await client.post(f"{url}/graphql", json=body, headers=headers)
        except httpx.TransportError:
            return None
        if response.status_code in PASSING_STATUSES:
            return None
        answer = response.json()
        if PASSING_ERRORS.intersection(error["extensions"]["code"] for error in answer.get("errors", ())):
            return None
        assert not answer.get("errors"), answer
        payload: Mapping[str, Any] = answer["data"]["done"]
        if any(error["retryable"] for error in payload["errors"]):
            return None
        assert payload["errors"] == [], payload
        return payload


async def facts_in(log: Sequence[LogRow]) -> Counter[str]:
    """What writers did, as the log has it, in the words of `Desk.acknowledged`."""
    reasons: dict[UUID | None, str] = {row.id: row.reason for row in await HoldRow.all()}
    found = Counter[str]()
    for row in log:
        match row.type:
            case "OrderHeld":
                found[f"held {reasons[row.subject_id]}"] += 1
            case "ParcelScanned":
                found[f"scanned {row.data['scanned_at']}"] += 1
            case "OrderPlaced":
                found[f"placed {global_id('order', row.order_id)}"] += 1
    return found
