"""Supplies for the tests of flows: entered, confirmed, received, and held against the levels that expect them."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.flows.draft_supply import CreateSupply, NewSupplyLine, create_supply
from domain.flows.expect_supply import ConfirmSupply, confirm_supply
from domain.flows.receive_supply import ArrivedLine, ReceiveSupply, receive_supply
from domain.kernel.models import StockLogRow
from domain.stock.models import StockLevelRow, StockMovementRow
from domain.supplies.models import SupplyKind, SupplyLineRow, SupplyRow
from tests.domain.books import assert_books_balance
from tests.domain.shop import run


async def draft(place: UUID, units: Mapping[str, int], *, expected_at: datetime | None = None) -> UUID:
    """A purchase order for these units of each SKU."""
    lines = tuple(NewSupplyLine(sku, count) for sku, count in units.items())
    request = CreateSupply(SupplyKind.PURCHASE_ORDER, "Potters Ltd", place, "EUR", lines, expected_at)
    return await run(create_supply, request)


async def expect(place: UUID, units: Mapping[str, int], *, expected_at: datetime | None = None) -> UUID:
    """The same, confirmed by its supplier."""
    supply_id = await draft(place, units, expected_at=expected_at)
    return await run(confirm_supply, ConfirmSupply(supply_id))


async def receive(supply_id: UUID, units: Mapping[str, int], **details: Any) -> UUID:
    """Units of each SKU of it arrived."""
    lines = tuple(ArrivedLine(sku, count) for sku, count in units.items())
    return await run(receive_supply, ReceiveSupply(supply_id, lines), **details)


async def supply(supply_id: UUID) -> SupplyRow:
    """The supply as it is now."""
    return await SupplyRow.get(id=supply_id)


async def line(supply_id: UUID, sku: str) -> tuple[int, int, int]:
    """Units of a SKU: ordered, still expected, received."""
    row = await SupplyLineRow.get(supply_id=supply_id, sku=sku)
    return row.ordered, row.expected, row.received


async def moved(supply_id: UUID) -> list[tuple[str, int, int, int]]:
    """What the ledger says was done for it: cause, on hand, damaged, incoming."""
    rows = StockMovementRow.filter(subject_id=supply_id).order_by("id")
    return [tuple(each) for each in await rows.values_list("cause", "on_hand", "damaged", "incoming")]


async def told(supply_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    """What the feed of stock was told of it."""
    rows = StockLogRow.filter(subject_id=supply_id).order_by("id")
    return [(kind, data) for kind, data in await rows.values_list("type", "data")]


async def assert_supplies_add_up() -> None:
    """Levels expect what the lines of open supplies do, and the books balance."""
    expected: Counter[tuple[UUID, UUID]] = Counter()
    for row in await SupplyLineRow.all().prefetch_related("supply"):
        is_open = row.supply.status in ("CONFIRMED", "PARTIALLY_RECEIVED")
        assert is_open or row.expected == 0, f"nothing of a supply that is {row.supply.status} is expected"
        expected[row.variant_id, row.location_id] += row.expected
    for level in await StockLevelRow.all():
        assert level.incoming == expected.pop((level.variant_id, level.location_id), 0)
    assert not +expected
    await assert_books_balance()
