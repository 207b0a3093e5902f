"""What goes on in the stockrooms of the example shop beside its orders, so that there is some of everything to see."""

from collections.abc import Awaitable, Callable
from datetime import date

from domain.allocation.models import AllocationRow
from domain.bulk.lifecycle import BulkMode
from domain.catalog.models import ComponentRow, Composition, Traceability, VariantRow
from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.apply_snapshot import ApplySnapshot, SnapshotLine, apply_snapshot
from domain.flows.bulk_stock import StartBulk, StepOfBulk, start_bulk, step_of_bulk
from domain.flows.complete_assembly import CompleteAssembly, complete_assembly
from domain.flows.counted_goods import SkuUnits
from domain.flows.dispatch_transfer import DispatchTransfer, dispatch_transfer
from domain.flows.draft_supply import CreateSupply, NewSupplyLine, create_supply
from domain.flows.expect_supply import ConfirmSupply, confirm_supply
from domain.flows.keep_upload import KeepUpload, keep_upload
from domain.flows.plan_assembly import PlanAssembly, ReleaseAssembly, plan_assembly, release_assembly
from domain.flows.plan_transfer import PlanTransfer, plan_transfer
from domain.flows.receive_supply import ArrivedLine, ReceiveSupply, receive_supply
from domain.flows.receive_transfer import ArrivedUnits, ReceiveTransfer, receive_transfer
from domain.flows.release_transfer import CancelTransfer, ReleaseTransfer, cancel_transfer, release_transfer
from domain.flows.set_aside_stock import SetAside, damage_stock, repair_stock
from domain.flows.trace_variant import SetVariantTraceability, set_variant_traceability
from domain.kernel.database import current_connection, database_now
from domain.kernel.runner import Runner
from domain.locations.models import LocationRow
from domain.stock.decisions import LotUnits
from domain.stock.models import StockLevelRow
from domain.stock.queries import atp
from domain.supplies.models import SupplyKind
from examples.shop.crew import KEEPER

GOOD_UNTIL = date(2099, 12, 31)

Chapter = Callable[[Runner], Awaitable[None]]


async def count_by_file(runner: Runner) -> None:
    """A count of a few SKUs, brought as a file in which one row is wrong."""
    levels = await StockLevelRow.all().order_by("sku", "id").limit(3).prefetch_related("location")
    rows = [f"{level.sku},{level.location.code},{level.on_hand + n}" for n, level in enumerate(levels)]
    content = "\n".join(["sku,location,on_hand", *rows, "NO-SUCH-SKU,nowhere,1", ""]).encode()
    upload = await runner.run(keep_upload, KEEPER, KeepUpload("count.csv", "text/csv", content))
    run = await runner.run(start_bulk, KEEPER, StartBulk(upload.value, BulkMode.SET, note="Monthly count"))
    await runner.run(step_of_bulk, KEEPER, StepOfBulk(run.value))


async def tell_units_apart(runner: Runner) -> None:
    """One SKU came in lots, another has a number on each unit."""
    first = await StockLevelRow.all().order_by("sku", "id").first()
    other = await VariantRow.filter(is_stock_tracked=True).order_by("-sku").first()
    assert first is not None, "a shop has stock"
    assert other is not None, "a shop counts something"
    by_lot = SetVariantTraceability(first.sku, Traceability.LOT, is_first_expired_first_out=True)
    await runner.run(set_variant_traceability, KEEPER, by_lot)
    await runner.run(set_variant_traceability, KEEPER, SetVariantTraceability(other.sku, Traceability.SERIAL))
    lots = (LotUnits("L-24-07", GOOD_UNTIL, 2), LotUnits("L-24-09", None, 1))
    came = AdjustStock(first.sku, first.location_id, 3, "Delivery", is_receipt=True, lots=lots)
    await runner.run(adjust_stock, KEEPER, came)
    came = AdjustStock(other.sku, first.location_id, 1, is_receipt=True, serial_numbers=("SN-0001",))
    await runner.run(adjust_stock, KEEPER, came)


async def find_damage(runner: Runner) -> None:
    """Water came in: for a moment more was promised of a SKU than could be sold."""
    held = await AllocationRow.filter(quantity__gt=0).order_by("-id").first()
    assert held, "some orders are open"
    level = await StockLevelRow.get(variant_id=held.variant_id, location_id=held.location_id)
    units = level.on_hand - level.damaged - level.quarantined - level.allocated - level.reserved + 1
    wet = SetAside(level.sku, level.location_id, max(units, 1), "Water came in")
    await runner.run(damage_stock, KEEPER, wet)
    await runner.run(repair_stock, KEEPER, wet)


async def apply_nightly_count(runner: Runner) -> None:
    """Whoever runs a location counted at a moment, and one unit was missing."""
    level = await StockLevelRow.filter(on_hand__gt=0, allocated=0).order_by("sku", "id").first()
    assert level, "there is stock that nobody ordered"
    row = SnapshotLine(level.sku, level.on_hand - 1)
    as_of = await database_now(current_connection())
    await runner.run(apply_snapshot, KEEPER, ApplySnapshot(level.location_id, as_of, (row,), "NIGHT-1"))


async def wait_for_suppliers(runner: Runner) -> None:
    """A purchase order of which a part has come, some of it broken, and one that is only being put together."""
    levels = await StockLevelRow.all().order_by("sku", "id").limit(2)
    lines = tuple(NewSupplyLine(sku, 24, 480) for sku in dict.fromkeys(level.sku for level in levels))
    order = CreateSupply(SupplyKind.PURCHASE_ORDER, "Spokes & Sons", levels[0].location_id, "EUR", lines)
    first = await runner.run(create_supply, KEEPER, order)
    await runner.run(confirm_supply, KEEPER, ConfirmSupply(first.value))
    arrived = (ArrivedLine(lines[0].sku, 10, damaged=1),)
    await runner.run(receive_supply, KEEPER, ReceiveSupply(first.value, arrived, "One box was wet."))
    await runner.run(create_supply, KEEPER, order)


async def move_goods(runner: Runner) -> None:
    """Transfers to another location in every stage; one arrives with a unit too many, and one broken."""
    full = await _fullest(1)
    away = await LocationRow.exclude(id=full[0].location_id).order_by("priority", "code").first()
    assert away is not None
    plan = PlanTransfer(full[0].location_id, away.id, (SkuUnits(full[0].sku, 2),), note="For the weekend")
    ids = [(await runner.run(plan_transfer, KEEPER, plan)).value for _ in range(5)]
    for each in ids[1:]:
        await runner.run(release_transfer, KEEPER, ReleaseTransfer(each))
    await runner.run(cancel_transfer, KEEPER, CancelTransfer(ids[1]))
    for each in ids[3:]:
        await runner.run(dispatch_transfer, KEEPER, DispatchTransfer(each))
    await runner.run(receive_transfer, KEEPER, ReceiveTransfer(ids[4], (ArrivedUnits(full[0].sku, 3, damaged=1),)))


async def make_kits(runner: Runner) -> None:
    """A kit of what there is most of; one of two that were planned is made."""
    parts = await _fullest(2)
    kit = (
        await VariantRow.filter(is_stock_tracked=True)
        .exclude(sku__in=[each.sku for each in parts])
        .order_by("-sku")
        .first()
    )
    assert kit is not None
    await VariantRow.filter(id=kit.id).update(composition=Composition.KIT)
    for position, part in enumerate(parts, 1):
        await ComponentRow.create(whole_id=kit.id, part_id=part.variant_id, position=position, units=position)
    plan = PlanAssembly(kit.sku, parts[0].location_id, 2)
    ids = [(await runner.run(plan_assembly, KEEPER, plan)).value for _ in range(2)]
    await runner.run(release_assembly, KEEPER, ReleaseAssembly(ids[1]))
    await runner.run(complete_assembly, KEEPER, CompleteAssembly(ids[1], made=1))


async def _fullest(most: int) -> list[StockLevelRow]:
    """Of some levels those of one location with most units to spare."""
    some = await StockLevelRow.all().order_by("sku", "id").limit(40)
    levels = sorted(some, key=lambda level: (-atp(level), level.sku))
    return [each for each in levels if each.location_id == levels[0].location_id and atp(each) > 0][:most]


CHAPTERS: tuple[Chapter, ...] = (
    count_by_file,
    wait_for_suppliers,
    move_goods,
    make_kits,
    tell_units_apart,
    find_damage,
    apply_nightly_count,
)


async def keep_stockrooms(runner: Runner) -> None:
    """One chapter after the other."""
    for chapter in CHAPTERS:
        await chapter(runner)
