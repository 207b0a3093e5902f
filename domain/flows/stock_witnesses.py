"""What three witnesses say of a stock level: its own counters, the ledger, and the documents that hold its units."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.kernel.lookups import look_up
from domain.stock.decisions import COUNTERS, Counters


class StockFigure(StrEnum):
    """What is compared: the counters of a level, its lots one by one, and the units that it is short of."""

    ON_HAND = "ON_HAND"
    ALLOCATED = "ALLOCATED"
    RESERVED = "RESERVED"
    WAITING = "WAITING"
    DAMAGED = "DAMAGED"
    QUARANTINED = "QUARANTINED"
    SAFETY_STOCK = "SAFETY_STOCK"
    INCOMING = "INCOMING"
    LOTS = "LOTS"
    SHORT = "SHORT"


# Counters that only sum up what stands in documents, which decide them; the ledger decides the others.
DERIVED = ("allocated", "reserved", "waiting", "incoming")


@dataclass(frozen=True)
class Difference:
    """A figure of which not everybody says the same, in units; None from whoever says nothing about it.

    It is one of a level's, or, where there is none, of an order whose requirements wait.
    """

    sku: str
    figure: StockFigure
    counter: int
    ledger: int | None
    documents: int | None
    level_id: UUID | None = None
    location_id: UUID | None = None
    order_id: UUID | None = None


@dataclass(frozen=True)
class Witnesses:
    """What is said of one level, in units.

    `lots` is None where its units are not told apart by lot; `lots_unlike` is by how much named lots differ from the
    ledger's lines about them; `short` is the open shortage's word, 0 where there is none.
    """

    level_id: UUID
    location_id: UUID
    sku: str
    counters: Counters
    ledger: Counters
    documents: Mapping[str, int]
    lots: int | None
    lots_unlike: int
    short: int

    @property
    def right(self) -> Counters:
        """What the counters are by rights: what documents hold, and else what the ledger adds up to.

        Only on hand may be below zero. A ledger that says so of anything else has lost lines, and is made good.
        """
        found = {name: max(getattr(self.ledger, name), 0) for name in COUNTERS}
        return Counters(**(found | {"on_hand": self.ledger.on_hand} | dict(self.documents)))

    @property
    def differences(self) -> list[Difference]:
        """Every figure of which they do not say the same."""
        return [each for each in self._figures if not _agree(each.counter, each.ledger, each.documents)]

    @property
    def _figures(self) -> list[Difference]:
        documents = {**self.documents, **({} if self.lots is None else {"on_hand": self.lots})}
        figures = [
            self._figure(
                StockFigure(name.upper()), getattr(self.counters, name), getattr(self.ledger, name), documents.get(name)
            )
            for name in COUNTERS
        ]
        figures.append(self._figure(StockFigure.LOTS, self.lots_unlike, 0, None))
        return [*figures, self._figure(StockFigure.SHORT, self.counters.short, None, self.short)]

    def _figure(self, figure: StockFigure, counter: int, ledger: int | None, documents: int | None) -> Difference:
        return Difference(self.sku, figure, counter, ledger, documents, self.level_id, self.location_id)


def _agree(*said: int | None) -> bool:
    return len(set(said) - {None}) == 1


_SUMS = ", ".join(f"SUM({name}) AS {name}" for name in COUNTERS)
_COUNTERS = ", ".join(f"page.{name} AS {name}" for name in COUNTERS)
_LEDGER = ", ".join(f"COALESCE(ledger.{name}, 0) AS ledger_{name}" for name in COUNTERS)
_HELD = ", ".join(f"COALESCE(held.{name}, 0) AS held_{name}" for name in DERIVED)
_UNLIKE = " OR ".join(
    [f"{name} <> ledger_{name}" for name in COUNTERS] + [f"{name} <> held_{name}" for name in DERIVED]
)
_MISSING = "allocated + reserved + damaged + quarantined - on_hand"
_SHORT = (
    f"CASE WHEN {_MISSING} <= 0 THEN 0 WHEN {_MISSING} > allocated + reserved THEN allocated + reserved"
    f" ELSE {_MISSING} END"
)

# What holds units of the levels of a page, each with its counter. A requirement's allocation has no reference to the
# level, nor have the lines of what goes from place to place: there may have been none when they were written.
_HOLDINGS = """
    SELECT page.id AS level_id, quantity AS allocated, 0 AS reserved, 0 AS waiting, 0 AS incoming FROM page
      JOIN allocations a ON a.variant_id = page.variant_id AND a.location_id = page.location_id WHERE a.quantity > 0
    UNION ALL SELECT page.id, l.allocated, 0, 0, 0 FROM page
      JOIN transfer_lines l ON l.variant_id = page.variant_id
      JOIN transfers t ON t.id = l.transfer_id AND t.source_id = page.location_id
    UNION ALL SELECT page.id, l.allocated, 0, 0, 0 FROM page
      JOIN assembly_lines l ON l.variant_id = page.variant_id
      JOIN assemblies t ON t.id = l.assembly_id AND t.location_id = page.location_id
    UNION ALL SELECT level_id, 0, held, 0, 0 FROM reservation_lines WHERE held > 0 AND level_id {0}
    UNION ALL SELECT level_id, 0, 0, quantity, 0 FROM backorders WHERE quantity > 0 AND level_id {0}
    UNION ALL SELECT page.id, 0, 0, 0, l.expected FROM page
      JOIN supply_lines l ON l.variant_id = page.variant_id AND l.location_id = page.location_id
      JOIN supplies s ON s.id = l.supply_id AND s.status IN ('CONFIRMED', 'PARTIALLY_RECEIVED') WHERE l.expected > 0
    UNION ALL SELECT page.id, 0, 0, 0, l.dispatched - l.received - l.written_off FROM page
      JOIN transfer_lines l ON l.variant_id = page.variant_id
      JOIN transfers t ON t.id = l.transfer_id AND t.destination_id = page.location_id
"""
_SAID = f"""
    WITH page AS (
      SELECT * FROM stock_levels WHERE id {{0}}),
    ledger AS (SELECT level_id, {_SUMS} FROM stock_movements WHERE level_id {{0}} GROUP BY level_id),
    holding AS ({_HOLDINGS}),
    held AS (SELECT level_id, {", ".join(f"SUM({name}) AS {name}" for name in DERIVED)} FROM holding GROUP BY level_id),
    lot AS (SELECT level_id, SUM(l.on_hand) AS on_hand,
        SUM(CASE WHEN number <> '' THEN ABS(l.on_hand - COALESCE(m.on_hand, 0)) ELSE 0 END) AS unlike
      FROM lots l LEFT JOIN (SELECT lot_id, SUM(on_hand) AS on_hand FROM stock_movements
        WHERE lot_id IS NOT NULL AND level_id {{0}} GROUP BY lot_id) AS m ON m.lot_id = l.id
      WHERE level_id {{0}} GROUP BY level_id),
    said AS (
      SELECT page.id, page.location_id, page.sku, {_COUNTERS}, {_LEDGER}, {_HELD},
        CASE WHEN rotation IS NOT NULL THEN COALESCE(lot.on_hand, 0) END AS lots,
        COALESCE(lot.unlike, 0) AS lots_unlike, COALESCE(s.units, 0) AS short
      FROM page LEFT JOIN ledger ON ledger.level_id = page.id LEFT JOIN held ON held.level_id = page.id
      LEFT JOIN lot ON lot.level_id = page.id
      LEFT JOIN shortages s ON s.level_id = page.id AND s.resolved_at IS NULL)
    SELECT * FROM said WHERE {_UNLIKE} OR lots <> on_hand OR lots_unlike > 0
      OR short <> {_SHORT}
    ORDER BY sku, id
"""


async def disagreeing(level_ids: Collection[UUID]) -> list[Witnesses]:
    """The witnesses of those levels among these of which not all say the same, by SKU; read in one statement, so that
    no change of a moment stands half in it."""
    return [
        Witnesses(
            level_id=row["id"],
            location_id=row["location_id"],
            sku=row["sku"],
            counters=Counters(**{name: row[name] for name in COUNTERS}),
            ledger=Counters(**{name: int(row[f"ledger_{name}"]) for name in COUNTERS}),
            documents={name: int(row[f"held_{name}"]) for name in DERIVED},
            lots=None if row["lots"] is None else int(row["lots"]),
            lots_unlike=int(row["lots_unlike"]),
            short=row["short"],
        )
        for row in await look_up(_SAID, level_ids)
    ]


# What waits by the requirements' own word, and by the backorders that should hold the same units.
_WAITING = """
    SELECT order_id, sku, SUM(waiting) AS waiting, SUM(held) AS held FROM (
      SELECT r.order_id, r.sku, r.waiting, COALESCE(b.quantity, 0) AS held FROM requirements r
      LEFT JOIN (SELECT requirement_id, SUM(quantity) AS quantity FROM backorders WHERE quantity > 0
        GROUP BY requirement_id) AS b ON b.requirement_id = r.id
      WHERE r.waiting > 0 AND r.waiting <> COALESCE(b.quantity, 0)
      UNION ALL
      SELECT r.order_id, r.sku, r.waiting, b.quantity FROM backorders b JOIN requirements r ON r.id = b.requirement_id
      WHERE b.quantity > 0 AND r.waiting = 0) AS unlike
    GROUP BY order_id, sku ORDER BY sku, order_id
"""


async def disagreeing_requirements() -> Sequence[Difference]:
    """Orders with requirements of which not as many units wait as their backorders hold, whatever level they are at."""
    return [
        Difference(
            row["sku"], StockFigure.WAITING, int(row["waiting"]), None, int(row["held"]), order_id=row["order_id"]
        )
        for row in await look_up(_WAITING)
    ]
