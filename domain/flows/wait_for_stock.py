"""Waiting for stock: units that are sold without any, where their variant's policy allows it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.backorders.decisions import Arrival, may_wait, promise
from domain.backorders.models import BackorderRow
from domain.catalog.decisions import is_released
from domain.catalog.models import BackorderPolicy, VariantRow
from domain.catalog.service import lock_variants
from domain.kernel.ids import new_id
from domain.kernel.sets import insert
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.queries import serving_locations
from domain.orders.models import RequirementRow
from domain.stock import service as stock
from domain.stock.models import MovementCause, StockLevelRow
from domain.supplies.models import SupplyLineRow

Place = tuple[UUID, UUID]  # a variant at a location


@dataclass
class WaitingRoom:
    """What may still wait of some variants, where, and until when. They are locked with all their levels."""

    now: datetime
    variants: dict[str, VariantRow] = field(default_factory=dict)
    levels: dict[Place, StockLevelRow] = field(default_factory=dict)
    waiting: Counter[Place] = field(default_factory=Counter)
    arrivals: dict[Place, list[Arrival]] = field(default_factory=lambda: defaultdict(list))
    serving: dict[UUID, list[UUID]] = field(default_factory=dict)

    @classmethod
    async def lock(cls, tx: UnitOfWork, variant_ids: Collection[UUID], channel_ids: Collection[UUID]) -> "WaitingRoom":
        """Room for those of these variants that are sold without stock, in orders of these channels.

        The caller has locked their levels. The variants are locked behind them: so nobody else lets units wait
        meanwhile, not even where a level is still to be made, and the limit is kept exactly.
        """
        room = cls(tx.now)
        found = await lock_variants(variant_ids) if variant_ids else []
        room.variants = {each.sku: each for each in found if is_sold_without_stock(each, tx.now)}
        ids = [each.id for each in room.variants.values()]
        if not ids:
            return room
        for level in await stock.lock_levels(ids):
            room.levels[level.variant_id, level.location_id] = level
            room.waiting[level.variant_id, level.location_id] = level.waiting
        # Only what a supplier confirmed is expected.
        expected = SupplyLineRow.filter(variant_id__in=ids, expected__gt=0)
        for line in await expected.order_by("expected_at", "id"):
            if line.expected_at is not None:
                room.arrivals[line.variant_id, line.location_id].append(Arrival(line.expected_at, line.expected))
        room.serving = await serving_locations(channel_ids)
        return room

    def has_room(self, sku: str, channel_id: UUID, *, without: Collection[UUID] = ()) -> int | None:
        """Units of the SKU that may still wait, at locations other than these; None for any number."""
        variant = self.variants.get(sku)
        if variant is None or self._place(channel_id, without) is None:
            return 0
        waiting = sum(units for (variant_id, _), units in self.waiting.items() if variant_id == variant.id)
        return may_wait(variant.backorder_limit, waiting)

    def accept(
        self, requirement: RequirementRow, units: int, channel_id: UUID, *, without: Collection[UUID] = ()
    ) -> BackorderRow:
        """Let units of the requirement wait, of which `has_room` says that they may, at the first location that serves.

        They are promised for the day of release, or for the first arrival there that covers them and those before them.
        """
        variant, location_id = self.variants[requirement.sku], self._place(channel_id, without)
        assert location_id is not None, "nobody will serve them"
        place, is_preorder = (variant.id, location_id), not is_released(variant.available_from, self.now)
        row = BackorderRow(
            id=new_id(),
            requirement_id=requirement.id,
            order_id=requirement.order_id,
            variant_id=variant.id,
            location_id=location_id,
            sku=variant.sku,
            quantity=units,
            is_preorder=is_preorder,
            promised_at=variant.available_from
            if is_preorder
            else promise(units, self.waiting[place], self.arrivals[place], self.now),
            created_at=self.now,
        )
        self.waiting[place] += units
        return row

    async def enter(self, tx: UnitOfWork, rows: Sequence[BackorderRow]) -> list[stock.Movement]:
        """Give the accepted ones their levels, made where there were none: what they move there, still to be moved."""
        made = {(row.variant_id, row.location_id): row.sku for row in rows}
        made = {place: sku for place, sku in made.items() if place not in self.levels}
        if made:
            self.levels |= await stock.levels_at(tx, made)
        released: dict[UUID, datetime] = {}
        for row in rows:
            level = self.levels[row.variant_id, row.location_id]
            row.level_id = level.id
            if row.is_preorder and not level.waiting:
                released[level.id] = row.promised_at
        for level_id, moment in released.items():  # the first one there sees to all that follow it
            tx.later("fill_backorders", {"level_id": level_id.hex}, after=moment - self.now)
        return [
            stock.Movement(row.level_id, MovementCause.BACKORDERED, waiting=row.quantity, order_id=row.order_id)
            for row in rows
        ]

    def _place(self, channel_id: UUID, without: Collection[UUID]) -> UUID | None:
        return next((each for each in self.serving.get(channel_id, ()) if each not in without), None)


def is_sold_without_stock(variant: VariantRow, now: datetime) -> bool:
    """Whether units that cannot be promised may wait: backordered ones always, preordered ones until their day.

    For a bundle nobody waits: no unit of it would ever come.
    """
    is_open = variant.backorder_policy == BackorderPolicy.BACKORDER or not is_released(variant.available_from, now)
    return is_open and variant.is_stock_tracked


async def wait_on(rows: Sequence[BackorderRow]) -> None:
    """Write the entered ones of requirements that may have waited at the same location before.

    A promise that was made stands: what waits there already, or once did, keeps its place.
    """
    found = await BackorderRow.filter(requirement_id__in=[row.requirement_id for row in rows]) if rows else []
    there = {(row.requirement_id, row.location_id): row for row in found}
    for row in rows:
        if before := there.get((row.requirement_id, row.location_id)):
            before.quantity, before.ended_at = before.quantity + row.quantity, None
            await before.save(update_fields=["quantity", "ended_at"])
    await insert([row for row in rows if (row.requirement_id, row.location_id) not in there])


async def stop_waiting(tx: UnitOfWork, order_id: UUID) -> None:
    """Nothing of the locked order waits any more; the requirements' own counters are the caller's.

    What was due to it is due to those who wait behind it.
    """
    rows = await BackorderRow.filter(order_id=order_id, ended_at__isnull=True).order_by("id")
    await stock.lock_levels({row.variant_id for row in rows})
    await stock.move(
        tx,
        [
            stock.Movement(row.level_id, MovementCause.BACKORDER_CANCELED, waiting=-row.quantity, order_id=order_id)
            for row in rows
        ],
    )
    await BackorderRow.filter(id__in=[row.id for row in rows]).update(quantity=0, ended_at=tx.now)
    for level_id in sorted({row.level_id for row in rows}):
        tx.later("fill_backorders", {"level_id": level_id.hex})
