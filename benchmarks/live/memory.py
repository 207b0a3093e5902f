"""The peers in Python have no database: their events are made in memory, as they are published."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.live import facts


@dataclass
class Shop:
    """The orders that are watched, and how many events each has had."""

    watched: list[facts.Watched]
    sequences: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, path: str) -> "Shop":
        """Of the orders in that file."""
        return cls(facts.read(Path(path)))

    def events(self, asked: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """What a publication makes: the id of the order, and what is told of it, as long as Waybill's own message."""
        at = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
        for place in asked["orders"]:
            order = self.watched[place]
            for _ in range(asked["events"]):
                self.sequences[place] += 1
                sequence = self.sequences[place]
                shown = {"number": order.number, "status": order.status}
                event = {"type": "ParcelScanned", "id": f"event_{uuid4().hex}", "sequence": sequence}
                event |= {"occurredAt": at, "order": shown}
                yield order.id, {"cursor": f"{order.order}{sequence % 1000:03}", "event": event}
