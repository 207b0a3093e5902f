"""The books, checked against one another: what must hold after every commit, whatever happened before."""

from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from domain.allocation.models import AllocationRow
from domain.assemblies.models import AssemblyLineRow, AssemblyRow
from domain.backorders.models import BackorderRow
from domain.fulfillment.models import FulfillmentOrderLineRow, FulfillmentOrderRow
from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.kernel.models import LogRow
from domain.orders.models import OrderLineRow, OrderRow, RequirementRow
from domain.payments.models import PaymentRow, PaymentTransactionRow, RefundRow, TransactionKind
from domain.reservations.models import ReservationLineRow
from domain.returns.models import DispositionRow, ReturnLineRow, ReturnRow
from domain.shipping.models import ParcelLineRow
from domain.stock.models import LotRow, ShortageRow, StockLevelRow, StockMovementRow
from domain.stock.queries import atp
from domain.supplies.models import SupplyLineRow, SupplyRow
from domain.transfers.models import TransferLineRow, TransferRow

DERIVED = ("allocated", "reserved", "waiting", "incoming")
COUNTERS = ("on_hand", "allocated", "reserved", "waiting", "damaged", "quarantined", "safety_stock", "incoming")
OPEN_REFUNDS = ("GRANTED", "REQUESTED", "PENDING", "FAILED")
OPEN_WORK = ("SCHEDULED", "OPEN", "IN_PROGRESS")


async def assert_books_balance(*, is_oversold: bool = False) -> None:
    """Stock, promises, units, money and log agree; `is_oversold`: facts from the floor may have left ATP below zero."""
    await assert_stock_is_what_the_ledger_says(is_oversold=is_oversold)
    await assert_every_unit_stands_in_one_counter()
    await assert_work_covers_what_is_allocated()
    await assert_money_is_what_its_transactions_say()
    await assert_returns_add_up()
    await assert_the_log_has_no_gaps()


async def assert_stock_is_what_the_ledger_says(*, is_oversold: bool) -> None:
    sums: dict[UUID, Counter[str]] = defaultdict(Counter)
    for movement in await StockMovementRow.all():
        for name in COUNTERS:
            sums[movement.level_id][name] += getattr(movement, name)
    held = await what_documents_hold()
    for level in await StockLevelRow.all():
        counters = {name: getattr(level, name) for name in COUNTERS}
        assert counters == {name: sums[level.id][name] for name in COUNTERS}, level.sku
        here = held.pop((level.variant_id, level.location_id), Counter())
        assert {name: counters[name] for name in DERIVED} == {name: here[name] for name in DERIVED}, level.sku
        assert is_oversold or atp(level) + level.waiting >= 0, f"{level.sku} was promised beyond ATP"
    assert not any(+units for units in held.values()), "something is held where there is no stock level"
    await assert_lots_and_shortages_follow_their_levels()


async def what_documents_hold() -> dict[tuple[UUID, UUID], Counter[str]]:
    """Units that documents hold or announce, by variant and location, under the counter that they stand in."""
    held: dict[tuple[UUID, UUID], Counter[str]] = defaultdict(Counter)
    for row in await AllocationRow.all():
        held[row.variant_id, row.location_id]["allocated"] += row.quantity
    for line in await ReservationLineRow.all():
        held[line.variant_id, line.location_id]["reserved"] += line.held
    for each in await BackorderRow.all():
        held[each.variant_id, each.location_id]["waiting"] += each.quantity
    transfers = {each.id: each for each in await TransferRow.all()}
    for moved in await TransferLineRow.all():
        transfer = transfers[moved.transfer_id]
        held[moved.variant_id, transfer.source_id]["allocated"] += moved.allocated
        held[moved.variant_id, transfer.destination_id]["incoming"] += moved.on_its_way
    assemblies = {each.id: each for each in await AssemblyRow.all()}
    for part in await AssemblyLineRow.all():
        held[part.variant_id, assemblies[part.assembly_id].location_id]["allocated"] += part.allocated
    confirmed = [each.id for each in await SupplyRow.filter(status__in=("CONFIRMED", "PARTIALLY_RECEIVED"))]
    for coming in await SupplyLineRow.all():
        if coming.supply_id in confirmed:
            held[coming.variant_id, coming.location_id]["incoming"] += coming.expected
    return held


async def assert_lots_and_shortages_follow_their_levels() -> None:
    """Lots add up, where they are told apart, to what is on hand, and the ledger says of each named one what it has.

    A shortage is open where promised units are not there, and only there.
    """
    lots, lines = Counter[UUID](), Counter[UUID]()
    for lot in await LotRow.all():
        lots[lot.level_id] += lot.on_hand
        assert 0 <= lot.quarantined <= max(lot.on_hand, 0)
    for line in await StockMovementRow.filter(lot_id__not_isnull=True):
        lines[line.lot_id] += line.on_hand  # type: ignore[index]
    for lot in await LotRow.exclude(number=""):
        assert lot.on_hand == lines[lot.id]
    short = {row.level_id: row.units for row in await ShortageRow.filter(resolved_at=None)}
    for level in await StockLevelRow.all():
        assert level.rotation is None or lots[level.id] == level.on_hand, level.sku
        promised = level.allocated + level.reserved
        missing = max(promised + level.damaged + level.quarantined - level.on_hand, 0)
        assert short.get(level.id, 0) == min(missing, promised), level.sku


async def assert_every_unit_stands_in_one_counter() -> None:
    set_aside: Counter[UUID] = Counter()
    for row in await AllocationRow.all():
        set_aside[row.requirement_id] += row.quantity
    waits: Counter[UUID] = Counter()
    for backorder in await BackorderRow.all():
        waits[backorder.requirement_id] += backorder.quantity
    for each in await RequirementRow.all():
        assert each.waiting == waits[each.id]
        stands = each.canceled + each.unallocated + each.waiting + each.allocated + each.picked + each.packed
        assert each.required == stands + each.shipped
        assert each.delivered + each.lost <= each.shipped
        assert each.returned <= each.shipped
        assert set_aside[each.id] == each.allocated + each.picked + each.packed
        assert 0 <= each.released_minor <= each.gross_minor


async def assert_work_covers_what_is_allocated() -> None:
    """Of a confirmed order every allocated unit is to be packed by exactly one open work at its location."""
    to_pack: Counter[tuple[UUID, UUID]] = Counter()
    packed: Counter[UUID] = Counter()
    lines: dict[UUID, list[FulfillmentOrderLineRow]] = defaultdict(list)
    for line in await FulfillmentOrderLineRow.all():
        lines[line.fulfillment_order_id].append(line)
        packed[line.requirement_id] += line.packed
    for work in await FulfillmentOrderRow.all():
        left = {line.requirement_id: line.quantity - line.packed - line.canceled for line in lines[work.id]}
        if work.status in OPEN_WORK:
            assert work.units_to_pack == sum(left.values())
            for requirement_id, units in left.items():
                to_pack[requirement_id, work.location_id] += units
        else:
            assert work.units_to_pack == 0
    allocated = {}
    for each in await RequirementRow.filter(is_stocked=True):
        status = (await OrderRow.get(id=each.order_id)).status
        units = sum(count for (requirement_id, _), count in to_pack.items() if requirement_id == each.id)
        if status in ("CONFIRMED", "COMPLETED"):
            assert units == each.allocated + each.picked
            assert packed[each.id] == each.packed + each.shipped
        allocated[each.id] = each.allocated + each.picked + each.packed
    for row in await AllocationRow.all():
        assert to_pack[row.requirement_id, row.location_id] <= row.quantity <= allocated[row.requirement_id]
    boxed: Counter[UUID] = Counter()
    for inside in await ParcelLineRow.filter(shipment__status__not="CANCELED"):
        boxed[inside.requirement_id] += inside.quantity
    assert +boxed == +packed


async def assert_money_is_what_its_transactions_say() -> None:
    moved: Counter[tuple[UUID, TransactionKind]] = Counter()
    for transaction in await PaymentTransactionRow.all():
        moved[transaction.payment_id, transaction.kind] += transaction.amount_minor
    owed: Counter[UUID] = Counter()
    succeeded: Counter[UUID] = Counter()
    for refund in await RefundRow.all():
        (owed if refund.status in OPEN_REFUNDS else succeeded)[refund.payment_id] += refund.amount_minor
    for payment in await PaymentRow.all():
        assert 0 <= payment.refunded_minor <= payment.captured_minor <= payment.authorized_minor
        assert payment.captured_minor == moved[payment.id, TransactionKind.SALE]
        assert payment.refunded_minor == moved[payment.id, TransactionKind.REFUND] == succeeded[payment.id]
        assert owed[payment.id] + payment.refunded_minor <= payment.captured_minor
    lines: Counter[UUID] = Counter()
    for line in await OrderLineRow.all():
        lines[line.order_id] += line.gross_minor
    for order in await OrderRow.all():
        assert order.subtotal_minor == lines[order.id]
        assert order.total_minor == order.subtotal_minor + order.charges_minor
        assert 0 <= order.canceled_minor <= order.total_minor


async def assert_returns_add_up() -> None:
    received: Counter[UUID] = Counter()
    worth: Counter[UUID] = Counter()
    for line in await ReturnLineRow.all():
        received[line.requirement_id] += line.received
        worth[line.requirement_id] += line.refund_minor
        decided = await DispositionRow.filter(return_line_id=line.id)
        assert line.received == sum(each.quantity for each in decided)
    for each in await RequirementRow.filter(canceled=0):
        assert (each.returned, each.released_minor) == (received[each.id], worth[each.id])
    for rma in await ReturnRow.all():
        pending = await DispositionRow.filter(rma_id=rma.id, status="PENDING")
        assert rma.units_undecided == sum(each.quantity for each in pending)


async def assert_the_log_has_no_gaps() -> None:
    facts: list[dict[str, Any]] = await LogRow.all().order_by("order_id", "sequence").values()
    sequences: dict[UUID, list[int]] = defaultdict(list)
    for fact in facts:
        sequences[fact["order_id"]].append(fact["sequence"])
    for order in await OrderRow.all():
        assert sequences.pop(order.id) == list(range(1, order.version + 1))
        assert 0 < order.revision <= order.version
    assert not sequences
    positions = sorted(fact["position"] for fact in facts if fact["position"] is not None)
    assert positions == list(range(1, len(positions) + 1))
    if dialect_of(current_connection()) is Dialect.SQLITE:
        assert len(positions) == len(facts)


async def assert_whole(order_id: UUID, units: int) -> None:
    """The order is there with everything that belongs to it: lines, requirements, work, payment and log."""
    order = await OrderRow.get(id=order_id)
    assert order.status == "CONFIRMED"
    [requirement] = await RequirementRow.filter(order_id=order_id)
    assert (requirement.required, requirement.allocated) == (units, units)
    assert sum(row.quantity for row in await AllocationRow.filter(order_id=order_id)) == units
    work = await FulfillmentOrderRow.filter(order_id=order_id)
    assert sum(each.units_to_pack for each in work) == units
    [payment] = await PaymentRow.filter(order_id=order_id)
    assert payment.expected_minor == order.total_minor
    types = [fact.type for fact in await LogRow.filter(order_id=order_id).order_by("sequence")]
    assert types[:3] == ["OrderPlaced", "PaymentExpected", "OrderConfirmed"]
